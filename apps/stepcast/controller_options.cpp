#include "controller_options.hpp"

#include <cmath>
#include <vector>

#include <fmt/format.h>

#include "stepcast/machine/profile_loader.hpp"
#include "stepcast/planner/planners.hpp"
#include "stepcast/shaping/compensators.hpp"

#include "profile_folders.hpp"

namespace stepcast::cli {
namespace {

template <class Infos>
std::string help_list(const char* title, const Infos& infos) {
  std::string text = title;
  for (const auto& info : infos) {
    text += fmt::format("\n{:<12} {}", info.name, info.summary);
  }
  return text;
}

template <class Infos>
std::vector<std::string> names(const Infos& infos) {
  std::vector<std::string> list;
  for (const auto& info : infos) {
    list.emplace_back(info.name);
  }
  return list;
}

Result<void> apply(std::optional<double> value, const char* option, double limit,
                   const char* limit_name, const char* unit, double& target) {
  if (!value) {
    return {};
  }
  if (!(*value > 0) || *value > limit) {
    return fail(Errc::kOutOfRange, fmt::format("{} {:g} is outside 0 to {:g} {} ({})", option,
                                               *value, limit, unit, limit_name));
  }
  target = *value;
  return {};
}

}  // namespace

void ControllerOptions::add_to(CLI::App& command, bool with_file) {
  if (with_file) {
    command.add_option("file", file, "G-code file")->required()->type_name("FILE");
  }
  command.add_option("-p,--printer", printer, "Printer profile: a name, or a .toml file")
      ->capture_default_str()
      ->type_name("NAME");
  command
      .add_option("--planner", choice.planner,
                  help_list("How moves get their speed:", planner::planners()))
      ->check(CLI::IsMember(names(planner::planners())).description(""))
      ->capture_default_str()
      ->type_name("NAME");
  command
      .add_option("--compensator", choice.compensator,
                  help_list("How vibration is compensated:", shaping::compensators()))
      ->check(CLI::IsMember(names(shaping::compensators())).description(""))
      ->capture_default_str()
      ->type_name("NAME");
  command.add_option("--acceleration", acceleration_mm_s2, "Path acceleration, mm/s2")
      ->type_name("A");
  command.add_option("--jerk", jerk_mm_s3, "Path jerk, mm/s3")->type_name("J");
  command.add_option("--max-speed", max_speed_mm_s, "Plan X and Y no faster than this, mm/s")
      ->type_name("V");
  command.add_option("--tick-rate", tick_rate_hz, "Step grid, Hz; a multiple of 1000")
      ->type_name("HZ");
  command.add_flag("--slow-down", slow_down,
                   "Plan moves over the speed limits of X and Y at the limit, instead of refusing");
}

Result<ControllerOptions::Resolved> ControllerOptions::resolve() const {
  auto profile = machine::load_profile(printer, profile_folders());
  if (!profile) {
    return tl::unexpected(profile.error());
  }
  Resolved resolved{std::move(*profile), choice};
  machine::Profile& p = resolved.profile;
  const double axis_limit =
      std::min(p.axes[Axis::kX].max_acceleration.v, p.axes[Axis::kY].max_acceleration.v);
  const double jerk_limit = std::min(p.axes[Axis::kX].max_jerk.v, p.axes[Axis::kY].max_jerk.v);
  // Above 255 ticks a sample the step arithmetic would not be exact.
  constexpr double kFastestGridHz = 255e3;
  double ceiling = control::ControllerChoice::kUnlimited.v;
  for (auto applied :
       {apply(acceleration_mm_s2, "--acceleration", axis_limit, "the limit of X and Y", "mm/s2",
              p.path.acceleration.v),
        apply(jerk_mm_s3, "--jerk", jerk_limit, "the limit of X and Y", "mm/s3", p.path.jerk.v),
        apply(max_speed_mm_s, "--max-speed", p.axes[Axis::kX].max_speed.v, "the limit of X", "mm/s",
              ceiling),
        apply(tick_rate_hz, "--tick-rate", kFastestGridHz, "the fastest step grid", "Hz",
              p.tick_rate.v)}) {
    if (!applied) {
      return tl::unexpected(applied.error());
    }
  }
  for (Axis axis : kAllAxes) {
    const double fastest = p.tick_rate.v / p.axes[axis].steps_per_mm;
    if (p.axes[axis].max_speed.v > fastest) {
      return fail(
          Errc::kOutOfRange,
          fmt::format("a step grid of {:g} Hz moves {} at no more than {:.1f} mm/s; {} "
                      "needs {:g} mm/s",
                      p.tick_rate.v, axis_name(axis), fastest, p.name, p.axes[axis].max_speed.v),
          {}, "choose a higher --tick-rate");
    }
  }
  resolved.choice.speed_ceiling[Axis::kX] = MmPerS(ceiling);
  resolved.choice.speed_ceiling[Axis::kY] = MmPerS(ceiling);
  resolved.choice.toolpath.over_speed =
      slow_down ? planner::OverSpeed::kSlowDown : planner::OverSpeed::kRefuse;
  return resolved;
}

}  // namespace stepcast::cli
