#pragma once

#include <array>
#include <cstdint>

#include "stepcast/wire/heat_action.hpp"

namespace stepcast::device {

/// One heater with its sensor: how it is controlled, and when it is shut off. Times are those of
/// the heater; the guards are explained in docs/heating.md.
struct HeaterConfig {
  bool fitted = false;
  wire::CentiC largest_target = 0;

  // Control: full power below the band around the target, none above it, and PID inside.
  wire::CentiC band = 1'000;
  std::uint32_t largest_power = 1'000;  ///< Permille.
  /// Permille of power per degree, per degree and second, per degree a second; each times 256.
  /// No `kp` means on and off (bang-bang).
  std::int32_t kp = 0;
  std::int32_t ki = 0;
  std::int32_t kd = 0;

  // Guard.
  wire::CentiC lowest = 0;      ///< A reading below means a broken sensor.
  wire::CentiC highest = 0;     ///< A reading above: off at once, whatever the target.
  wire::CentiC rise = 200;      ///< While heating up it must get this much hotter
  std::uint32_t rise_ms = 0;    ///< within this time.
  wire::CentiC sag = 400;       ///< Once there, it may be this much below the target
  std::uint32_t sag_ms = 0;     ///< for this time.
  wire::CentiC overshoot = 0;   ///< It may be this much above the target, or where it came from.
  std::uint32_t wait_ms = 0;    ///< The longest that motion waits for it.
  wire::CentiC window = 100;    ///< `settle`: this close to the target is there,
  std::uint32_t settle_ms = 0;  ///< for this time.
};

struct HeatConfig {
  std::array<HeaterConfig, wire::kHeaterCount> heaters{};
  bool fan = false;
  /// Targets end when the host has been silent for this long (`keep`). Longer than any hiccup of a
  /// network or restart of a server; a bed that stays hot for so long harms nobody.
  std::uint32_t lease_ms = 30'000;

  [[nodiscard]] constexpr bool any() const {
    for (const HeaterConfig& heater : heaters) {
      if (heater.fitted) {
        return true;
      }
    }
    return false;
  }
};

/// Guards and control of a common 40 W hot end. It heats by 2 to 5 degrees a second, so 2 in 20 s
/// is a tenth of that; a healthy loop overshoots by less than 5.
constexpr HeaterConfig hotend_config(wire::CentiC lowest, wire::CentiC largest_target) {
  HeaterConfig heater;
  heater.fitted = true;
  heater.largest_target = largest_target;
  heater.kp = 22'016;   // 86 permille a degree: full power 11.6 degrees below the target
  heater.ki = 1'075;    // 4.2
  heater.kd = 114'432;  // 447
  heater.lowest = lowest;
  heater.overshoot = 1'500;
  heater.highest = largest_target + heater.overshoot;
  heater.rise_ms = 20'000;
  heater.sag_ms = 40'000;
  heater.wait_ms = 600'000;
  heater.settle_ms = 2'000;
  return heater;
}

/// The same of a bed: it heats by 0.3 to 1 degree a second, slower the hotter it is.
constexpr HeaterConfig bed_config(wire::CentiC lowest, wire::CentiC largest_target) {
  HeaterConfig heater;
  heater.fitted = true;
  heater.largest_target = largest_target;
  heater.band = 500;
  heater.kp = 51'200;  // 200 permille a degree
  heater.ki = 768;     // 3
  heater.kd = 0;
  heater.lowest = lowest;
  heater.overshoot = 1'000;
  heater.highest = largest_target + heater.overshoot;
  heater.rise_ms = 60'000;
  heater.sag_ms = 60'000;
  heater.wait_ms = 1'800'000;
  heater.settle_ms = 2'000;
  return heater;
}

/// The same of a heated chamber, by on and off: air takes minutes a degree when it is nearly there.
constexpr HeaterConfig chamber_config(wire::CentiC lowest, wire::CentiC largest_target) {
  HeaterConfig heater = bed_config(lowest, largest_target);
  heater.kp = heater.ki = 0;
  heater.rise = 100;
  heater.rise_ms = 300'000;
  heater.sag_ms = 300'000;
  heater.wait_ms = 3'600'000;
  return heater;
}

}  // namespace stepcast::device
