// What OctoPrint offers about its own host: system commands, logs, language packs.
#include <array>
#include <chrono>
#include <string>

#include <fmt/format.h>

#include "stepcast/server/authentication.hpp"

#include "octoprint_json.hpp"
#include "octoprint_routes.hpp"
#include "system_command.hpp"

namespace stepcast::server::octoprint {
namespace {

constexpr std::chrono::seconds kCommandLimit{10};

struct KnownCommand {
  const char* action;
  const char* name;
  const char* question;
};
constexpr std::array kKnownCommands{
    KnownCommand{"shutdown", "Shutdown system", "You are about to shut down the system."},
    KnownCommand{"reboot", "Reboot system", "You are about to reboot the system."},
    KnownCommand{"restart", "Restart server", "You are about to restart the server."},
};

// Those that the configuration has: what is not configured is not listed.
Json core_commands(const Call& call) {
  Json list = Json::array();
  for (const KnownCommand& command : kKnownCommands) {
    if (call.site.system_commands.contains(command.action)) {
      list.push_back(
          {{"source", "core"},
           {"action", command.action},
           {"name", command.name},
           {"confirm", command.question},
           {"resource", fmt::format("{}/api/system/commands/core/{}", call.base, command.action)}});
    }
  }
  return list;
}

http::Response commands_of(Call& call) {
  return json_response({{"core", core_commands(call)}, {"custom", Json::array()}});
}

http::Response commands_of_source(Call& call) {
  const std::string& source = call.request.parameters["source"];
  if (source == "core") {
    return json_response(core_commands(call));
  }
  return source == "custom"
             ? json_response(Json::array())
             : error_response({Errc::kNotFound, "unknown source", {}, "core or custom"});
}

bool is_at_rest(printer::State state) {
  using printer::State;
  return state == State::kOperational || state == State::kOffline || state == State::kError;
}

http::Response run_command(Call& call) {
  const std::string& action = call.request.parameters["action"];
  const auto command = call.site.system_commands.find(action);
  if (call.request.parameters["source"] != "core" || command == call.site.system_commands.end()) {
    return error_response({Errc::kNotFound,
                           fmt::format("no such command is configured: '{}'", action),
                           {},
                           "see [system] in the server's configuration"});
  }
  // A print survives a restart of the server, but not of the machine that streams it.
  if (action != "restart") {
    for (const auto& runner : call.site.printers) {
      if (!is_at_rest(runner->status().state)) {
        return error_response({Errc::kBusy,
                               fmt::format("the printer '{}' is printing", runner->identity().id),
                               {},
                               "cancel the print or wait for its end"});
      }
    }
  }
  call.site.accounts.audit(principal(call.request), "system command", action);
  auto ran = run_system_command(command->second, kCommandLimit);
  return ran ? http::Response::empty() : error_response(ran.error());
}

// The daemon writes its log to where its service manager keeps it.
http::Response logs_of(Call& call) {
  const auto space = call.site.library.space();
  return json_response(
      {{"files", Json::array()}, {"free", space.free_bytes}, {"total", space.total_bytes}});
}

http::Response refuse_probe(Call& /*call*/) {
  // It would show strangers the inside of the network and the disk.
  return error_response(
      {Errc::kUnsupported, "the server tries no paths and addresses for its clients", {}, {}});
}

http::Response nothing_to_say(Call& /*call*/) {
  return json_response(Json::object());
}

}  // namespace

void add_system_routes(Mount& mount) {
  mount.get("/api/system/commands", "SYSTEM", commands_of);
  mount.get("/api/system/commands/{source}", "SYSTEM", commands_of_source);
  mount.post("/api/system/commands/{source}/{action}", "SYSTEM", run_command);

  mount.get("/plugin/logging/logs", "ADMIN", logs_of);
  mount.remove("/plugin/logging/logs/{file}", "ADMIN", [](Call& /*call*/) {
    return error_response({Errc::kNotFound, "there is no such log", {}, {}});
  });

  mount.get("/api/languages", "SETTINGS_READ", [](Call& /*call*/) {
    return json_response(
        {{"language_packs",
          {{"_core",
            {{"identifier", "_core"}, {"display", "Core"}, {"languages", Json::array({"en"})}}}}}});
  });
  mount.get("/api/slicing", "STATUS", nothing_to_say);
  mount.get("/api/util/test", "SETTINGS", nothing_to_say);
  mount.post("/api/util/test", "SETTINGS", refuse_probe);
  mount.get("/setup/wizard", "SETTINGS_READ", nothing_to_say);
  // There are no wizards, so none is left to be finished.
  mount.post("/setup/wizard", "SETTINGS", nothing_to_say);
}

}  // namespace stepcast::server::octoprint
