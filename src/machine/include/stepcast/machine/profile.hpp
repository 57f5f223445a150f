#pragma once

#include <optional>
#include <string>
#include <vector>

#include "stepcast/base/axis.hpp"
#include "stepcast/base/units.hpp"

namespace stepcast::machine {

/// How the motors X and Y move the tool.
enum class Kinematics {
  kCartesian,  ///< Motor i moves axis i.
  kCoreXy,     ///< Belts: A = x + y, B = x - y.
};

/// Dynamic response of one axis from motor command to tool position, in the Laplace domain:
/// G(s) = (num[0] s^m + ... + num[m]) / (den[0] s^n + ... + den[n]), s in rad/s, DC gain 1.
/// Empty: the axis is taken as rigid.
struct TransferFunction {
  std::vector<double> num;
  std::vector<double> den;
};

struct AxisSpec {
  double steps_per_mm{};  ///< Of the motor with the same index.
  Mm travel_min;          ///< Soft limit of the tool frame.
  Mm travel_max;          ///< Soft limit of the tool frame. E has no travel limits.
  Mm home;                ///< Where the axis stands after G28.
  MmPerS max_speed;
  MmPerS2 max_acceleration;     ///< Infinite on Z and E of the paper's machine.
  MmPerS3 max_jerk;             ///< Infinite where the acceleration is.
  MmPerS instant_speed_change;  ///< Speed step taken without a ramp ("classic jerk" of Marlin).
  TransferFunction response;
};

/// Limits along the path of the tool.
struct PathLimits {
  MmPerS2 acceleration;
  MmPerS3 jerk;
  Mm junction_deviation;  ///< How far a corner may be rounded in the sense of junction deviation.
};

/// Rectangle the part may stand on, in the tool frame.
struct Bed {
  Mm x_min, x_max, y_min, y_max;
};

struct Nozzle {
  Mm diameter;
  Mm filament_diameter;
};

/// A heater and its sensor. What is absent takes the default of the device for such a heater
/// (docs/heating.md).
struct Heater {
  Celsius min_temperature;  ///< A reading below means a broken sensor.
  Celsius max_temperature;  ///< No target may exceed it.

  /// Power as a share per degree, per degree and second, per degree a second.
  struct Pid {
    double kp{};
    double ki{};
    double kd{};
  };
  std::optional<Pid> pid{};
  /// While heating up it must get `degrees` hotter within `time`, or the device shuts it off.
  struct Rise {
    Celsius degrees{};
    Seconds time;
  };
  std::optional<Rise> rise{};
  std::optional<Celsius> overshoot{};     ///< So far above the target the device shuts it off.
  std::optional<Seconds> longest_wait{};  ///< The longest that a job waits for it.
};

/// Everything that is known of one printer model. Built by load_profile(), which has checked it;
/// a value type that all stages share by const reference.
struct Profile {
  std::string name;   ///< "taz6": the name on the command line.
  std::string title;  ///< "LulzBot TAZ 6".
  Kinematics kinematics = Kinematics::kCartesian;
  PerAxis<AxisSpec> axes;
  PathLimits path;
  /// Compensated commands may leave the travel limits by this much (they overshoot by design).
  Mm overtravel;
  /// Compensated motor acceleration may exceed the planned limit by this factor before a warning.
  double compensated_acceleration_ratio{};
  Hertz tick_rate;  ///< Of the device's step grid.
  Bed bed;
  std::vector<Nozzle> nozzles;
  Heater hotend;
  /// Filament is not moved through a nozzle that is colder.
  Celsius min_extrusion_temperature{170};
  std::optional<Heater> heated_bed;
  std::optional<Heater> chamber;
};

}  // namespace stepcast::machine
