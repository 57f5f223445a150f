#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "stepcast/base/axis.hpp"
#include "stepcast/base/result.hpp"
#include "stepcast/base/units.hpp"

namespace stepcast::octoprint {

// The bodies of commands. Each reader returns kMalformed for what is not a JSON object, a value
// that is missing or of another type than the interface has; kInvalidArgument for words that it
// does not know, with those that it knows as the remedy. Unknown keys are passed over: clients of
// later versions send more. Limits of values are the printer's to say.

/// POST /api/job
enum class JobCommand { kStart, kCancel, kRestart, kPause, kResume, kToggle };
[[nodiscard]] Result<JobCommand> parse_job_command(std::string_view body);

/// POST /api/connection. Keys are compared without case: clients write `printerprofile`.
struct ConnectionCommand {
  enum class What { kConnect, kDisconnect, kFakeAck } what{};
  std::optional<std::string> port;
  std::optional<std::string> printer_profile;
};
[[nodiscard]] Result<ConnectionCommand> parse_connection_command(std::string_view body);

/// POST /api/printer/printhead
struct JogCommand {
  PerAxis<std::optional<Mm>> axes;  ///< At least one of x, y and z.
  bool absolute = false;
  std::optional<MmPerS> speed;
};
struct HomeCommand {
  std::vector<Axis> axes;  ///< Empty: all.
};
struct FeedRateCommand {
  double factor{};  ///< 1: as planned. 110 and 1.1 are the same to clients.
};
using PrintheadCommand = std::variant<JogCommand, HomeCommand, FeedRateCommand>;
[[nodiscard]] Result<PrintheadCommand> parse_printhead_command(std::string_view body);

/// POST /api/printer/tool
struct TargetsCommand {
  std::map<std::string, Celsius> targets;  ///< By heater.
};
struct OffsetsCommand {
  std::map<std::string, Celsius> offsets;
};
struct SelectToolCommand {
  std::string tool;
};
struct ExtrudeCommand {
  Mm amount{};  ///< Negative: back.
  std::optional<MmPerS> speed;
};
struct FlowCommand {
  double factor{};  ///< As FeedRateCommand.
};
using ToolCommand =
    std::variant<TargetsCommand, OffsetsCommand, SelectToolCommand, ExtrudeCommand, FlowCommand>;
[[nodiscard]] Result<ToolCommand> parse_tool_command(std::string_view body);

/// POST /api/printer/bed and /chamber. One client sends both at once.
struct HeaterCommand {
  std::optional<Celsius> target;
  std::optional<Celsius> offset;
};
[[nodiscard]] Result<HeaterCommand> parse_heater_command(std::string_view body);

/// POST /api/printer/command: lines of G-code, at least one.
[[nodiscard]] Result<std::vector<std::string>> parse_gcode_command(std::string_view body);

/// POST /api/files/local/PATH
struct SelectFileCommand {
  bool print = false;
};
struct UnselectFileCommand {};
struct AnalyseFileCommand {};
struct CopyFileCommand {
  std::string destination;
};
struct MoveFileCommand {
  std::string destination;
};
using FileCommand = std::variant<SelectFileCommand, UnselectFileCommand, AnalyseFileCommand,
                                 CopyFileCommand, MoveFileCommand>;
[[nodiscard]] Result<FileCommand> parse_file_command(std::string_view body);

}  // namespace stepcast::octoprint
