#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

#include "stepcast/control/motion_pipeline.hpp"
#include "stepcast/machine/profile_loader.hpp"
#include "stepcast/stepgen/motor_map.hpp"
#include "stepcast/stepgen/step_generator.hpp"
#include "stepcast/stepgen/tick_encoder.hpp"
#include "stepcast/wire/tick_byte.hpp"

namespace stepcast::test {

/// A profile that ships.
inline machine::Profile printer(std::string_view name) {
  return machine::load_profile(name, {std::filesystem::path(STEPCAST_SOURCE_DIR) / "printers"})
      .value();
}

/// A planner and a compensator by name.
inline control::ControllerChoice controller(std::string planner, std::string compensator) {
  control::ControllerChoice choice;
  choice.planner = std::move(planner);
  choice.compensator = std::move(compensator);
  return choice;
}

/// A job on disk for as long as the test runs.
class JobFile {
 public:
  explicit JobFile(std::string_view text) {
    static int number = 0;
    path_ = std::filesystem::path(::testing::TempDir()) /
            ("stepcast-" + std::to_string(::getpid()) + "-" + std::to_string(++number) + ".gcode");
    std::ofstream(path_, std::ios::binary) << text;
  }
  ~JobFile() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  JobFile(const JobFile&) = delete;
  JobFile& operator=(const JobFile&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// Appends the ticks of a block as they go over the wire.
inline void append_ticks(const control::MotionBlock& block, std::vector<std::uint8_t>& ticks) {
  const std::size_t before = ticks.size();
  ticks.resize(before + block.ticks);
  stepgen::encode_ticks(*block.steps, std::span(ticks).subspan(before));
}

/// What the motors do in these ticks: net steps, and steps in either direction.
struct DecodedTicks {
  PerAxis<Steps> net;
  PerAxis<std::int64_t> count;
};
inline DecodedTicks decode(const std::vector<std::uint8_t>& ticks) {
  DecodedTicks decoded;
  for (const std::uint8_t tick : ticks) {
    for (Axis motor : kAllAxes) {
      const int delta = wire::tick_delta(tick, index(motor));
      decoded.net[motor] += delta;
      decoded.count[motor] += delta == 0 ? 0 : 1;
    }
  }
  return decoded;
}

/// How far the motors are from home when the tool is at `end`; E counts from 0.
inline PerAxis<Steps> steps_from_home(const machine::Profile& profile, const PerAxis<Mm>& end) {
  PerAxis<double> home_mm;
  PerAxis<double> end_mm;
  for (Axis axis : kAllAxes) {
    home_mm[axis] = axis == Axis::kE ? 0.0 : profile.axes[axis].home.v;
    end_mm[axis] = end[axis].v;
  }
  PerAxis<Steps> steps;
  for (Axis motor : kAllAxes) {
    const double scale = profile.axes[motor].steps_per_mm;
    const auto at = [&](const PerAxis<double>& tool) {
      return stepgen::StepGenerator::to_steps(
          stepgen::motor_position(profile.kinematics, tool, motor), scale);
    };
    steps[motor] = at(end_mm) - at(home_mm);
  }
  return steps;
}

/// A whole job from text, with everything that came out of the pipeline.
struct ControlRun {
  std::vector<std::uint8_t> ticks;
  PerAxis<std::vector<double>> path_mm;
  PerAxis<std::vector<double>> plan_mm;
  PerAxis<std::vector<double>> command_mm;
  std::size_t drained = 0;  ///< Samples at the end of these, beyond the plan.
  std::vector<planner::TimedMarker> markers;
  control::MotionTotals totals;
  planner::ToolpathSummary summary;
  Seconds duration;
};

inline Result<ControlRun> run_control(std::string_view gcode, const machine::Profile& profile,
                                      const control::ControllerChoice& choice) {
  ControlRun run;
  auto pipeline = control::MotionPipeline::create(
      gcode::Reader::from_text(gcode, "job"), profile, choice,
      [&](const planner::TimedMarker& marker) { run.markers.push_back(marker); });
  if (!pipeline) {
    return tl::unexpected(pipeline.error());
  }
  control::MotionBlock block;
  for (;;) {
    auto more = (*pipeline)->next(block);
    if (!more) {
      return tl::unexpected(more.error());
    }
    if (!*more) {
      break;
    }
    append_ticks(block, run.ticks);
    for (Axis axis : kAllAxes) {
      const auto append = [](std::vector<double>& to, std::span<const double> from) {
        to.insert(to.end(), from.begin(), from.end());
      };
      append(run.path_mm[axis], block.path_mm[axis]);
      append(run.plan_mm[axis], block.plan_mm[axis]);
      append(run.command_mm[axis], block.command_mm[axis]);
    }
    run.drained += block.draining ? block.samples : 0;
  }
  run.totals = (*pipeline)->totals();
  run.summary = (*pipeline)->summary();
  run.duration = (*pipeline)->print_time();
  return run;
}

}  // namespace stepcast::test
