#include "stepcast/control/job_plan.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "stepcast/gcode/reader.hpp"

namespace stepcast::control {
namespace {

// A place that is slowed down shifts all that follows in time, and with it in the windows of a
// compensator, so that another place may begin to exceed. Places near the limit are therefore
// slowed down with those beyond it, and mostly the second attempt fits.
constexpr int kMostAttempts = 20;

class PlanRun {
 public:
  PlanRun(JobPlan& plan, const machine::Profile& profile) : plan_(plan) {
    for (Axis axis : kAllAxes) {
      const double home = axis == Axis::kE ? 0.0 : profile.axes[axis].home.v;
      plan_meters_[index(axis)].start(home);
      command_meters_[index(axis)].start(home);
    }
  }

  void see(const planner::TimedMarker& timed) {
    using Kind = planner::Marker::Kind;
    switch (timed.marker.kind) {
      case Kind::kLayer:
        plan_.layers.push_back({static_cast<std::int64_t>(timed.marker.value), timed.time});
        break;
      case Kind::kHotend:
      case Kind::kBed:
        ++plan_.heater_commands;
        break;
      case Kind::kPause:
        ++plan_.pauses_asked;
        break;
      default:
        break;
    }
  }

  Result<void> run(MotionPipeline& pipeline) {
    MotionBlock block;
    for (;;) {
      auto more = pipeline.next(block);
      if (!more) {
        return tl::unexpected(more.error());
      }
      if (!*more) {
        break;
      }
      for (Axis axis : kAllAxes) {
        plan_meters_[index(axis)].add(block.plan_mm[axis]);
        command_meters_[index(axis)].add(block.command_mm[axis]);
      }
    }
    plan_.print_time = pipeline.planned_duration();
    plan_.motion = pipeline.totals();
    plan_.toolpath = pipeline.summary();
    plan_.unknown_commands = pipeline.unknown_commands();
    for (Axis axis : kAllAxes) {
      plan_.plan_peaks[axis] = plan_meters_[index(axis)].peaks();
      plan_.command_peaks[axis] = command_meters_[index(axis)].peaks();
    }
    return {};
  }

 private:
  JobPlan& plan_;
  std::array<shaping::PeakMeter, kAxisCount> plan_meters_;
  std::array<shaping::PeakMeter, kAxisCount> command_meters_;
};

Result<std::unique_ptr<MotionPipeline>> open_pipeline(
    const std::filesystem::path& file, const machine::Profile& profile,
    const ControllerChoice& choice, PipelineMode mode,
    std::function<void(const planner::TimedMarker&)> on_marker) {
  auto reader = gcode::Reader::open(file);
  if (!reader) {
    return tl::unexpected(reader.error());
  }
  return MotionPipeline::create(std::move(*reader), profile, choice, std::move(on_marker), mode);
}

void add_warnings(JobPlan& plan, const machine::Profile& profile) {
  if (!plan.choice.slow_zones.empty()) {
    double least = 1.0;
    std::int64_t moves = 0;
    for (const planner::SlowZone& zone : plan.choice.slow_zones) {
      least = std::min(least, zone.share);
      moves += zone.last - zone.first + 1;
    }
    plan.warnings.push_back(fmt::format(
        "{} moves run slower than asked, down to {:.0f} %: with compensation they would need more "
        "than one step a tick at {:g} kHz.",
        moves, 100.0 * least, profile.tick_rate.v / 1000.0));
  }
  for (Axis axis : {Axis::kX, Axis::kY}) {
    const MmPerS2 allowed =
        profile.axes[axis].max_acceleration * profile.compensated_acceleration_ratio;
    const MmPerS2 peak = plan.command_peaks[axis].acceleration.value;
    if (plan.choice.compensator != "none" && peak > allowed) {
      plan.warnings.push_back(fmt::format(
          "Compensation asks {:.1f} m/s2 of motor {}; the profile expects at most {:.1f} m/s2. "
          "Check that the motor holds, or choose a softer compensator.",
          peak.v / 1000.0, axis == Axis::kX ? "X" : "Y", allowed.v / 1000.0));
    }
  }
  if (plan.toolpath.slowed_moves > 0) {
    plan.warnings.push_back(fmt::format(
        "{} moves ask for more speed than an axis has and run at its limit (first: line {}).",
        plan.toolpath.slowed_moves, plan.toolpath.first_slowed_line));
  }
  for (const auto& [code, sighting] : plan.unknown_commands.by_code) {
    plan.warnings.push_back(
        fmt::format("{} is not known and was passed over {} times (first: line {}).", code,
                    sighting.count, sighting.first_line));
  }
}

Result<void> replay(const JobPlan& plan, const machine::Profile& profile,
                    const BlockObserver& observer) {
  auto pipeline = open_pipeline(plan.file, profile, plan.choice, PipelineMode::kSteps, {});
  if (!pipeline) {
    return tl::unexpected(pipeline.error());
  }
  MotionBlock block;
  for (;;) {
    auto more = (*pipeline)->next(block);
    if (!more) {
      return tl::unexpected(more.error());
    }
    if (!*more) {
      return {};
    }
    observer(block);
  }
}

}  // namespace

Result<JobPlan> plan_job(const std::filesystem::path& file, const machine::Profile& profile,
                         const ControllerChoice& choice, const BlockObserver& observer) {
  ControllerChoice tried = choice;
  for (int attempt = 1;; ++attempt) {
    JobPlan plan;
    plan.file = file;
    plan.choice = tried;
    plan.attempts = attempt;
    PlanRun run(plan, profile);
    // The last attempt is not to fit but to say what still does not.
    const auto mode = attempt < kMostAttempts ? PipelineMode::kFit : PipelineMode::kSteps;
    auto pipeline =
        open_pipeline(file, profile, tried, mode, [&](const auto& marker) { run.see(marker); });
    if (!pipeline) {
      return tl::unexpected(pipeline.error());
    }
    if (auto done = run.run(**pipeline); !done) {
      return tl::unexpected(done.error());
    }
    if (!(*pipeline)->fits_tick_grid()) {
      tried.slow_zones = planner::combine(tried.slow_zones, (*pipeline)->excess());
      continue;
    }
    if (plan.toolpath.moves == 0) {
      return fail(Errc::kMalformed, "the job moves nothing", file.string(),
                  "it may be truncated, or no G-code at all");
    }
    add_warnings(plan, profile);
    if (observer) {
      if (auto replayed = replay(plan, profile, observer); !replayed) {
        return tl::unexpected(replayed.error());
      }
    }
    return plan;
  }
}

}  // namespace stepcast::control
