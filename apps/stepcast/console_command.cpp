#include <iostream>
#include <memory>
#include <string>

#include <fmt/format.h>
#include <unistd.h>

#include "stepcast/stream/console_client.hpp"
#include "stepcast/stream/endpoint.hpp"

#include "command.hpp"
#include "exit_status.hpp"
#include "terminal.hpp"

namespace stepcast::cli {
namespace {

constexpr const char* kHelp =
    "  init                    confirm the link, begin a session\n"
    "  jog <x|y|z|e> <+|-><n>  move one motor by n steps, e.g. jog x +1000\n"
    "  start                   execute what is streamed, once the buffer is full\n"
    "  stop                    slow down and hold; says where\n"
    "  exit                    end the session and leave\n"
    "  status                  state, executed ticks, positions, buffer\n"
    "  help                    this list\n";

int run(const std::string& device) {
  auto endpoint = stream::parse_endpoint(device);
  if (!endpoint) {
    report(endpoint.error());
    return kUsage;
  }
  auto client = stream::ConsoleClient::connect(*endpoint, {});
  if (!client) {
    return report(client.error());
  }
  const Terminal terminal(stdout);
  const bool person = isatty(STDIN_FILENO) != 0;
  if (person) {
    fmt::print("Connected to {}. Type help for the commands.\n", endpoint->to_string());
  }
  int status = kSuccess;
  std::string line;
  while ((person ? (void)(fmt::print("{}", terminal.accent("> ")), std::fflush(stdout)) : void()),
         std::getline(std::cin, line)) {
    if (line.empty()) {
      continue;
    }
    if (line == "help" || line == "?") {
      fmt::print("{}", kHelp);
      continue;
    }
    auto reply = client->command(line);
    if (!reply) {
      status = report(reply.error());
      if (reply.error().code == Errc::kInvalidArgument) {
        continue;
      }
      break;
    }
    const bool ok = reply->starts_with("ok");
    fmt::print("{}\n", ok ? *reply : terminal.bad(*reply));
    // A script learns from the exit status that a line of it was refused.
    status = ok ? status : static_cast<int>(kPrintFailed);
    if (ok && line.starts_with("exit")) {
      break;
    }
  }
  return status;
}

}  // namespace

void add_console_command(CLI::App& app, int& status) {
  auto* command = app.add_subcommand("console", "Talk to a device: init, jog, start, stop, exit");
  auto device = std::make_shared<std::string>("localhost:9000");
  command->add_option("-d,--device", *device, "The device")
      ->capture_default_str()
      ->type_name("HOST:PORT");
  command->footer(std::string("Commands:\n") + kHelp +
                  "Example:\n  printf 'init\\njog x +1000\\nexit\\n' | stepcast console");
  command->callback([device, &status] { status = run(*device); });
}

}  // namespace stepcast::cli
