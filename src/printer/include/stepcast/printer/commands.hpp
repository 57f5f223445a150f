#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "stepcast/base/result.hpp"
#include "stepcast/printer/printer.hpp"

namespace stepcast::printer {

/// What a user asks of a printer, as far as its state decides about it.
enum class Command : std::uint8_t {
  kConnect,
  kDisconnect,
  kStart,
  kPause,
  kResume,
  kCancel,
  kMove,    ///< Jog or home.
  kChange,  ///< Speed, flow or Z offset.
  kCancelObject,
};
inline constexpr std::size_t kCommandCount = 9;

/// "connect", "disconnect", "start", "pause", "resume", "cancel", "move", "change the
/// print", "cancel an object".
[[nodiscard]] std::string_view command_name(Command command);

/// The state that an accepted command leads to at once; one table for all back ends, so that they
/// refuse alike. What the machine does next leads on from there.
/// @returns kBusy, naming the state and those in which the command is possible.
[[nodiscard]] Result<State> state_after(State state, Command command);

}  // namespace stepcast::printer
