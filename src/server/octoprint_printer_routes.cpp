#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "octoprint_json.hpp"
#include "octoprint_routes.hpp"

namespace stepcast::server::octoprint {
namespace {

using printer::State;

constexpr double kSecondsPerMin = 60.0;
constexpr double kFactorIsPercentFrom = 10.0;  // a factor of 2 is 200 %, one of 90 is 90 %
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
  const std::string command = call.body.value("command", "");
  if (command == "connect") {
    if (call.body.contains("port") && call.body["port"].is_string() && call.body["port"] != kPort &&
        call.body["port"] != "AUTO") {
      return error_response(
          {Errc::kInvalidArgument,
           fmt::format("there is no port '{}'", call.body["port"].get<std::string>()),
           {},
           fmt::format("the port of this printer is {}", kPort)});
    }
    return done(is_gone(call.runner.status().state) ? call.runner.connect() : Result<void>{});
  }
  if (command == "disconnect") {
    return done(call.runner.printer().disconnect());
  }
  if (command == "fake_ack") {
    return http::Response::empty();
  }
  return error_response({Errc::kInvalidArgument,
                         fmt::format("unknown command '{}'", command),
                         {},
                         "connect, disconnect or fake_ack"});
}

http::Response printer_of(Call& call) {
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
http::Response heaters_of(Call& call, std::string_view kind) {
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
  return json_response(object);
}

// 0.9 and 90 both mean 90 %.
double factor_of(const Json& value) {
  const auto factor = value.get<double>();
  return factor >= kFactorIsPercentFrom ? factor / 100.0 : factor;
}

std::optional<Axis> axis_of(const std::string& name) {
  for (const Axis axis : {Axis::kX, Axis::kY, Axis::kZ}) {
    if (name == axis_name(axis)) {
      return axis;
    }
  }
  return std::nullopt;
}

Result<void> jog(Call& call) {
  printer::Printer::Jog jog;
  bool any = false;
  for (const Axis axis : {Axis::kX, Axis::kY, Axis::kZ}) {
    const std::string name(axis_name(axis));
    if (call.body.contains(name)) {
      jog.axes[axis] = Mm(call.body[name].get<double>());
      any = true;
    }
  }
  if (!any) {
    return fail(Errc::kInvalidArgument, "a jog needs x, y or z");
  }
  jog.absolute = call.body.value("absolute", false);
  if (call.body.contains("speed") && call.body["speed"].is_number()) {
    jog.speed = MmPerS(call.body["speed"].get<double>() / kSecondsPerMin);
  }
  return call.runner.printer().jog(jog);
}

Result<void> home(Call& call) {
  std::vector<Axis> axes;
  const Json names = call.body.value("axes", Json::array());
  for (const Json& name : names) {
    const auto axis = axis_of(name.get<std::string>());
    if (!axis) {
      return fail(Errc::kInvalidArgument,
                  fmt::format("there is no axis '{}'", name.get<std::string>()), {}, "x, y or z");
    }
    axes.push_back(*axis);
  }
  return call.runner.printer().home(axes);
}

bool is_busy(State state) {
  return state != State::kOperational;
}

http::Response command_printhead(Call& call) {
  const State state = call.runner.status().state;
  const std::string command = call.body.value("command", "");
  if (is_gone(state)) {
    return not_operational();
  }
  if (command == "feedrate") {
    return done(call.runner.printer().set_feed_rate(factor_of(call.body.at("factor"))));
  }
  if (command != "jog" && command != "home") {
    return error_response({Errc::kInvalidArgument,
                           fmt::format("unknown command '{}'", command),
                           {},
                           "jog, home or feedrate"});
  }
  if (is_busy(state)) {
    return error_response({Errc::kBusy, "the printer is printing", {}, {}});
  }
  return done(command == "jog" ? jog(call) : home(call));
}

Result<void> set_targets(Call& call, const Json& targets) {
  for (const auto& [heater, target] : targets.items()) {
    if (auto set = call.runner.printer().set_target(heater, Celsius{target.get<double>()}); !set) {
      return set;
    }
  }
  return {};
}

http::Response command_tool(Call& call) {
  const State state = call.runner.status().state;
  if (is_gone(state)) {
    return not_operational();
  }
  const std::string command = call.body.value("command", "");
  if (command == "target") {
    return done(set_targets(call, call.body.at("targets")));
  }
  if (command == "flowrate") {
    return done(call.runner.printer().set_flow(factor_of(call.body.at("factor"))));
  }
  if (command == "extrude") {
    if (is_busy(state)) {
      return error_response({Errc::kBusy, "the printer is printing", {}, {}});
    }
    std::optional<MmPerS> speed;
    if (call.body.contains("speed") && call.body["speed"].is_number()) {
      speed = MmPerS(call.body["speed"].get<double>() / kSecondsPerMin);
    }
    return done(call.runner.printer().extrude(Mm(call.body.at("amount").get<double>()), speed));
  }
  if (command == "select") {
    return call.body.value("tool", "") == "tool0"
               ? http::Response::empty()
               : error_response({Errc::kInvalidArgument, "the only tool is tool0", {}, {}});
  }
  if (command == "offset") {
    return error_response({Errc::kUnsupported, "temperature offsets are not supported", {}, {}});
  }
  return error_response({Errc::kInvalidArgument,
                         fmt::format("unknown command '{}'", command),
                         {},
                         "target, offset, select, extrude or flowrate"});
}

http::Response command_heater(Call& call, const std::string& heater) {
  if (is_gone(call.runner.status().state)) {
    return not_operational();
  }
  const std::string command = call.body.value("command", "");
  if (command == "target") {
    return done(set_targets(call, Json{{heater, call.body.at("target")}}));
  }
  if (command == "offset") {
    return error_response({Errc::kUnsupported, "temperature offsets are not supported", {}, {}});
  }
  return error_response({Errc::kInvalidArgument,
                         fmt::format("unknown command '{}'", command),
                         {},
                         "target or offset"});
}

http::Response send_gcode(Call& call) {
  if (is_gone(call.runner.status().state)) {
    return not_operational();
  }
  std::vector<std::string> lines;
  if (call.body.contains("command")) {
    lines.push_back(call.body["command"].get<std::string>());
  }
  const Json commands = call.body.value("commands", Json::array());
  for (const Json& line : commands) {
    lines.push_back(line.get<std::string>());
  }
  if (lines.empty()) {
    return error_response(
        {Errc::kInvalidArgument, "neither command nor commands is given", {}, {}});
  }
  return done(call.runner.printer().send_gcode(lines));
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

void add_printer_routes(Mount& mount) {
  mount.get("/api/connection", "STATUS", connection_of);
  mount.post("/api/connection", "CONNECTION", command_connection);
  mount.get("/api/printer", "STATUS", printer_of);
  mount.get("/api/printer/error", "STATUS", error_of);
  mount.post("/api/printer/printhead", "CONTROL", command_printhead);
  mount.get("/api/printer/tool", "STATUS", [](Call& call) { return heaters_of(call, "tool"); });
  mount.post("/api/printer/tool", "CONTROL", command_tool);
  for (const char* heater : {"bed", "chamber"}) {
    const std::string path = std::string("/api/printer/") + heater;
    mount.get(path, "STATUS", [heater](Call& call) { return heaters_of(call, heater); });
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
