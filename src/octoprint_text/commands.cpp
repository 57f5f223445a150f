#include "stepcast/octoprint/commands.hpp"

#include <utility>

#include "body.hpp"

namespace stepcast::octoprint {
namespace {

using nlohmann::json;

constexpr double kSecondsPerMin = 60.0;
constexpr double kPercent = 100.0;
// A factor of 2 is 200 %, one of 90 is 90 %: no printer goes at ten times its speed or at 9 %.
constexpr double kFactorIsPercentFrom = 10.0;

struct Named {
  Body body;
  std::string command;
};

Result<Named> parse_named(std::string_view text) {
  auto body = Body::parse(text);
  if (!body) {
    return tl::unexpected(body.error());
  }
  auto command = body->needed_text("command");
  if (!command) {
    return tl::unexpected(command.error());
  }
  return Named{std::move(*body), std::move(*command)};
}

Result<double> factor_of(const Body& body) {
  return body.needed_number("factor").map(
      [](double factor) { return factor >= kFactorIsPercentFrom ? factor / kPercent : factor; });
}

// Speeds come in mm/min.
Result<std::optional<MmPerS>> speed_of(const Body& body) {
  // Some clients send `true` for "the usual speed".
  if (const json* const value = body.find("speed"); value != nullptr && value->is_boolean()) {
    return std::optional<MmPerS>();
  }
  return body.number("speed").map([](std::optional<double> speed) {
    return speed ? std::optional(MmPerS(*speed / kSecondsPerMin)) : std::nullopt;
  });
}

Result<PrintheadCommand> parse_jog(const Body& body) {
  JogCommand jog;
  bool any = false;
  for (const Axis axis : {Axis::kX, Axis::kY, Axis::kZ}) {
    const auto distance = body.number(axis_name(axis));
    if (!distance) {
      return tl::unexpected(distance.error());
    }
    if (*distance) {
      jog.axes[axis] = Mm(**distance);
      any = true;
    }
  }
  if (!any) {
    return fail(Errc::kInvalidArgument, "a jog needs x, y or z");
  }
  const auto absolute = body.flag("absolute", false);
  const auto speed = speed_of(body);
  if (!absolute || !speed) {
    return tl::unexpected(!absolute ? absolute.error() : speed.error());
  }
  jog.absolute = *absolute;
  jog.speed = *speed;
  return PrintheadCommand(jog);
}

std::optional<Axis> axis_of(const json& name) {
  for (const Axis axis : {Axis::kX, Axis::kY, Axis::kZ}) {
    if (name.is_string() && name.get_ref<const std::string&>() == axis_name(axis)) {
      return axis;
    }
  }
  return std::nullopt;
}

Result<PrintheadCommand> parse_home(const Body& body) {
  HomeCommand home;
  if (const json* const axes = body.find("axes")) {
    if (!axes->is_array()) {
      return wrong_type("axes", "list");
    }
    for (const json& name : *axes) {
      const auto axis = axis_of(name);
      if (!axis) {
        return fail(Errc::kInvalidArgument, "'axes' has something that is no axis", {},
                    "x, y or z");
      }
      home.axes.push_back(*axis);
    }
  }
  return PrintheadCommand(std::move(home));
}

Result<std::map<std::string, Celsius>> temperatures_of(const Body& body, std::string_view name) {
  const json* const object = body.find(name);
  if (object == nullptr || !object->is_object()) {
    return wrong_type(name, "object");
  }
  std::map<std::string, Celsius> temperatures;
  for (const auto& [tool, value] : object->items()) {
    const auto temperature = number_in(value);
    if (!temperature) {
      return wrong_type(tool, "number");
    }
    temperatures.emplace(tool, Celsius{*temperature});
  }
  return temperatures;
}

Result<ToolCommand> parse_extrude(const Body& body) {
  const auto amount = body.needed_number("amount");
  const auto speed = speed_of(body);
  if (!amount || !speed) {
    return tl::unexpected(!amount ? amount.error() : speed.error());
  }
  return ToolCommand(ExtrudeCommand{.amount = Mm(*amount), .speed = *speed});
}

}  // namespace

Result<JobCommand> parse_job_command(std::string_view text) {
  const auto named = parse_named(text);
  if (!named) {
    return tl::unexpected(named.error());
  }
  const auto& [body, command] = *named;
  if (command == "start") {
    return JobCommand::kStart;
  }
  if (command == "cancel") {
    return JobCommand::kCancel;
  }
  if (command == "restart") {
    return JobCommand::kRestart;
  }
  if (command != "pause") {
    return unknown_word("command", command, "start, cancel, restart or pause");
  }
  const auto action = body.text("action");
  if (!action) {
    return tl::unexpected(action.error());
  }
  const std::string word = action->value_or("toggle");
  if (word == "pause") {
    return JobCommand::kPause;
  }
  if (word == "resume") {
    return JobCommand::kResume;
  }
  if (word == "toggle") {
    return JobCommand::kToggle;
  }
  return unknown_word("action", word, "pause, resume or toggle");
}

Result<ConnectionCommand> parse_connection_command(std::string_view text) {
  const auto named = parse_named(text);
  if (!named) {
    return tl::unexpected(named.error());
  }
  const auto& [body, command] = *named;
  using What = ConnectionCommand::What;
  ConnectionCommand connection;
  if (command == "connect") {
    connection.what = What::kConnect;
  } else if (command == "disconnect") {
    connection.what = What::kDisconnect;
  } else if (command == "fake_ack") {
    connection.what = What::kFakeAck;
  } else {
    return unknown_word("command", command, "connect, disconnect or fake_ack");
  }
  auto port = body.text("port");
  auto profile = body.text("printerProfile");
  if (!port || !profile) {
    return tl::unexpected(!port ? port.error() : profile.error());
  }
  connection.port = std::move(*port);
  connection.printer_profile = std::move(*profile);
  return connection;
}

Result<PrintheadCommand> parse_printhead_command(std::string_view text) {
  const auto named = parse_named(text);
  if (!named) {
    return tl::unexpected(named.error());
  }
  const auto& [body, command] = *named;
  if (command == "jog") {
    return parse_jog(body);
  }
  if (command == "home") {
    return parse_home(body);
  }
  if (command == "feedrate") {
    return factor_of(body).map(
        [](double factor) -> PrintheadCommand { return FeedRateCommand{factor}; });
  }
  return unknown_word("command", command, "jog, home or feedrate");
}

Result<ToolCommand> parse_tool_command(std::string_view text) {
  const auto named = parse_named(text);
  if (!named) {
    return tl::unexpected(named.error());
  }
  const auto& [body, command] = *named;
  if (command == "target") {
    return temperatures_of(body, "targets").map([](auto&& targets) -> ToolCommand {
      return TargetsCommand{std::forward<decltype(targets)>(targets)};
    });
  }
  if (command == "offset") {
    return temperatures_of(body, "offsets").map([](auto&& offsets) -> ToolCommand {
      return OffsetsCommand{std::forward<decltype(offsets)>(offsets)};
    });
  }
  if (command == "select") {
    return body.needed_text("tool").map(
        [](std::string tool) -> ToolCommand { return SelectToolCommand{std::move(tool)}; });
  }
  if (command == "extrude") {
    return parse_extrude(body);
  }
  if (command == "flowrate") {
    return factor_of(body).map([](double factor) -> ToolCommand { return FlowCommand{factor}; });
  }
  return unknown_word("command", command, "target, offset, select, extrude or flowrate");
}

Result<HeaterCommand> parse_heater_command(std::string_view text) {
  const auto named = parse_named(text);
  if (!named) {
    return tl::unexpected(named.error());
  }
  const auto& [body, command] = *named;
  if (command != "target" && command != "offset") {
    return unknown_word("command", command, "target or offset");
  }
  const auto target = body.number("target");
  const auto offset = body.number("offset");
  if (!target || !offset) {
    return tl::unexpected(!target ? target.error() : offset.error());
  }
  if (!(command == "target" ? *target : *offset)) {
    return wrong_type(command, "number");
  }
  HeaterCommand heater;
  if (*target) {
    heater.target = Celsius{**target};
  }
  if (*offset) {
    heater.offset = Celsius{**offset};
  }
  return heater;
}

Result<std::vector<std::string>> parse_gcode_command(std::string_view text) {
  const auto body = Body::parse(text);
  if (!body) {
    return tl::unexpected(body.error());
  }
  std::vector<std::string> lines;
  auto command = body->text("command");
  if (!command) {
    return tl::unexpected(command.error());
  }
  if (*command) {
    lines.push_back(std::move(**command));
  }
  if (const json* const commands = body->find("commands")) {
    if (!commands->is_array()) {
      return wrong_type("commands", "list");
    }
    for (const json& line : *commands) {
      if (!line.is_string()) {
        return wrong_type("commands", "list of texts");
      }
      lines.push_back(line.get<std::string>());
    }
  }
  if (body->find("script") != nullptr) {
    return fail(Errc::kUnsupported, "there are no G-code scripts on this server", {},
                "send the lines as commands");
  }
  if (lines.empty()) {
    return fail(Errc::kInvalidArgument, "neither command nor commands is given");
  }
  return lines;
}

Result<FileCommand> parse_file_command(std::string_view text) {
  const auto named = parse_named(text);
  if (!named) {
    return tl::unexpected(named.error());
  }
  const auto& [body, command] = *named;
  if (command == "select") {
    return body.flag("print", false).map([](bool print) -> FileCommand {
      return SelectFileCommand{print};
    });
  }
  if (command == "unselect") {
    return FileCommand(UnselectFileCommand{});
  }
  if (command == "analyse") {
    return FileCommand(AnalyseFileCommand{});
  }
  if (command == "slice") {
    return fail(Errc::kUnsupported, "there is no slicer on this server", {},
                "upload what a slicer has exported");
  }
  if (command != "copy" && command != "move") {
    return unknown_word("command", command, "select, unselect, copy, move or analyse");
  }
  auto destination = body.needed_text("destination");
  if (!destination) {
    return tl::unexpected(destination.error());
  }
  return command == "copy" ? FileCommand(CopyFileCommand{std::move(*destination)})
                           : FileCommand(MoveFileCommand{std::move(*destination)});
}

}  // namespace stepcast::octoprint
