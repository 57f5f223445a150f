#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "stepcast/base/axis.hpp"
#include "stepcast/base/result.hpp"
#include "stepcast/base/units.hpp"
#include "stepcast/control/heat_event.hpp"
#include "stepcast/machine/profile.hpp"
#include "stepcast/planner/toolpath.hpp"

namespace stepcast::control {

/// What a few lines of G-code by hand do; the whole of it is in memory.
struct ShortMotion {
  std::vector<std::uint8_t> ticks;  ///< Empty if the lines neither move nor heat.
  PerAxis<Steps> steps;             ///< By motor: what they add to its counter.
  std::vector<HeatEvent> heat;      ///< In their order.
  planner::ToolpathSummary toolpath;
};

/// What is longer is a job: its ticks would fill the memory.
inline constexpr Seconds kLongestShortMotion{600.0};

/// Plans `gcode`, from start_position() of `options`, without compensation: by hand there is no
/// hurry. `name` stands for a file in messages.
/// @returns any error of a job; kOutOfRange beyond kLongestShortMotion (waiting not counted).
[[nodiscard]] Result<ShortMotion> plan_short_motion(std::string_view gcode, std::string_view name,
                                                    const machine::Profile& profile,
                                                    const planner::ToolpathOptions& options);

}  // namespace stepcast::control
