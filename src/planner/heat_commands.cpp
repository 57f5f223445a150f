#include "heat_commands.hpp"

#include <string_view>

#include <fmt/format.h>

namespace stepcast::planner {
namespace {

using Kind = Marker::Kind;

constexpr double kFanFull = 255.0;

std::string_view name_of(Kind kind) {
  switch (kind) {
    case Kind::kBed:
      return "bed";
    case Kind::kChamber:
      return "chamber";
    default:
      return "hotend";
  }
}

/// A command that is handed on as it is.
Marker other(const gcode::Command& command, bool waits = false) {
  return {.kind = Kind::kOther,
          .waits = waits,
          .text = fmt::format("M{}", command.number),
          .line = command.line};
}

Result<Marker> fan(double pwm, const gcode::Command& command) {
  if (pwm < 0 || pwm > kFanFull) {
    return fail(Errc::kOutOfRange, fmt::format("fan speed {} is outside 0 to {}", pwm, kFanFull));
  }
  if (const auto number = command.value('P'); number && *number != 0) {
    Marker marker = other(command);  // not the fan of the part
    marker.text += fmt::format(" P{}", *number);
    return marker;
  }
  return Marker{.kind = Kind::kFan, .value = pwm / kFanFull, .line = command.line};
}

}  // namespace

HeatCommands::HeatCommands(const machine::Profile& profile, std::optional<Celsius> nozzle_at_start)
    : profile_(profile),
      watches_nozzle_(nozzle_at_start.has_value()),
      warm_(nozzle_at_start.value_or(Celsius{}) >= profile.min_extrusion_temperature) {}

Result<Marker> HeatCommands::read(const gcode::Command& command) {
  switch (command.number) {
    case 104:
    case 109:
      return heat(Kind::kHotend, &profile_.hotend, command.number == 109, command);
    case 140:
    case 190:
      return heat(Kind::kBed, profile_.heated_bed ? &*profile_.heated_bed : nullptr,
                  command.number == 190, command);
    case 141:
    case 191:
      return heat(Kind::kChamber, profile_.chamber ? &*profile_.chamber : nullptr,
                  command.number == 191, command);
    case 106:
      return fan(command.value('S').value_or(kFanFull), command);
    case 107:
      return fan(0.0, command);
    default:
      return other(command);
  }
}

Result<Marker> HeatCommands::heat(Kind kind, const machine::Heater* heater, bool waits,
                                  const gcode::Command& command) {
  // R: wait while cooling too. No number: only wait, for the target that there is.
  std::optional<double>& last = last_target_[kind];
  const bool cools = !command.value('S') && command.value('R');
  const auto stated = cools ? command.value('R') : command.value('S');
  const std::optional<double> target = stated ? stated : waits ? last : std::nullopt;
  if (!target) {
    return other(command, waits);
  }
  if (heater == nullptr && (kind == Kind::kChamber || *target == 0)) {
    return other(command);  // slicers write chamber temperatures for every machine of a family
  }
  if (heater == nullptr) {
    return fail(Errc::kOutOfRange, fmt::format("{} has no heated bed", profile_.name));
  }
  if (*target < 0 || *target > heater->max_temperature.v) {
    return fail(Errc::kOutOfRange,
                fmt::format("{} temperature {} C is outside 0 to {} C of {}", name_of(kind),
                            *target, heater->max_temperature.v, profile_.name));
  }
  if (const auto tool = command.value('T'); tool && kind == Kind::kHotend) {
    if (*tool < 0 || *tool >= static_cast<double>(profile_.nozzles.size())) {
      return fail(Errc::kOutOfRange,
                  fmt::format("T{} asks for a nozzle that {} does not have (it has {})", *tool,
                              profile_.name, profile_.nozzles.size()));
    }
  }
  last = *target;
  if (kind == Kind::kHotend) {
    const bool hot = *target >= profile_.min_extrusion_temperature.v;
    warm_ = hot && (warm_ || waits);
  }
  return Marker{
      .kind = kind, .value = *target, .waits = waits, .line = command.line, .cools = cools};
}

Result<void> HeatCommands::check_extrusion() const {
  if (!watches_nozzle_ || warm_) {
    return {};
  }
  return fail(Errc::kOutOfRange,
              fmt::format("E would move although the nozzle is not certain to have {:g} C",
                          profile_.min_extrusion_temperature.v),
              {}, "wait for the nozzle before (M109), or preheat it");
}

}  // namespace stepcast::planner
