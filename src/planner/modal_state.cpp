#include "stepcast/planner/modal_state.hpp"

#include <array>
#include <numbers>
#include <string_view>

#include <fmt/format.h>

namespace stepcast::planner {
namespace {

constexpr double kMmPerInch = 25.4;
constexpr double kThickestFilamentMm = 10.0;
constexpr double kMostPercent = 1000.0;
constexpr std::array kSpace{Axis::kX, Axis::kY, Axis::kZ};

constexpr char axis_letter(Axis axis) {
  return "XYZE"[index(axis)];
}

// G92, G92.1
void set_position(ModalState& mode, const gcode::Command& command, const PerAxis<Mm>& position) {
  if (command.subcode == 1) {
    mode.offset = {};
    return;
  }
  const bool all = command.word_count == 0;
  for (const Axis axis : kAllAxes) {
    const auto word = command.value(axis_letter(axis));
    if (!word && !all) {
      continue;
    }
    const double value = word.value_or(0.0);
    if (axis == Axis::kE) {
      mode.logical_e = Mm(value * mode.e_unit());
    } else {
      mode.offset[axis] = position[axis] - Mm(value * mode.unit_mm);
    }
  }
}

// M200
Result<void> set_volumetric(ModalState& mode, const gcode::Command& command,
                            const machine::Profile& profile) {
  const double diameter = command.value('D').value_or(
      profile.nozzles.empty() ? 0.0 : profile.nozzles.front().filament_diameter.v);
  const bool off = command.value('S') == 0.0 || command.value('D') == 0.0;
  if (!off && (diameter <= 0 || diameter > kThickestFilamentMm)) {
    return fail(Errc::kOutOfRange, fmt::format("filament diameter {} mm is outside 0 to {} mm",
                                               diameter, kThickestFilamentMm));
  }
  const double before = mode.e_unit();
  mode.filament_area_mm2 = off ? 0.0 : std::numbers::pi * diameter * diameter / 4.0;
  mode.logical_e = mode.logical_e * (mode.e_unit() / before);  // the same number, in the new unit
  return {};
}

// M203
void set_max_speed(ModalState& mode, const gcode::Command& command) {
  for (const Axis axis : kAllAxes) {
    if (const auto v = command.value(axis_letter(axis)); v && *v > 0) {
      mode.max_speed[axis] = MmPerS(*v * mode.unit_mm);
    }
  }
}

// M204
Result<void> set_acceleration(ModalState& mode, const gcode::Command& command) {
  for (const char word : {'S', 'P', 'T', 'R'}) {
    if (const auto a = command.value(word); a && *a <= 0) {
      return fail(Errc::kOutOfRange, fmt::format("acceleration {}{} is not positive", word, *a));
    }
  }
  if (const auto a = command.value('S')) {
    mode.acceleration = mode.travel_acceleration = MmPerS2(*a * mode.unit_mm);
  }
  if (const auto a = command.value('P')) {
    mode.acceleration = MmPerS2(*a * mode.unit_mm);
  }
  if (const auto a = command.value('T')) {
    mode.travel_acceleration = MmPerS2(*a * mode.unit_mm);
  }
  return {};
}

// M206: home offsets shift the logical frame, like a G92 that survives.
void set_home_offset(ModalState& mode, const gcode::Command& command) {
  for (const Axis axis : kSpace) {
    if (const auto v = command.value(axis_letter(axis))) {
      mode.offset[axis] = Mm(*v * mode.unit_mm);
    }
  }
}

// M207, M208
void set_retraction(ModalState& mode, const gcode::Command& command) {
  const auto length = [&](char word, Mm& value) {
    if (const auto given = command.value(word)) {
      value = Mm(*given * mode.unit_mm);
    }
  };
  const auto speed = [&](MmPerS& value) {
    if (const auto f = command.value('F'); f && *f > 0) {
      value = MmPerS(*f * mode.unit_mm / kSecondsPerMinute);
    }
  };
  if (command.number == 207) {
    length('S', mode.retraction.length);
    length('Z', mode.retraction.lift);
    speed(mode.retraction.speed);
  } else {
    length('S', mode.retraction.extra);
    speed(mode.retraction.recover_speed);
  }
}

// M220, M221
Result<void> set_factor(double& factor, const gcode::Command& command, std::string_view name) {
  const auto percent = command.value('S');
  if (!percent) {
    return {};
  }
  if (*percent <= 0 || *percent > kMostPercent) {
    return fail(Errc::kOutOfRange,
                fmt::format("{} factor {} % is outside 0 to {} %", name, *percent, kMostPercent));
  }
  factor = *percent / 100.0;
  return {};
}

Result<bool> set_by_g(ModalState& mode, const gcode::Command& command,
                      const PerAxis<Mm>& position) {
  if (command.subcode != 0 && command.number != 92) {
    return false;
  }
  switch (command.number) {
    case 17:
      mode.plane = {Axis::kX, Axis::kY};
      return true;
    case 18:
      mode.plane = {Axis::kZ, Axis::kX};
      return true;
    case 19:
      mode.plane = {Axis::kY, Axis::kZ};
      return true;
    case 20:
      mode.unit_mm = kMmPerInch;
      return true;
    case 21:
      mode.unit_mm = 1.0;
      return true;
    case 90:
    case 91:
      mode.relative = mode.relative_e = command.number == 91;
      return true;
    case 92:
      set_position(mode, command, position);
      return true;
    default:
      return false;
  }
}

Result<bool> set_by_m(ModalState& mode, const gcode::Command& command,
                      const machine::Profile& profile) {
  const auto set = [](const Result<void>& done) {
    return done ? Result<bool>(true) : tl::unexpected(done.error());
  };
  switch (command.number) {
    case 82:
    case 83:
      mode.relative_e = command.number == 83;
      return true;
    case 200:
      return set(set_volumetric(mode, command, profile));
    case 203:
      set_max_speed(mode, command);
      return true;
    case 204:
      return set(set_acceleration(mode, command));
    case 206:
      set_home_offset(mode, command);
      return true;
    case 207:
    case 208:
      set_retraction(mode, command);
      return true;
    case 220:
      return set(set_factor(mode.feed_factor, command, "feed"));
    case 221:
      return set(set_factor(mode.flow, command, "flow"));
    default:
      return false;
  }
}

}  // namespace

double ModalState::e_unit() const {
  return filament_area_mm2 > 0 ? unit_mm * unit_mm * unit_mm / filament_area_mm2 : unit_mm;
}

Result<bool> set_mode(ModalState& mode, const gcode::Command& command, const PerAxis<Mm>& position,
                      const machine::Profile& profile) {
  switch (command.letter) {
    case 'G':
      return set_by_g(mode, command, position);
    case 'M':
      return set_by_m(mode, command, profile);
    default:
      return false;
  }
}

}  // namespace stepcast::planner
