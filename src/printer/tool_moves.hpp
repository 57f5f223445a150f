#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "stepcast/base/axis.hpp"
#include "stepcast/base/result.hpp"
#include "stepcast/base/units.hpp"
#include "stepcast/control/short_motion.hpp"
#include "stepcast/machine/profile.hpp"
#include "stepcast/planner/toolpath.hpp"
#include "stepcast/stepgen/tick_source.hpp"

namespace stepcast::printer {

/// Where the tool is, in machine coordinates, when the motors are `from_home` steps away from where
/// they stand at the home position. E is the length of filament.
[[nodiscard]] PerAxis<Mm> tool_position(const machine::Profile& profile,
                                        const PerAxis<Steps>& from_home);

/// How many steps Z is from home at `height`.
[[nodiscard]] Steps steps_of_height(const machine::Profile& profile, Mm height);

/// Plans the moves of `gcode` for a tool that stands `from_home` steps away from home. `name`
/// stands for a file in messages.
/// @returns what the planner returns: above all kOutOfRange outside of the travel or the speed.
[[nodiscard]] Result<control::ShortMotion> plan_moves(const machine::Profile& profile,
                                                      const PerAxis<Steps>& from_home,
                                                      std::string_view gcode,
                                                      std::string_view name = "move",
                                                      planner::ToolpathOptions options = {});

/// G-code that brings the tool home on `axes` (E is passed over) from there: high axes first go up,
/// low ones come down last, so that the nozzle does not cross the part below its top.
/// Empty if it already stands there.
[[nodiscard]] std::string home_gcode(const machine::Profile& profile,
                                     const PerAxis<Steps>& from_home, std::span<const Axis> axes);

/// Gives out ticks from memory.
class TickList final : public stepgen::TickSource {
 public:
  explicit TickList(std::vector<std::uint8_t> ticks) : ticks_(std::move(ticks)) {}
  [[nodiscard]] Result<std::size_t> read(std::span<std::uint8_t> out) override;

 private:
  std::vector<std::uint8_t> ticks_;
  std::size_t used_ = 0;
};

}  // namespace stepcast::printer
