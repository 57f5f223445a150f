#pragma once

#include "stepcast/base/axis.hpp"
#include "stepcast/machine/profile.hpp"

namespace stepcast::stepgen {

/// Position of a motor, in mm of its axis or belt, for a tool position in mm.
/// Linear, so it also maps speeds and accelerations.
[[nodiscard]] constexpr double motor_position(machine::Kinematics kinematics,
                                              const PerAxis<double>& tool_mm, Axis motor) {
  if (kinematics == machine::Kinematics::kCoreXy) {
    if (motor == Axis::kX) {
      return tool_mm[Axis::kX] + tool_mm[Axis::kY];
    }
    if (motor == Axis::kY) {
      return tool_mm[Axis::kX] - tool_mm[Axis::kY];
    }
  }
  return tool_mm[motor];
}

}  // namespace stepcast::stepgen
