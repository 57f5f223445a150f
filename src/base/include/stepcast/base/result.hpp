#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include <tl/expected.hpp>

namespace stepcast {

/// What kind of thing went wrong; programs turn it into an exit status.
enum class Errc : std::uint8_t {
  kInvalidArgument,  ///< An option or a configuration value.
  kNotFound,         ///< A file, a printer, a planner of that name.
  kMalformed,        ///< Text or bytes that do not parse.
  kOutOfRange,       ///< A value that parses but lies outside a limit of the machine.
  kUnsupported,      ///< Well-formed, but this build or this machine cannot do it.
  kIo,               ///< Reading or writing a file failed.
  kNetwork,          ///< The peer is not there, went away, or does not answer.
  kProtocol,         ///< The peer speaks another protocol or another version.
  kBusy,             ///< The device serves somebody else, or is in another state.
  kFault,            ///< The device or the print stopped with a fault.
  kInterrupted,      ///< The user asked to stop.
  kDenied,           ///< Who asks is not known, or may not.
  kFull,             ///< A disk, a quota or a queue has no room.
};

/// One problem, for a person: what is wrong with which value, where, and what to do about it.
struct Error {
  Errc code{};
  std::string message;   ///< Names the quantity, the value and the limit.
  std::string location;  ///< "cube.gcode:12:7" or "taz6.toml: axes.x.max_speed_mm_s"; may be empty.
  std::string remedy;    ///< What the user can do; may be empty.

  /// "location: message (remedy)".
  [[nodiscard]] std::string to_string() const;
};

/// The value, or why there is none. One alias, so that a later change of type is one line
/// (docs/decisions/0001-error-type.md).
template <class T>
using Result = tl::expected<T, Error>;

/// `return fail(Errc::kIo, "...")` from any function that returns a Result.
[[nodiscard]] inline tl::unexpected<Error> fail(Errc code, std::string message,
                                                std::string location = {},
                                                std::string remedy = {}) {
  return tl::unexpected<Error>(
      Error{code, std::move(message), std::move(location), std::move(remedy)});
}

}  // namespace stepcast
