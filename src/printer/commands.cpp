#include "stepcast/printer/commands.hpp"

#include <algorithm>
#include <array>
#include <string>

#include <fmt/format.h>

namespace stepcast::printer {
namespace {

struct CommandRule {
  Command command;
  State from;
  State to;
};

constexpr std::array kCommandRules{
    CommandRule{Command::kConnect, State::kOffline, State::kOperational},
    CommandRule{Command::kConnect, State::kError, State::kOperational},
    CommandRule{Command::kConnect, State::kOperational, State::kOperational},
    CommandRule{Command::kDisconnect, State::kOperational, State::kOffline},
    CommandRule{Command::kDisconnect, State::kError, State::kOffline},
    CommandRule{Command::kDisconnect, State::kOffline, State::kOffline},
    CommandRule{Command::kStart, State::kOperational, State::kStarting},
    CommandRule{Command::kPause, State::kPrinting, State::kPausing},
    CommandRule{Command::kResume, State::kPaused, State::kResuming},
    CommandRule{Command::kCancel, State::kStarting, State::kCancelling},
    CommandRule{Command::kCancel, State::kPrinting, State::kCancelling},
    CommandRule{Command::kCancel, State::kPausing, State::kCancelling},
    CommandRule{Command::kCancel, State::kPaused, State::kCancelling},
    CommandRule{Command::kCancel, State::kResuming, State::kCancelling},
    CommandRule{Command::kMove, State::kOperational, State::kOperational},
    // Before a print they are for the next one.
    CommandRule{Command::kChange, State::kOperational, State::kOperational},
    CommandRule{Command::kChange, State::kStarting, State::kStarting},
    CommandRule{Command::kChange, State::kPrinting, State::kPrinting},
    CommandRule{Command::kChange, State::kPausing, State::kPausing},
    CommandRule{Command::kChange, State::kPaused, State::kPaused},
    CommandRule{Command::kChange, State::kResuming, State::kResuming},
    CommandRule{Command::kCancelObject, State::kPrinting, State::kPrinting},
    CommandRule{Command::kCancelObject, State::kPausing, State::kPausing},
    CommandRule{Command::kCancelObject, State::kPaused, State::kPaused},
    CommandRule{Command::kCancelObject, State::kResuming, State::kResuming},
};

}  // namespace

std::string_view command_name(Command command) {
  constexpr std::array<std::string_view, kCommandCount> kNames{
      "connect", "disconnect",       "start",           "pause", "resume", "cancel",
      "move",    "change the print", "cancel an object"};
  return kNames[static_cast<std::size_t>(command)];
}

Result<State> state_after(State state, Command command) {
  std::string possible;
  for (const CommandRule& rule : kCommandRules) {
    if (rule.command != command) {
      continue;
    }
    if (rule.from == state) {
      return rule.to;
    }
    possible += possible.empty() ? "" : ", ";
    possible += state_text(rule.from);
  }
  return fail(Errc::kBusy,
              fmt::format("cannot {}: the printer is {}", command_name(command), state_text(state)),
              {}, fmt::format("possible in: {}", possible));
}

}  // namespace stepcast::printer
