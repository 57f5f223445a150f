#include "stepcast/control/heat_event.hpp"

#include <cmath>

#include <fmt/format.h>

#include "stepcast/wire/heat_action.hpp"

namespace stepcast::control {

std::string actuator_name(HeatEvent::What what) {
  switch (what) {
    case HeatEvent::What::kNozzle:
      return "tool0";
    case HeatEvent::What::kBed:
      return "bed";
    case HeatEvent::What::kChamber:
      return "chamber";
    case HeatEvent::What::kFan:
      break;
  }
  return "fan";
}

std::string control_line(const HeatEvent& event) {
  if (event.what == HeatEvent::What::kFan) {
    return fmt::format("fan {}", std::lround(event.fan * wire::kFullFan));
  }
  const char* wait = event.wait == HeatEvent::Wait::kReach    ? " reach"
                     : event.wait == HeatEvent::Wait::kSettle ? " settle"
                                                              : "";
  return fmt::format("heat {} {:.2f}{}", actuator_name(event.what), event.target.v, wait);
}

}  // namespace stepcast::control
