#include "plan_report.hpp"

#include <fmt/format.h>

#include "format.hpp"
#include "terminal.hpp"

namespace stepcast::cli {
namespace {

constexpr double kMmPerM = 1000.0;

nlohmann::json peaks_json(const PerAxis<shaping::AxisPeaks>& peaks) {
  nlohmann::json object;
  for (Axis axis : kAllAxes) {
    const auto& p = peaks[axis];
    object[std::string(axis_name(axis))] = {{"speed_mm_s", p.speed.value.v},
                                            {"acceleration_mm_s2", p.acceleration.value.v},
                                            {"jerk_mm_s3", p.jerk.value.v}};
  }
  return object;
}

}  // namespace

nlohmann::json plan_json(const control::JobPlan& plan, const machine::Profile& profile,
                         const PlanningCost& cost) {
  nlohmann::json object{
      {"file", plan.file.string()},
      {"printer", profile.name},
      {"planner", plan.choice.planner},
      {"compensator", plan.choice.compensator},
      {"print_time_s", plan.print_time.v},
      {"moves", plan.toolpath.moves},
      {"arcs", plan.toolpath.arcs},
      {"layers", plan.toolpath.layers},
      {"filament_mm", plan.toolpath.filament.v},
      {"steps", per_axis_json(plan.motion.steps)},
      {"step_pulses", per_axis_json(plan.motion.step_count)},
      {"ticks", plan.motion.ticks},
      {"tick_rate_hz", profile.tick_rate.v},
      {"peaks_planned", peaks_json(plan.peaks.plan)},
      {"peaks_commanded", peaks_json(plan.peaks.command)},
      {"slow_places", plan.choice.stretches.size()},
      {"slowed_by_s", plan.slowed_by.v},
      {"largest_lag_steps", per_axis_json(plan.motion.largest_lag_steps)},
      {"cpu_s", cost.cpu.v},
      {"print_s_per_cpu_s", plan.print_time / cost.cpu},
      {"peak_rss_mib", cost.peak_rss_mib},
      {"warnings", plan.warnings},
  };
  nlohmann::json end;
  for (Axis axis : kAllAxes) {
    end[std::string(axis_name(axis))] = plan.toolpath.end[axis].v;
  }
  object["end_position_mm"] = end;
  return object;
}

void print_plan(const control::JobPlan& plan, const machine::Profile& profile,
                const PlanningCost& cost) {
  const Terminal terminal(stdout);
  fmt::print("{} on {}: {} + {}\n\n", terminal.strong(plan.file.filename().string()), profile.title,
             plan.choice.planner, plan.choice.compensator);
  fmt::print("  Print time  {}\n", terminal.strong(duration_text(plan.print_time)));
  fmt::print("  Layers      {}\n", grouped(plan.toolpath.layers));
  fmt::print("  Moves       {}\n", grouped(plan.toolpath.moves));
  fmt::print("  Filament    {}\n\n", length_text(plan.toolpath.filament));

  fmt::print("  {}\n", terminal.dim("       pulses        peak speed, mm/s    acceleration, m/s2"
                                    "          jerk, m/s3"));
  fmt::print("  {}\n", terminal.dim("                    plan     command      plan   command"
                                    "     plan    command"));
  for (Axis axis : kAllAxes) {
    const auto& p = plan.peaks.plan[axis];
    const auto& c = plan.peaks.command[axis];
    fmt::print("  {} {:>12} {:>9.1f} {:>11.1f} {:>9.2f} {:>9.2f} {:>8.0f} {:>10.0f}\n",
               terminal.accent(axis_name(axis)), grouped(plan.motion.step_count[axis]),
               p.speed.value.v, c.speed.value.v, p.acceleration.value.v / kMmPerM,
               c.acceleration.value.v / kMmPerM, p.jerk.value.v / kMmPerM,
               c.jerk.value.v / kMmPerM);
  }
  fmt::print("  {}\n\n", terminal.dim("as 1 kHz differences; Z and E of a profile without "
                                      "acceleration limits jump"));
  fmt::print("  Planned {} in {:.2f} s of CPU: {} print seconds per CPU second, {:.0f} MiB\n",
             duration_text(plan.print_time), cost.cpu.v,
             grouped(static_cast<std::int64_t>(plan.print_time / cost.cpu)), cost.peak_rss_mib);
  for (const std::string& warning : plan.warnings) {
    fmt::print("  {} {}\n", terminal.warn("note:"), warning);
  }
}

}  // namespace stepcast::cli
