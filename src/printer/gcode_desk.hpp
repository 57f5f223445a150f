#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/base/units.hpp"
#include "stepcast/planner/live_moves.hpp"
#include "stepcast/planner/modal_state.hpp"
#include "stepcast/printer/printer.hpp"

namespace stepcast::printer {

/// What lines of G-code that a person sends ask of a streamed printer, sorted by who does it.
struct GcodeByHand {
  enum class Stop : std::uint8_t {
    kNone,
    kMoves,      ///< M410, M108: what moves or waits by hand
    kEmergency,  ///< M112: everything, and cold
  };
  enum class Question : std::uint8_t { kTemperatures, kPosition, kFirmware };  ///< M105 M114 M115
  struct Target {
    std::string heater;
    Celsius value{};
  };

  Stop stop = Stop::kNone;  ///< Then the rest is empty: it cannot wait for other lines.
  /// Moves and modes, and temperatures and fans among them, with the other lines left blank so that
  /// lines keep their numbers. Empty if the machine does not have to rest for any of them.
  std::string motion;
  // Without motion, these are set at once:
  std::vector<Target> targets;
  std::optional<double> fan;
  // Of the print:
  std::optional<double> speed;
  std::optional<double> flow;
  Mm z_by{};  ///< Added to the Z offset.
  std::vector<Question> questions;
  std::vector<std::string> messages;  ///< M117, M118
};

/// Stands for a file in messages: "commands:2".
inline constexpr std::string_view kGcodeByHand = "commands";

/// @returns kMalformed and the other errors of gcode::Reader; kUnsupported, with line and reason,
/// for what a streamed printer does not do by hand.
[[nodiscard]] Result<GcodeByHand> read_gcode_by_hand(const std::vector<std::string>& lines);

/// `settings` with what the lines change of the print.
[[nodiscard]] planner::LiveSettings changed(planner::LiveSettings settings,
                                            const GcodeByHand& lines);

/// The answer of a Marlin printer. `mode`: of the lines so far.
[[nodiscard]] std::string answer(GcodeByHand::Question question, const Status& status,
                                 const planner::ModalState& mode, std::string_view machine);

}  // namespace stepcast::printer
