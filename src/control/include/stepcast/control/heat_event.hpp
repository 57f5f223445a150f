#pragma once

#include <cstdint>
#include <string>

#include "stepcast/base/units.hpp"

namespace stepcast::control {

/// A temperature or fan speed that a job asks for, and when: after exactly `tick` ticks of the
/// stream, which is when everything before it in the job has been moved.
struct HeatEvent {
  enum class What : std::uint8_t { kNozzle, kBed, kChamber, kFan };
  enum class Wait : std::uint8_t {
    kNone,
    kReach,   ///< Motion stands until it is at least as hot (M109 S).
    kSettle,  ///< Motion stands until it is at the target, from above too (M109 R).
  };
  What what = What::kNozzle;
  Wait wait = Wait::kNone;
  Celsius target{};  ///< 0 is off.
  double fan{};      ///< kFan: 0 to 1.
  Ticks tick{};
  std::int64_t line{};  ///< Of the job.
};

/// "tool0", "bed", "chamber" or "fan".
[[nodiscard]] std::string actuator_name(HeatEvent::What what);

/// The control line of a device for it: "heat tool0 210 reach", "fan 128" (protocol/control.md).
[[nodiscard]] std::string control_line(const HeatEvent& event);

}  // namespace stepcast::control
