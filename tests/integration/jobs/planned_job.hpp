#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "stepcast/control/job_plan.hpp"
#include "stepcast/control/motion_source.hpp"
#include "stepcast/stepgen/tick_source.hpp"

#include "control_run.hpp"
#include "gcode_end.hpp"

namespace stepcast::test {

inline std::filesystem::path shared_jobs() {
  return std::filesystem::path(STEPCAST_SHARED_DIR) / "data" / "gcode";
}

/// A plan, and the ticks that it promised.
struct PlannedJob {
  control::JobPlan plan;
  std::vector<std::uint8_t> ticks;
};

inline Result<PlannedJob> plan_with_ticks(const std::filesystem::path& file,
                                          const machine::Profile& profile,
                                          const control::ControllerChoice& choice) {
  PlannedJob job;
  auto plan = control::plan_job(file, profile, choice, [&](const control::MotionBlock& block) {
    append_ticks(block, job.ticks);
  });
  if (!plan) {
    return tl::unexpected(plan.error());
  }
  job.plan = std::move(*plan);
  return job;
}

/// Gives out ticks that somebody else keeps.
class SpanSource final : public stepgen::TickSource {
 public:
  explicit SpanSource(std::span<const std::uint8_t> ticks) : ticks_(ticks) {}

  Result<std::size_t> read(std::span<std::uint8_t> out) override {
    const std::size_t count = std::min(out.size(), ticks_.size());
    std::copy_n(ticks_.begin(), count, out.begin());
    ticks_ = ticks_.subspan(count);
    return count;
  }

 private:
  std::span<const std::uint8_t> ticks_;
};

/// Where the motors must be at the end, counted from the start, by the test's own reading of the
/// file.
inline PerAxis<Steps> expected_steps(const std::filesystem::path& file,
                                     const machine::Profile& profile) {
  PerAxis<Mm> home;
  for (Axis axis : {Axis::kX, Axis::kY, Axis::kZ}) {
    home[axis] = profile.axes[axis].home;
  }
  const GcodeEnd start(home);
  GcodeEnd end(home);
  end.run(file);
  PerAxis<Steps> steps;
  for (Axis axis : kAllAxes) {
    const double scale = profile.axes[axis].steps_per_mm;
    steps[axis] = end.steps(axis, scale) - start.steps(axis, scale);
  }
  return steps;
}

}  // namespace stepcast::test
