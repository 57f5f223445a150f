#include "analysts.hpp"

#include <algorithm>
#include <numbers>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "stepcast/control/job_plan.hpp"

namespace stepcast::daemon {
namespace {

// Where a profile says nothing of its nozzles.
constexpr Mm kUsualFilament{1.75};
// What is printed may miss the edge of the bed by the rounding of three printed decimals.
constexpr Mm kBedTolerance{0.0005};

double volume_cm3(Mm filament, const machine::Profile& profile) {
  constexpr double kMm3PerCm3 = 1000.0;
  const Mm diameter =
      profile.nozzles.empty() ? kUsualFilament : profile.nozzles.front().filament_diameter;
  return filament.v * std::numbers::pi * diameter.v * diameter.v / 4.0 / kMm3PerCm3;
}

files::Analysis::Box box_of(const planner::Box& box) {
  return {.min_x = box.low[Axis::kX].v,
          .min_y = box.low[Axis::kY].v,
          .min_z = box.low[Axis::kZ].v,
          .max_x = box.high[Axis::kX].v,
          .max_y = box.high[Axis::kY].v,
          .max_z = box.high[Axis::kZ].v};
}

/// Where `printed` leaves the bed, as a sentence; nothing if it does not.
std::optional<std::string> off_the_bed(const std::optional<planner::Box>& printed,
                                       const machine::Profile& profile) {
  if (!printed) {
    return std::nullopt;
  }
  const machine::Bed& bed = profile.bed;
  struct Side {
    Axis axis;
    Mm least, most;
  };
  for (const Side& side :
       {Side{Axis::kX, bed.x_min, bed.x_max}, Side{Axis::kY, bed.y_min, bed.y_max}}) {
    const Mm low = printed->low[side.axis];
    const Mm high = printed->high[side.axis];
    if (low < side.least - kBedTolerance || high > side.most + kBedTolerance) {
      return fmt::format("it prints at {} {:.6g} mm; the bed of {} reaches from {:g} to {:g} mm",
                         side.axis == Axis::kX ? "X" : "Y",
                         (low < side.least - kBedTolerance ? low : high).v, profile.name,
                         side.least.v, side.most.v);
    }
  }
  return std::nullopt;
}

}  // namespace

Result<files::Analysis> analyse(gcode::Reader job, const Machine& machine,
                                const std::stop_token& stop) {
  files::Analysis analysis;
  const auto plan = control::plan_job(std::move(job), machine.profile, machine.choice, stop);
  if (!plan && plan.error().code == Errc::kInterrupted) {
    return tl::unexpected(plan.error());
  }
  if (!plan) {
    analysis.error = plan.error().to_string();
    return analysis;
  }
  analysis.print_time_s = plan->print_time.v;
  analysis.filament_mm = plan->toolpath.filament.v;
  analysis.filament_cm3 = volume_cm3(plan->toolpath.filament, machine.profile);
  analysis.layers = plan->toolpath.layers;
  analysis.warnings = plan->warnings;
  if (plan->toolpath.printed) {
    analysis.printing_area = box_of(*plan->toolpath.printed);
  }
  if (auto off = off_the_bed(plan->toolpath.printed_above_priming, machine.profile)) {
    analysis.error = fmt::format("{} (slice for this printer, or print it on another)", *off);
  } else if (auto priming = off_the_bed(plan->toolpath.printed, machine.profile)) {
    analysis.warnings.push_back(
        fmt::format("Up to a height of {:g} mm, {}: good for priming, and for nothing else.",
                    planner::ToolpathSummary::kPrimeHeight.v, *priming));
  }
  return analysis;
}

std::vector<files::Analyst> analysts_of(const Config& config,
                                        const std::vector<Machine>& machines) {
  std::vector<files::Analyst> analysts;
  for (std::size_t i = 0; i < machines.size(); ++i) {
    const Machine& machine = machines[i];
    // The version stands for the planner itself.
    std::string settings =
        fmt::format("{}\n{}\n{}\n{}\n{}", STEPCAST_VERSION, machine.profile.name,
                    machine.choice.planner, machine.choice.compensator, machine.profile_text);
    const auto same = std::find_if(analysts.begin(), analysts.end(),
                                   [&](const auto& other) { return other.settings == settings; });
    if (same != analysts.end()) {
      same->printers.push_back(config.printers[i].id);
      continue;
    }
    const auto run = [&machine](gcode::Reader job, const std::stop_token& stop) {
      auto analysis = analyse(std::move(job), machine, stop);
      return analysis ? std::optional(std::move(*analysis)) : std::nullopt;
    };
    analysts.push_back(
        {.settings = std::move(settings), .analyse = run, .printers = {config.printers[i].id}});
  }
  return analysts;
}

}  // namespace stepcast::daemon
