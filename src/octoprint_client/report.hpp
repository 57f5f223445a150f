#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "stepcast/base/axis.hpp"
#include "stepcast/base/result.hpp"
#include "stepcast/base/units.hpp"
#include "stepcast/printer/printer.hpp"

namespace stepcast::octoprint_client {

/// What OctoPrint tells about its printer at one moment.
struct Report {
  printer::State state = printer::State::kOffline;
  bool connecting = false;      ///< OctoPrint looks for its printer; the state is kOffline.
  std::string error;            ///< In kError and kOffline.
  std::string path;             ///< Of the file that is selected, below `local`; empty: none.
  std::optional<double> share;  ///< Of the file. Absent: it is not being printed.
  std::int64_t file_position{};
  Seconds elapsed{};
  std::optional<Seconds> left;
  std::optional<std::map<std::string, printer::Heater>> heaters;
  std::optional<Mm> z;
  std::vector<std::string> log;
};

/// OctoPrint entered a state.
struct StateEvent {
  printer::State state{};
};
/// A print ended; its state follows.
struct EndEvent {
  std::string path;
  printer::PrintResult::Outcome outcome{};
  std::string reason;
  std::optional<Seconds> duration;
};
struct PositionEvent {
  PerAxis<std::optional<Mm>> position;
};
/// OctoPrint no longer takes the session for logged in.
struct LoginEvent {};

using Message =
    std::variant<std::monostate, Report, StateEvent, EndEvent, PositionEvent, LoginEvent>;

/// One message of the push socket; monostate if it tells nothing of the printer.
/// @returns kMalformed.
[[nodiscard]] Result<Message> parse_message(std::string_view text);

/// The answers to `/api/job` and `/api/printer`; the latter is empty when OctoPrint refuses it
/// because it has no printer.
/// @returns kMalformed.
[[nodiscard]] Result<Report> parse_report(std::string_view job, std::string_view printer);

struct KnownState {
  printer::State state{};
  bool connecting = false;
};
/// Of OctoPrint's text, such as "Printing from SD"; kError for texts that nobody knows.
[[nodiscard]] KnownState state_of_text(std::string_view text);

/// From the answer to `/api/login`: the message that logs in on the push socket.
/// @returns kMalformed.
[[nodiscard]] Result<std::string> parse_login(std::string_view login);

/// The state text of `/api/connection`. @returns kMalformed.
[[nodiscard]] Result<std::string> parse_connection(std::string_view connection);

/// Where the current profile of `/api/printerprofiles` lets the tool go.
struct Volume {
  PerAxis<Mm> least;
  PerAxis<Mm> most;
};
/// @returns kMalformed.
[[nodiscard]] Result<Volume> parse_volume(std::string_view profiles);

/// The path of a file that has been uploaded. @returns kMalformed.
[[nodiscard]] Result<std::string> parse_upload(std::string_view answer);

/// What OctoPrint says against a request: the `error` of its JSON, else the beginning of `body`.
[[nodiscard]] std::string refusal_of(std::string_view body);

}  // namespace stepcast::octoprint_client
