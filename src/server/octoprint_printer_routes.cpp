#include <charconv>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "stepcast/octoprint/commands.hpp"

#include "octoprint_json.hpp"
#include "octoprint_routes.hpp"
#include "temperature_history.hpp"

namespace stepcast::server::octoprint {
namespace {

using printer::State;

// Ports and speeds are fictions for a streamed device; clients want to choose one all the same.
constexpr const char* kPort = "STEPCAST";
constexpr int kBaudRate = 115200;

bool is_gone(State state) {
  return state == State::kOffline || state == State::kError;
}

http::Response not_operational() {
  return error_response({Errc::kBusy, "Printer is not operational", {}, {}});
}

http::Response connection_of(Call& call) {
  const auto status = call.runner.status();
  const bool gone = is_gone(status.state);
  const std::string& id = call.runner.identity().id;
  return json_response(
      {{"current",
        {{"state", std::string(state_text(status.state))},
         {"port", gone ? Json(nullptr) : Json(kPort)},
         {"baudrate", gone ? Json(nullptr) : Json(kBaudRate)},
         {"printerProfile", id}}},
       {"options",
        {{"ports", {kPort}},
         {"baudrates", {kBaudRate}},
         {"printerProfiles", Json::array({{{"id", id}, {"name", call.runner.identity().title}}})},
         {"portPreference", kPort},
         {"baudratePreference", kBaudRate},
         {"printerProfilePreference", id},
         {"autoconnect", true}}}});
}

http::Response command_connection(Call& call) {
  const auto command = stepcast::octoprint::parse_connection_command(call.request.body);
  if (!command) {
    return error_response(command.error());
  }
  using What = stepcast::octoprint::ConnectionCommand::What;
  switch (command->what) {
    case What::kConnect:
      if (command->port && *command->port != kPort && *command->port != "AUTO") {
        return error_response({Errc::kInvalidArgument,
                               fmt::format("there is no port '{}'", *command->port),
                               {},
                               fmt::format("the port of this printer is {}", kPort)});
      }
      if (command->printer_profile && *command->printer_profile != call.runner.identity().id &&
          *command->printer_profile != kOwnProfile) {
        return error_response(
            {Errc::kInvalidArgument,
             fmt::format("there is no printer profile '{}'", *command->printer_profile),
             {},
             fmt::format("the profile of this printer is {}", call.runner.identity().id)});
      }
      return done(is_gone(call.runner.status().state) ? call.hand().connect() : Result<void>{});
    case What::kDisconnect:
      return done(call.hand().disconnect());
    case What::kFakeAck:
      return http::Response::empty();  // nothing here waits for an acknowledgement that got lost
  }
  return error_response({Errc::kUnsupported, "this command is not known", {}, {}});
}

// `history=true&limit=n` of a request; nullopt: not asked for.
std::optional<std::size_t> wanted_history(const http::Request& request) {
  const auto asked = request.find_query("history").value_or("");
  if (asked != "true" && asked != "yes" && asked != "y" && asked != "1") {
    return std::nullopt;
  }
  std::size_t most = TemperatureHistory::kAll;
  const auto limit = request.find_query("limit").value_or("");
  std::from_chars(limit.data(), limit.data() + limit.size(), most);
  return most;
}

http::Response printer_of(Call& call, const TemperatureHistory& history) {
  const auto status = call.runner.status();
  if (is_gone(status.state)) {
    return not_operational();
  }
  const std::string exclude(call.request.find_query("exclude").value_or(""));
  const std::string list = fmt::format(",{},", exclude);
  const auto wanted = [&](std::string_view part) {
    return list.find(fmt::format(",{},", part)) == std::string::npos;
  };
  Json object = Json::object();
  if (wanted("temperature")) {
    object["temperature"] = temperatures(status);
    // A client takes every key for a heater: no history unless it asks.
    if (const auto most = wanted_history(call.request)) {
      object["temperature"]["history"] = history.samples(call.runner.identity().id, *most);
    }
  }
  if (wanted("sd")) {
    object["sd"] = {{"ready", false}};
  }
  if (wanted("state")) {
    object["state"] = state_json(status);
  }
  return json_response(object);
}

// The heaters of one kind: tool0, tool1, ... or bed or chamber.
http::Response heaters_of(Call& call, std::string_view kind, const TemperatureHistory& history) {
  const auto status = call.runner.status();
  if (is_gone(status.state)) {
    return not_operational();
  }
  Json object = Json::object();
  const Json all = temperatures(status);
  for (const auto& [name, value] : all.items()) {
    if (name.rfind(kind, 0) == 0) {
      object[name] = value;
    }
  }
  if (const auto most = wanted_history(call.request)) {
    Json samples = history.samples(call.runner.identity().id, *most);
    for (Json& sample : samples) {
      for (const auto& [name, value] : all.items()) {
        if (name.rfind(kind, 0) != 0) {
          sample.erase(name);
        }
      }
    }
    object["history"] = std::move(samples);
  }
  return json_response(object);
}

http::Response not_while_printing() {
  return error_response({Errc::kBusy, "the printer is printing", {}, {}});
}

http::Response command_printhead(Call& call) {
  const auto command = stepcast::octoprint::parse_printhead_command(call.request.body);
  if (!command) {
    return error_response(command.error());
  }
  const State state = call.runner.status().state;
  if (is_gone(state)) {
    return not_operational();
  }
  if (const auto* rate = std::get_if<stepcast::octoprint::FeedRateCommand>(&*command)) {
    return done(call.hand().command(jobs::SetFeedRate{rate->factor}));
  }
  if (state != State::kOperational) {
    return not_while_printing();
  }
  if (const auto* jog = std::get_if<stepcast::octoprint::JogCommand>(&*command)) {
    return done(call.hand().command(
        jobs::Jog{.axes = jog->axes, .absolute = jog->absolute, .speed = jog->speed}));
  }
  const auto& home = std::get<stepcast::octoprint::HomeCommand>(*command);
  return done(call.hand().command(jobs::Home{home.axes}));
}

// kInvalidArgument for a tool and kBusy for the rest is what clients are told of a heater that is
// not there: 404 would be an address that is not there.
Result<void> check_heater(const printer::Status& status, const std::string& name, Errc code) {
  std::string known;
  for (const auto& [heater, state] : status.heaters) {
    if (heater == name) {
      return {};
    }
    known += (known.empty() ? "" : ", ") + heater;
  }
  // A printer that has told nothing yet is asked.
  return known.empty()
             ? Result<void>{}
             : fail(code, fmt::format("there is no heater '{}'", name), {}, "one of: " + known);
}

// All or none of them.
Result<void> set_targets(const Hand& hand, const printer::Status& status,
                         const std::map<std::string, Celsius>& targets) {
  for (const auto& [tool, target] : targets) {
    if (auto there = check_heater(status, tool, Errc::kInvalidArgument); !there) {
      return there;
    }
  }
  for (const auto& [heater, target] : targets) {
    if (auto set = hand.command(jobs::SetTarget{heater, target}); !set) {
      return set;
    }
  }
  return {};
}

// A printer keeps no offsets; that there is none may be said.
Result<void> set_offset(Celsius offset) {
  return offset.v == 0 ? Result<void>{}
                       : fail(Errc::kUnsupported, "temperature offsets are not supported", {},
                              "add the offset to the target");
}

// Carries out a command on the tools; one call for each kind.
struct ToolCommands {
  Hand hand;
  const printer::Status& status;

  http::Response operator()(const stepcast::octoprint::TargetsCommand& command) const {
    return done(set_targets(hand, status, command.targets));
  }
  http::Response operator()(const stepcast::octoprint::OffsetsCommand& command) const {
    for (const auto& [tool, offset] : command.offsets) {
      if (auto set = set_offset(offset); !set) {
        return error_response(set.error());
      }
    }
    return http::Response::empty();
  }
  http::Response operator()(const stepcast::octoprint::SelectToolCommand& command) const {
    return command.tool == "tool0"
               ? http::Response::empty()
               : error_response({Errc::kInvalidArgument,
                                 fmt::format("there is no tool '{}'", command.tool),
                                 {},
                                 "the only tool is tool0"});
  }
  http::Response operator()(const stepcast::octoprint::ExtrudeCommand& command) const {
    return status.state == State::kOperational
               ? done(hand.command(jobs::Extrude{command.amount, command.speed}))
               : not_while_printing();
  }
  http::Response operator()(const stepcast::octoprint::FlowCommand& command) const {
    return done(hand.command(jobs::SetFlow{command.factor}));
  }
};

http::Response command_tool(Call& call) {
  const auto command = stepcast::octoprint::parse_tool_command(call.request.body);
  if (!command) {
    return error_response(command.error());
  }
  const printer::Status status = call.runner.status();
  if (is_gone(status.state)) {
    return not_operational();
  }
  return std::visit(ToolCommands{call.hand(), status}, *command);
}

http::Response command_heater(Call& call, const std::string& heater) {
  const auto command = stepcast::octoprint::parse_heater_command(call.request.body);
  if (!command) {
    return error_response(command.error());
  }
  const printer::Status status = call.runner.status();
  if (is_gone(status.state)) {
    return not_operational();
  }
  if (auto there = check_heater(status, heater, Errc::kBusy); !there) {
    return error_response(there.error());
  }
  if (command->offset) {
    if (auto set = set_offset(*command->offset); !set) {
      return error_response(set.error());
    }
  }
  return command->target ? done(call.hand().command(jobs::SetTarget{heater, *command->target}))
                         : http::Response::empty();
}

http::Response send_gcode(Call& call) {
  const auto lines = stepcast::octoprint::parse_gcode_command(call.request.body);
  if (!lines) {
    return error_response(lines.error());
  }
  return is_gone(call.runner.status().state) ? not_operational()
                                             : done(call.hand().command(jobs::SendGcode{*lines}));
}

http::Response sd_of(Call& /*call*/) {
  return error_response({Errc::kNotFound, "SD support is disabled", {}, {}});
}

http::Response error_of(Call& call) {
  const auto status = call.runner.status();
  return json_response(
      {{"error", status.error}, {"reason", status.error.empty() ? "" : "firmware"}});
}

}  // namespace

void add_printer_routes(Mount& mount, const TemperatureHistory& history) {
  mount.get("/api/connection", "STATUS", connection_of);
  mount.post("/api/connection", "CONNECTION", command_connection);
  mount.get("/api/printer", "STATUS", [&history](Call& call) { return printer_of(call, history); });
  mount.get("/api/printer/error", "STATUS", error_of);
  mount.post("/api/printer/printhead", "CONTROL", command_printhead);
  mount.get("/api/printer/tool", "STATUS",
            [&history](Call& call) { return heaters_of(call, "tool", history); });
  mount.post("/api/printer/tool", "CONTROL", command_tool);
  for (const char* heater : {"bed", "chamber"}) {
    const std::string path = std::string("/api/printer/") + heater;
    mount.get(path, "STATUS",
              [heater, &history](Call& call) { return heaters_of(call, heater, history); });
    mount.post(path, "CONTROL", [heater](Call& call) { return command_heater(call, heater); });
  }
  mount.get("/api/printer/sd", "STATUS", sd_of);
  mount.post("/api/printer/sd", "CONTROL", sd_of);
  mount.post("/api/printer/command", "CONTROL", send_gcode);
  mount.get("/api/printer/command/custom", "STATUS", [](Call& /*call*/) {
    return json_response({{"controls", Json::array()}});
  });
}

}  // namespace stepcast::server::octoprint
