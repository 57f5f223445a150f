#include "stepcast/control/short_motion.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "stepcast/control/motion_pipeline.hpp"
#include "stepcast/gcode/reader.hpp"
#include "stepcast/stepgen/tick_encoder.hpp"

#include "heat_queue.hpp"

namespace stepcast::control {

Result<ShortMotion> plan_short_motion(std::string_view gcode, std::string_view name,
                                      const machine::Profile& profile,
                                      const planner::ToolpathOptions& options) {
  ControllerChoice choice;
  choice.toolpath = options;
  HeatQueue heat(profile);
  auto opened =
      MotionPipeline::create(gcode::Reader::from_text(gcode, std::string(name)), profile, choice,
                             [&](const planner::TimedMarker& marker) { heat.note(marker); });
  if (!opened) {
    return tl::unexpected(opened.error());
  }
  MotionPipeline& pipeline = **opened;
  ShortMotion motion;
  const auto most_ticks = static_cast<std::size_t>(kLongestShortMotion.v * profile.tick_rate.v);
  MotionBlock block;
  for (;;) {
    const auto more = pipeline.next(block);
    if (!more) {
      return tl::unexpected(more.error());
    }
    if (!*more) {
      break;
    }
    const std::size_t begin = motion.ticks.size();
    if (begin + block.ticks > most_ticks) {
      return fail(Errc::kOutOfRange,
                  fmt::format("these lines move for more than {:g} s", kLongestShortMotion.v),
                  std::string(name), "upload them as a file and print it");
    }
    motion.ticks.resize(begin + block.ticks);
    stepgen::encode_ticks(*block.steps, std::span(motion.ticks).subspan(begin));
  }
  heat.settle_all(pipeline, static_cast<Ticks>(motion.ticks.size()));
  motion.heat = heat.take();
  motion.steps = pipeline.totals().steps;
  motion.toolpath = pipeline.summary();
  if (motion.toolpath.moves == 0 && motion.heat.empty() && pipeline.print_time() == Seconds(0)) {
    motion.ticks.clear();  // nothing but the rests at start and end
  }
  return motion;
}

}  // namespace stepcast::control
