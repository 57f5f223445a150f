#include "gcode_desk.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include <fmt/format.h>

#include "stepcast/gcode/reader.hpp"

namespace stepcast::printer {
namespace {

using Question = GcodeByHand::Question;

constexpr double kPercent = 100.0;
constexpr double kFullFan = 255.0;

enum class Kind : std::uint8_t {
  kMotion,  ///< A move, a mode, or a wait.
  kHeat,    ///< Does not wait.
  kLive,
  kQuestion,
  kMessage,
  kNothing,
  kStopMoves,
  kEmergency,
  kOfPrints,  ///< Of a print from a card, or a pause in one.
  kMotorsOff,
};

struct Rule {
  char letter;
  int number;
  Kind kind;
};

constexpr std::array kRules{
    Rule{'G', 0, Kind::kMotion},      Rule{'G', 1, Kind::kMotion},
    Rule{'G', 2, Kind::kMotion},      Rule{'G', 3, Kind::kMotion},
    Rule{'G', 4, Kind::kMotion},      Rule{'G', 5, Kind::kMotion},
    Rule{'G', 10, Kind::kMotion},     Rule{'G', 11, Kind::kMotion},
    Rule{'G', 17, Kind::kMotion},     Rule{'G', 18, Kind::kMotion},
    Rule{'G', 19, Kind::kMotion},     Rule{'G', 20, Kind::kMotion},
    Rule{'G', 21, Kind::kMotion},     Rule{'G', 28, Kind::kMotion},
    Rule{'G', 90, Kind::kMotion},     Rule{'G', 91, Kind::kMotion},
    Rule{'G', 92, Kind::kMotion},     Rule{'M', 82, Kind::kMotion},
    Rule{'M', 83, Kind::kMotion},     Rule{'M', 200, Kind::kMotion},
    Rule{'M', 203, Kind::kMotion},    Rule{'M', 204, Kind::kMotion},
    Rule{'M', 206, Kind::kMotion},    Rule{'M', 207, Kind::kMotion},
    Rule{'M', 208, Kind::kMotion},    Rule{'M', 109, Kind::kMotion},
    Rule{'M', 190, Kind::kMotion},    Rule{'M', 191, Kind::kMotion},
    Rule{'M', 104, Kind::kHeat},      Rule{'M', 140, Kind::kHeat},
    Rule{'M', 141, Kind::kHeat},      Rule{'M', 106, Kind::kHeat},
    Rule{'M', 107, Kind::kHeat},      Rule{'M', 220, Kind::kLive},
    Rule{'M', 221, Kind::kLive},      Rule{'M', 290, Kind::kLive},
    Rule{'M', 105, Kind::kQuestion},  Rule{'M', 114, Kind::kQuestion},
    Rule{'M', 115, Kind::kQuestion},  Rule{'M', 117, Kind::kMessage},
    Rule{'M', 118, Kind::kMessage},   Rule{'M', 110, Kind::kNothing},
    Rule{'M', 155, Kind::kNothing},   Rule{'M', 400, Kind::kNothing},
    Rule{'M', 108, Kind::kStopMoves}, Rule{'M', 410, Kind::kStopMoves},
    Rule{'M', 112, Kind::kEmergency}, Rule{'M', 0, Kind::kOfPrints},
    Rule{'M', 1, Kind::kOfPrints},    Rule{'M', 23, Kind::kOfPrints},
    Rule{'M', 24, Kind::kOfPrints},   Rule{'M', 25, Kind::kOfPrints},
    Rule{'M', 32, Kind::kOfPrints},   Rule{'M', 524, Kind::kOfPrints},
    Rule{'M', 600, Kind::kOfPrints},  Rule{'M', 17, Kind::kMotorsOff},
    Rule{'M', 18, Kind::kMotorsOff},  Rule{'M', 84, Kind::kMotorsOff},
};

std::string name_of(const gcode::Command& command) {
  if (command.letter == 0) {
    return std::string(command.name);
  }
  return command.subcode == 0
             ? fmt::format("{}{}", command.letter, command.number)
             : fmt::format("{}{}.{}", command.letter, command.number, command.subcode);
}

tl::unexpected<Error> unsupported(const gcode::Command& command, std::string message,
                                  std::string remedy) {
  return fail(Errc::kUnsupported, std::move(message),
              fmt::format("{}:{}", kGcodeByHand, command.line), std::move(remedy));
}

Result<Kind> kind_of(const gcode::Command& command) {
  if (command.letter == 'T') {
    return Kind::kMotion;
  }
  const auto* const rule = std::find_if(
      kRules.begin(), kRules.end(), [&](const Rule& r) { return command.is(r.letter, r.number); });
  const bool with_subcode = command.subcode != 0 && !command.is('G', 92);
  const bool tool_offset = command.is('G', 10) && command.word_count > 0;
  if (rule == kRules.end() || with_subcode || tool_offset) {
    return unsupported(
        command,
        fmt::format("{} is nothing that a streamed printer does by hand", name_of(command)),
        "docs/by-hand.md lists what it does");
  }
  if (rule->kind == Kind::kOfPrints) {
    return unsupported(
        command, fmt::format("{} is about a print from the printer's own card", name_of(command)),
        "start, pause, resume and cancel prints at the server");
  }
  if (rule->kind == Kind::kMotorsOff) {
    return unsupported(command,
                       fmt::format("{}: the motors of a streamed printer always hold, because "
                                   "its place is known by counting steps",
                                   name_of(command)),
                       "switch the machine off to move it with your hands");
  }
  return rule->kind;
}

Result<void> read_heat(const gcode::Command& command, GcodeByHand& out) {
  if (command.is('M', 106) || command.is('M', 107)) {
    if (const auto number = command.value('P'); number && *number != 0) {
      return unsupported(command, fmt::format("there is no fan {:g}", *number),
                         "the fan of the part is P0");
    }
    out.fan = command.is('M', 107) ? 0.0 : command.value('S').value_or(kFullFan) / kFullFan;
    return {};
  }
  const auto target = command.value('S');
  if (!target) {
    return fail(Errc::kInvalidArgument, fmt::format("{} without a temperature", name_of(command)),
                fmt::format("{}:{}", kGcodeByHand, command.line), "add S and the temperature");
  }
  if (const auto tool = command.value('T'); tool && *tool != 0) {
    return unsupported(command, fmt::format("there is no nozzle {:g}", *tool), "the first is T0");
  }
  const char* const heater = command.number == 104   ? "tool0"
                             : command.number == 140 ? "bed"
                                                     : "chamber";
  out.targets.push_back({heater, Celsius{*target}});
  return {};
}

void read_live(const gcode::Command& command, GcodeByHand& out) {
  if (command.number == 290) {
    out.z_by += Mm(command.value('Z').value_or(command.value('S').value_or(0.0)));
  } else if (const auto percent = command.value('S')) {
    (command.number == 220 ? out.speed : out.flow) = *percent / kPercent;
  }
}

/// Whatever else is in the lines: nothing may keep it from acting.
bool is_emergency(std::string_view line) {
  constexpr std::string_view kCode = "m112";
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  if (line.size() < kCode.size() ||
      !std::equal(kCode.begin(), kCode.end(), line.begin(),
                  [](char a, char b) { return a == b || (b == 'M' && a == 'm'); })) {
    return false;
  }
  line.remove_prefix(kCode.size());
  return line.empty() || line.find_first_of(" \t\r\n;*") == 0;
}

}  // namespace

Result<GcodeByHand> read_gcode_by_hand(const std::vector<std::string>& lines) {
  GcodeByHand out;
  if (std::any_of(lines.begin(), lines.end(), is_emergency)) {
    out.stop = GcodeByHand::Stop::kEmergency;
    return out;
  }
  std::string all;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].find_first_of("\r\n") != std::string::npos) {
      return fail(Errc::kInvalidArgument, "a line of G-code has a line break",
                  fmt::format("{}:{}", kGcodeByHand, i + 1), "send each line by itself");
    }
    all += lines[i];
    all += '\n';
  }
  std::vector<bool> of_motion(lines.size());
  bool motion = false;
  auto reader = gcode::Reader::from_text(all, std::string(kGcodeByHand));
  gcode::Command command;
  for (;;) {
    const auto more = reader.next(command);
    if (!more) {
      return tl::unexpected(more.error());
    }
    if (!*more) {
      break;
    }
    if (command.letter == 0 && command.name.empty()) {
      continue;  // a comment
    }
    const auto kind = kind_of(command);
    if (!kind) {
      return tl::unexpected(kind.error());
    }
    switch (*kind) {
      case Kind::kMotion:
        motion = true;
        of_motion[static_cast<std::size_t>(command.line - 1)] = true;
        break;
      case Kind::kHeat:
        of_motion[static_cast<std::size_t>(command.line - 1)] = true;
        if (auto read = read_heat(command, out); !read) {
          return tl::unexpected(read.error());
        }
        break;
      case Kind::kLive:
        read_live(command, out);
        break;
      case Kind::kQuestion:
        out.questions.push_back(command.number == 105   ? Question::kTemperatures
                                : command.number == 114 ? Question::kPosition
                                                        : Question::kFirmware);
        break;
      case Kind::kMessage:
        out.messages.emplace_back(command.text);
        break;
      case Kind::kStopMoves:
        out.stop = std::max(out.stop, GcodeByHand::Stop::kMoves);
        break;
      case Kind::kEmergency:
        out.stop = GcodeByHand::Stop::kEmergency;
        break;
      default:
        break;
    }
  }
  if (out.stop != GcodeByHand::Stop::kNone) {
    const auto stop = out.stop;
    out = {};
    out.stop = stop;
    return out;
  }
  if (motion) {
    out.targets.clear();
    out.fan.reset();
    for (std::size_t i = 0; i < lines.size(); ++i) {
      out.motion += of_motion[i] ? lines[i] : "";
      out.motion += '\n';
    }
  }
  return out;
}

planner::LiveSettings changed(planner::LiveSettings settings, const GcodeByHand& lines) {
  settings.speed = lines.speed.value_or(settings.speed);
  settings.flow = lines.flow.value_or(settings.flow);
  settings.z_offset += lines.z_by;
  return settings;
}

std::string answer(GcodeByHand::Question question, const Status& status,
                   const planner::ModalState& mode, std::string_view machine) {
  std::string text;
  switch (question) {
    case Question::kTemperatures:
      text = "ok";
      for (const auto& [name, heater] : status.heaters) {
        const char letter = name == "bed" ? 'B' : name == "chamber" ? 'C' : 'T';
        text += fmt::format(" {}:{:.2f} /{:.2f}", letter, heater.actual.value_or(Celsius{}).v,
                            heater.target.v);
      }
      return text;
    case Question::kPosition:
      for (const Axis axis : {Axis::kX, Axis::kY, Axis::kZ}) {
        const auto& place = status.position[axis];
        const char letter = "XYZ"[index(axis)];
        text += place ? fmt::format("{}:{:.3f} ", letter, (*place - mode.offset[axis]).v)
                      : fmt::format("{}:? ", letter);
      }
      return text + fmt::format("E:{:.3f}", mode.logical_e.v);
    case Question::kFirmware:
      return fmt::format("FIRMWARE_NAME:Stepcast MACHINE_TYPE:{} EXTRUDER_COUNT:1", machine);
  }
  return text;
}

}  // namespace stepcast::printer
