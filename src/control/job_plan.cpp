#include "stepcast/control/job_plan.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "stepcast/base/contracts.hpp"
#include "stepcast/gcode/reader.hpp"

#include "heat_queue.hpp"

namespace stepcast::control {
namespace {

void note_marker(JobPlan& plan, const planner::TimedMarker& timed) {
  using Kind = planner::Marker::Kind;
  switch (timed.marker.kind) {
    case Kind::kLayer:
      plan.layers.push_back({static_cast<std::int64_t>(timed.marker.value), timed.time});
      break;
    case Kind::kHotend:
    case Kind::kBed:
    case Kind::kChamber:
      ++plan.heater_commands;
      break;
    case Kind::kObject:
      if (!timed.marker.text.empty() && std::find(plan.objects.begin(), plan.objects.end(),
                                                  timed.marker.text) == plan.objects.end()) {
        plan.objects.push_back(timed.marker.text);
      }
      break;
    case Kind::kPause:
      ++plan.pauses_asked;
      break;
    default:
      break;
  }
}

void add_warnings(JobPlan& plan, const machine::Profile& profile) {
  if (!plan.choice.stretches.empty()) {
    double least = 1.0;
    for (const planner::SlowStretch& stretch : plan.choice.stretches) {
      least = std::min(least, stretch.rate);
    }
    plan.warnings.push_back(fmt::format(
        "{} places run slower than asked, down to {:.0f} %, and take {:.1f} s more: the "
        "motors would need more than one step a tick at {:g} kHz.",
        plan.choice.stretches.size(), 100.0 * least, plan.slowed_by.v,
        profile.tick_rate.v / 1000.0));
  }
  for (Axis axis : {Axis::kX, Axis::kY}) {
    const MmPerS2 allowed =
        profile.axes[axis].max_acceleration * profile.compensated_acceleration_ratio;
    const MmPerS2 peak = plan.peaks.command[axis].acceleration.value;
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
  auto reader = gcode::Reader::open(plan.file);
  if (!reader) {
    return tl::unexpected(reader.error());
  }
  auto pipeline = MotionPipeline::create(std::move(*reader), profile, plan.choice, {}, {});
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

Result<JobPlan> plan_from(gcode::Reader job, const machine::Profile& profile,
                          const ControllerChoice& choice,
                          const std::vector<planner::LiveChange>& changes,
                          const std::stop_token& stop) {
  JobPlan plan;
  plan.file = job.name();
  plan.choice = choice;
  HeatQueue heat(profile);
  auto opened = MotionPipeline::create(
      std::move(job), profile, choice,
      [&](const auto& marker) {
        note_marker(plan, marker);
        heat.note(marker);
      },
      planner::repeat(changes));
  if (!opened) {
    return tl::unexpected(opened.error());
  }
  MotionPipeline& pipeline = **opened;
  if (auto fitted = pipeline.fit(stop); !fitted) {
    return tl::unexpected(fitted.error());
  }
  plan.choice.stretches = pipeline.stretches();
  plan.print_time = pipeline.print_time();
  plan.slowed_by = pipeline.slowed_by();
  plan.motion = pipeline.totals();
  plan.peaks = pipeline.peaks();
  plan.toolpath = pipeline.summary();
  plan.unknown_commands = pipeline.unknown_commands();
  for (LayerStart& layer : plan.layers) {
    layer.time = pipeline.retimed(layer.time);
  }
  heat.settle_all(pipeline, plan.motion.ticks);
  plan.heat = heat.take();
  if (plan.toolpath.moves == 0) {
    return fail(Errc::kMalformed, "the job moves nothing", plan.file.string(),
                "it may be truncated, or no G-code at all");
  }
  add_warnings(plan, profile);
  return plan;
}

}  // namespace

Result<JobPlan> plan_job(gcode::Reader job, const machine::Profile& profile,
                         const ControllerChoice& choice, const std::stop_token& stop) {
  return plan_from(std::move(job), profile, choice, {}, stop);
}

Result<JobPlan> plan_job(const std::filesystem::path& file, const machine::Profile& profile,
                         const ControllerChoice& choice, const BlockObserver& observer,
                         const std::vector<planner::LiveChange>& changes,
                         const std::stop_token& stop) {
  STEPCAST_CHECK(!observer || changes.empty());
  auto reader = gcode::Reader::open(file);
  if (!reader) {
    return tl::unexpected(reader.error());
  }
  auto plan = plan_from(std::move(*reader), profile, choice, changes, stop);
  if (plan && observer) {
    if (auto replayed = replay(*plan, profile, observer); !replayed) {
      return tl::unexpected(replayed.error());
    }
  }
  return plan;
}

}  // namespace stepcast::control
