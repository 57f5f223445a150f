#pragma once

#include <array>
#include <cstddef>

#include "stepcast/wire/heat_action.hpp"

namespace stepcast::device {

/// Simulated heaters: what the sensors of a virtual machine read.
///
/// Each heater is a block of heat capacity that loses heat to the room in proportion to the
/// difference; its sensor follows with a lag of the first order. The fan cools the nozzle a little.
/// The figures are those of a common machine: a 40 W hot end that would reach 330 C, a bed that
/// would reach 140 C. Nothing is hot in reality.
///
/// Threads: one owner.
class ThermalPlant {
 public:
  /// What is broken, to see the guards at work.
  enum class Defect : unsigned char {
    kNone,
    kOpenSensor,     ///< Reads as a thermistor whose wire has come off.
    kShortSensor,    ///< Reads as one whose wires touch.
    kLooseSensor,    ///< Hangs in the room.
    kDeadCartridge,  ///< Does not heat.
    kStuckSwitch,    ///< Heats at full power, whatever it is told.
  };

  struct Heater {
    double heating_c_s;  ///< At full power, from room temperature.
    double hottest_c;    ///< Where full power ends, in balance with the loss.
    double sensor_lag_s;
    double fan_loss;  ///< The loss grows by this share with the fan at full speed.
  };
  static constexpr double kRoomC = 25.0;
  static constexpr std::array<Heater, wire::kHeaterCount> kHeaters{
      Heater{.heating_c_s = 4.0, .hottest_c = 330.0, .sensor_lag_s = 1.5, .fan_loss = 0.25},
      Heater{.heating_c_s = 1.2, .hottest_c = 150.0, .sensor_lag_s = 2.0, .fan_loss = 0.0},
      Heater{.heating_c_s = 0.2, .hottest_c = 90.0, .sensor_lag_s = 5.0, .fan_loss = 0.0}};

  /// Time passes: `power` 0 to 1 for each heater, `fan` 0 to 1.
  void advance(double seconds, const std::array<double, wire::kHeaterCount>& power, double fan);
  [[nodiscard]] std::array<wire::CentiC, wire::kHeaterCount> readings() const;
  /// What the block has in truth, whatever its sensor reads.
  [[nodiscard]] double temperature_c(std::size_t heater) const { return block_c_[heater]; }

  void set_defect(std::size_t heater, Defect defect) { defects_[heater] = defect; }

 private:
  std::array<double, wire::kHeaterCount> block_c_{kRoomC, kRoomC, kRoomC};
  std::array<double, wire::kHeaterCount> sensor_c_{kRoomC, kRoomC, kRoomC};
  std::array<Defect, wire::kHeaterCount> defects_{};
};

}  // namespace stepcast::device
