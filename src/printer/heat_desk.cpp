#include "heat_desk.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "stepcast/wire/heat_action.hpp"

namespace stepcast::printer {
namespace {

constexpr std::string_view kNozzle = "tool0";
// Nobody burns themselves below it.
constexpr Celsius kHandWarm{45};
// A nozzle that is so near goes on; the rest comes while the motion speeds up.
constexpr double kNearC = 2.0;

std::string heat_line(std::string_view heater, Celsius target) {
  return fmt::format("heat {} {:.2f}", heater, target.v);
}

}  // namespace

void HeatDesk::meet(const stream::HeatAbilities& abilities) {
  limits_.clear();
  abilities_ = abilities;
  const auto add = [&](const std::string& name, const machine::Heater& heater) {
    if (std::find(abilities.heaters.begin(), abilities.heaters.end(), name) !=
        abilities.heaters.end()) {
      limits_[name] = {.highest = heater.max_temperature};
    }
  };
  add(std::string(kNozzle), profile_.hotend);
  if (profile_.heated_bed) {
    add("bed", *profile_.heated_bed);
  }
  if (profile_.chamber) {
    add("chamber", *profile_.chamber);
  }
}

Result<std::string> HeatDesk::target_line(const std::string& heater, Celsius target) const {
  if (!has(heater)) {
    std::vector<std::string> names;
    for (const auto& [name, limits] : limits_) {
      names.push_back(name);
    }
    return fail(Errc::kNotFound, fmt::format("there is no heater '{}'", heater), "target",
                fmt::format("one of: {}", fmt::join(names, ", ")));
  }
  const Celsius highest = limits_.at(heater).highest;
  if (!(target.v >= 0.0 && target <= highest)) {
    return fail(Errc::kOutOfRange,
                fmt::format("{} at {:g} C is outside 0 to {:g} C of {}", heater, target.v,
                            highest.v, profile_.name),
                "target", "0 switches it off; the limit is max_temperature_c of the profile");
  }
  return heat_line(heater, target);
}

Result<void> HeatDesk::check_while_printing(const std::string& heater, Celsius target) const {
  if (heater == kNozzle && target < profile_.min_extrusion_temperature) {
    return fail(Errc::kOutOfRange,
                fmt::format("tool0 at {:g} C would extrude cold; a print under way needs at least "
                            "{:g} C",
                            target.v, profile_.min_extrusion_temperature.v),
                "target", "pause or cancel the print first");
  }
  return {};
}

Result<std::string> HeatDesk::fan_line(double share) const {
  if (!abilities_.fan) {
    return fail(Errc::kUnsupported, "the device has no fan", "fan");
  }
  if (!(share >= 0.0 && share <= 1.0)) {
    return fail(Errc::kOutOfRange, fmt::format("a fan speed of {:g} is outside 0 to 1", share),
                "fan");
  }
  return fmt::format("fan {}", std::lround(share * wire::kFullFan));
}

void HeatDesk::show(Status& status) const {
  status.heaters.clear();
  for (const auto& [name, limits] : limits_) {
    const auto found = report_.heaters.find(name);
    Heater heater;
    if (found != report_.heaters.end()) {
      heater.actual = found->second.actual;
      heater.target = found->second.target;
    }
    status.heaters[name] = heater;
  }
  status.fan = abilities_.fan ? std::optional(report_.fan.value_or(0.0)) : std::nullopt;
}

std::optional<Celsius> HeatDesk::actual(const std::string& heater) const {
  const auto found = report_.heaters.find(heater);
  return found == report_.heaters.end() ? std::nullopt : found->second.actual;
}

std::optional<Celsius> HeatDesk::lasting_nozzle() const {
  const std::string nozzle(kNozzle);
  if (!has(nozzle)) {
    return std::nullopt;
  }
  const auto found = report_.heaters.find(nozzle);
  return found == report_.heaters.end()
             ? Celsius{0}
             : std::min(found->second.actual.value_or(Celsius{0}), found->second.target);
}

bool HeatDesk::on() const {
  return std::any_of(report_.heaters.begin(), report_.heaters.end(),
                     [](const auto& heater) { return heater.second.target > Celsius{0}; });
}

bool HeatDesk::warm() const {
  return std::any_of(report_.heaters.begin(), report_.heaters.end(), [](const auto& heater) {
    return heater.second.target > Celsius{0} ||
           heater.second.actual.value_or(Celsius{0}) > kHandWarm;
  });
}

void HeatDesk::begin_pause(Time now) {
  if (pause_) {
    return;  // an attempt to go on has failed: what was wanted is still the same
  }
  pause_ = Pause{.since = now, .targets = {}};
  for (const auto& [name, heater] : report_.heaters) {
    if (heater.target > Celsius{0}) {
      pause_->targets[name] = heater.target;
    }
  }
}

void HeatDesk::begin_pause(Time now, const std::map<std::string, Celsius>& targets) {
  pause_ = Pause{.since = now, .targets = {}};
  for (const auto& [name, target] : targets) {
    if (has(name) && target > Celsius{0}) {
      pause_->targets[name] = target;
    }
  }
}

void HeatDesk::set_in_pause(const std::string& heater, Celsius target) {
  if (pause_) {
    pause_->targets[heater] = target;
  }
}

std::vector<std::string> HeatDesk::pause_lines(Time now) {
  std::vector<std::string> lines;
  if (!pause_) {
    return lines;
  }
  const auto paused = now - pause_->since;
  const auto nozzle = pause_->targets.find(std::string(kNozzle));
  const bool nozzle_on = nozzle != pause_->targets.end() && nozzle->second > Celsius{0};
  if (options_.nozzle_standby && !pause_->standby) {
    pause_->standby = true;
    if (nozzle_on && *options_.nozzle_standby < nozzle->second) {
      lines.push_back(heat_line(kNozzle, *options_.nozzle_standby));
    }
  }
  if (paused >= options_.nozzle_off_after && !std::exchange(pause_->nozzle_off, true) &&
      nozzle_on) {
    lines.push_back(heat_line(kNozzle, Celsius{0}));
  }
  if (paused >= options_.all_off_after && !std::exchange(pause_->rest_off, true) &&
      !pause_->targets.empty()) {
    lines.emplace_back("heat off");
  }
  return lines;
}

std::vector<std::string> HeatDesk::resume_lines() const {
  std::vector<std::string> lines;
  if (!pause_ || restored()) {
    return lines;
  }
  if (!report_.fault.empty()) {
    lines.emplace_back("heat reset");  // a person has looked at it, and wants to go on
  }
  for (const auto& [name, target] : pause_->targets) {
    lines.push_back(heat_line(name, target));
  }
  return lines;
}

bool HeatDesk::restored() const {
  if (!report_.fault.empty()) {
    return false;
  }
  if (!pause_) {
    return true;
  }
  return std::all_of(pause_->targets.begin(), pause_->targets.end(), [&](const auto& wanted) {
    const auto found = report_.heaters.find(wanted.first);
    // Targets travel as hundredths.
    constexpr double kSameC = 0.005;
    return found != report_.heaters.end() &&
           std::abs(found->second.target.v - wanted.second.v) <= kSameC &&
           (wanted.second.v == 0.0 ||
            found->second.actual.value_or(Celsius{0}).v >= wanted.second.v - kNearC);
  });
}

}  // namespace stepcast::printer
