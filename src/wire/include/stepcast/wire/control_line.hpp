#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "stepcast/wire/heat_action.hpp"
#include "stepcast/wire/text.hpp"
#include "stepcast/wire/tick_byte.hpp"

/// Lines from host to device (protocol/control.md section 3): exactly what a person types.
namespace stepcast::wire {

/// The longest line without its line end. Four times the longest command, and small enough for a
/// buffer on a microcontroller.
inline constexpr std::size_t kMaxControlLine = 120;

/// 35 times the width of a 280 mm bed at 101.5 steps/mm, or 625 mm of Z at 1600: enough for any
/// jog, too little to run for hours after a slip of the finger.
inline constexpr std::uint32_t kMaxJogCounts = 1'000'000;

/// `speed=`: the upper limit keeps ticks per millisecond inside 32 bits.
inline constexpr std::uint32_t kMaxSpeed = 100'000;
/// `speed=max`: virtual time moves as fast as the stream arrives.
inline constexpr std::uint32_t kSpeedMax = 0;
/// The limit of `tick_hz=`.
inline constexpr std::uint32_t kMaxTickHz = 1'000'000;

enum class ControlVerb : std::uint8_t {
  kInit,
  kJog,
  kStart,
  kStop,
  kExit,
  kStatus,
  kHeat,   ///< `action` now.
  kReset,  ///< `heat reset`
  kFan,    ///< `action` now.
  kAt,     ///< `action` when `tick` ticks of the stream are executed.
  kKeep,
  kTemps,
};

struct ControlLine {
  ControlVerb verb = ControlVerb::kStatus;
  std::size_t motor = 0;      ///< kJog: index in x, y, z, e.
  std::int32_t counts = 0;    ///< kJog: signed, never 0.
  std::uint32_t speed = 1;    ///< kStart: times real time, or kSpeedMax.
  std::uint32_t tick_hz = 0;  ///< kInit, kStart: the step grid that the host wants; 0 if not named.
  std::uint64_t tick = 0;     ///< kAt: at most kLastActionTick.
  HeatAction action{};        ///< kHeat, kFan, kAt.
};

/// Why a line is not a command; also the `<code>` of the reply `err <code> <text>`.
enum class LineStatus : std::uint8_t {
  kOk,
  kLine,      ///< Empty, too long, or not printable ASCII.
  kCommand,   ///< Not one of the commands.
  kArgument,  ///< An argument is missing, unknown, repeated or misspelt.
  kRange,     ///< A number outside its limits.
};

namespace detail {

constexpr bool take_option(std::string_view& word, std::string_view key) {
  if (!word.starts_with(key)) {
    return false;
  }
  word.remove_prefix(key.size());
  return true;
}

constexpr LineStatus parse_count(std::string_view digits, std::uint32_t limit,
                                 std::uint32_t& value) {
  std::uint64_t wide = 0;
  if (!parse_decimal(digits, ~std::uint64_t{0}, wide)) {
    return LineStatus::kArgument;
  }
  if (wide == 0 || wide > limit) {
    return LineStatus::kRange;
  }
  value = static_cast<std::uint32_t>(wide);
  return LineStatus::kOk;
}

constexpr LineStatus parse_jog(std::string_view rest, ControlLine& line) {
  constexpr std::string_view kMotors = "xyze";
  const std::string_view motor = take_word(rest);
  std::string_view counts = take_word(rest);
  if (motor.size() != 1 || counts.empty() || !take_word(rest).empty()) {
    return LineStatus::kArgument;
  }
  line.motor = 0;
  while (line.motor < kMotorCount && kMotors[line.motor] != motor.front()) {
    ++line.motor;
  }
  const char sign = counts.front();
  if (line.motor == kMotorCount || (sign != '+' && sign != '-')) {
    return LineStatus::kArgument;
  }
  counts.remove_prefix(1);
  std::uint32_t magnitude = 0;
  const LineStatus status = parse_count(counts, kMaxJogCounts, magnitude);
  line.counts = static_cast<std::int32_t>(magnitude);
  if (sign == '-') {
    line.counts = -line.counts;
  }
  return status;
}

/// Options of `init` (tick_hz=) and `start` (tick_hz=, speed=), each at most once.
constexpr LineStatus parse_options(std::string_view rest, ControlLine& line) {
  bool speed_seen = false;
  for (std::string_view word = take_word(rest); !word.empty(); word = take_word(rest)) {
    LineStatus status = LineStatus::kArgument;
    if (line.verb == ControlVerb::kStart && !speed_seen && take_option(word, "speed=")) {
      speed_seen = true;
      if (word == "max") {
        line.speed = kSpeedMax;
        status = LineStatus::kOk;
      } else {
        status = parse_count(word, kMaxSpeed, line.speed);
      }
    } else if (line.tick_hz == 0 && take_option(word, "tick_hz=")) {
      status = parse_count(word, kMaxTickHz, line.tick_hz);
    }
    if (status != LineStatus::kOk) {
      return status;
    }
  }
  return LineStatus::kOk;
}

/// Commands without arguments.
constexpr LineStatus parse_bare(std::string_view verb, std::string_view rest, ControlLine& line) {
  struct Bare {
    std::string_view name;
    ControlVerb verb;
  };
  constexpr std::array kBare{Bare{"stop", ControlVerb::kStop}, Bare{"exit", ControlVerb::kExit},
                             Bare{"status", ControlVerb::kStatus}, Bare{"keep", ControlVerb::kKeep},
                             Bare{"temps", ControlVerb::kTemps}};
  for (const Bare& bare : kBare) {
    if (verb == bare.name) {
      line.verb = bare.verb;
      return take_word(rest).empty() ? LineStatus::kOk : LineStatus::kArgument;
    }
  }
  return LineStatus::kCommand;
}

/// `heat off`, `heat reset`, `heat tool0 210.5`, and behind `at` a way to wait.
constexpr LineStatus parse_heat(std::string_view rest, ControlLine& line) {
  const bool at = line.verb == ControlVerb::kAt;
  const std::string_view what = take_word(rest);
  const std::string_view degrees = take_word(rest);
  if (!at && (what == "off" || what == "reset")) {
    line.verb = what == "off" ? ControlVerb::kHeat : ControlVerb::kReset;
    line.action.kind = HeatAction::Kind::kAllOff;
    return degrees.empty() ? LineStatus::kOk : LineStatus::kArgument;
  }
  line.action.kind = HeatAction::Kind::kTarget;
  line.action.heater = heater_index(what);
  if (line.action.heater == kHeaterCount || !parse_centi(degrees, line.action.target)) {
    return LineStatus::kArgument;
  }
  if (const std::string_view wait = take_word(rest); !wait.empty()) {
    if (!at || (wait != "reach" && wait != "settle") || !take_word(rest).empty()) {
      return LineStatus::kArgument;
    }
    line.action.wait = wait == "reach" ? HeatWait::kReach : HeatWait::kSettle;
  }
  return line.action.target < 0 || line.action.target > kMaxTarget ? LineStatus::kRange
                                                                   : LineStatus::kOk;
}

constexpr LineStatus parse_fan(std::string_view rest, ControlLine& line) {
  std::uint64_t level = 0;
  const std::string_view digits = take_word(rest);
  if (!parse_decimal(digits, ~std::uint64_t{0}, level) || !take_word(rest).empty()) {
    return LineStatus::kArgument;
  }
  line.action.kind = HeatAction::Kind::kFan;
  line.action.fan = static_cast<std::uint8_t>(level & kFullFan);
  return level > kFullFan ? LineStatus::kRange : LineStatus::kOk;
}

constexpr LineStatus parse_at(std::string_view rest, ControlLine& line) {
  std::uint64_t tick = 0;
  if (!parse_decimal(take_word(rest), ~std::uint64_t{0}, tick)) {
    return LineStatus::kArgument;
  }
  line.tick = tick;
  const std::string_view what = take_word(rest);
  LineStatus status = LineStatus::kArgument;
  if (what == "heat") {
    status = parse_heat(rest, line);
  } else if (what == "fan") {
    status = parse_fan(rest, line);
  }
  return status == LineStatus::kOk && tick > kLastActionTick ? LineStatus::kRange : status;
}

}  // namespace detail

/// Reads one line without its "\n"; a "\r" and blanks at the end are ignored. `line` is written
/// only when the result is kOk.
constexpr LineStatus parse_control_line(std::string_view text, ControlLine& line) {
  if (text.size() > kMaxControlLine) {
    return LineStatus::kLine;
  }
  if (!text.empty() && text.back() == '\r') {
    text.remove_suffix(1);
  }
  for (const char c : text) {
    if (c < ' ' || c > '~') {
      return LineStatus::kLine;
    }
  }
  const std::string_view verb = take_word(text);
  if (verb.empty()) {
    return LineStatus::kLine;
  }
  ControlLine parsed;
  LineStatus status = LineStatus::kOk;
  if (verb == "init" || verb == "start") {
    parsed.verb = verb == "init" ? ControlVerb::kInit : ControlVerb::kStart;
    status = detail::parse_options(text, parsed);
  } else if (verb == "jog") {
    parsed.verb = ControlVerb::kJog;
    status = detail::parse_jog(text, parsed);
  } else if (verb == "heat") {
    parsed.verb = ControlVerb::kHeat;
    status = detail::parse_heat(text, parsed);
  } else if (verb == "fan") {
    parsed.verb = ControlVerb::kFan;
    status = detail::parse_fan(text, parsed);
  } else if (verb == "at") {
    parsed.verb = ControlVerb::kAt;
    status = detail::parse_at(text, parsed);
  } else {
    status = detail::parse_bare(verb, text, parsed);
  }
  if (status == LineStatus::kOk) {
    line = parsed;
  }
  return status;
}

}  // namespace stepcast::wire
