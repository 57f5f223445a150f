#include <cerrno>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>

#include <fmt/format.h>
#include <unistd.h>

#include "command.hpp"
#include "exit_status.hpp"

namespace stepcast::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kServer = "stepcastd";

// Beside this program, as it is installed, or in the folder beside its folder, as it is built; else
// wherever the shell would find it.
std::string server_program() {
  std::error_code code;
  const fs::path here = fs::read_symlink("/proc/self/exe", code).parent_path();
  for (const fs::path& program : {here / kServer, here.parent_path() / kServer / kServer}) {
    if (!code && fs::is_regular_file(program, code)) {
      return program.string();
    }
    code.clear();
  }
  return kServer;
}

// Returns only if the server's program is not there.
int hand_over(char** argv) {
  std::string program = server_program();
  argv[0] = program.data();
  ::execvp(program.c_str(), argv);
  return report({Errc::kNotFound,
                 fmt::format("cannot be run: {}", std::generic_category().message(errno)), program,
                 "install the server, whose command this is, or put its folder into PATH"});
}

}  // namespace

// Declared here so that help, completion and wrong command lines are this program's.
void add_server_commands(CLI::App& app, int& status, char** argv) {
  struct Values {
    std::string config;
    std::string data;
    std::string folder;
    bool json = false;
  };
  auto values = std::make_shared<Values>();
  const auto add = [&](const char* name, const char* what) {
    auto* command = app.add_subcommand(name, what);
    command->add_option("--data", values->data, "Data folder of stepcastd, if not its usual one")
        ->type_name("DIR");
    command->callback([values, argv, &status] { status = hand_over(argv); });
    return command;
  };
  const auto add_config = [&](CLI::App* command) {
    command->add_option("--config", values->config, "Configuration of stepcastd, TOML")
        ->type_name("FILE");
  };
  auto* doctor = add("doctor", "Check a configuration of stepcastd, and this machine");
  add_config(doctor);
  doctor->add_flag("--json", values->json, "For programs");
  doctor->footer("Changes nothing. Exit status 0: nothing failed; warnings may remain.");
  auto* backup = add("backup", "Copy what stepcastd keeps, also while it runs");
  backup->add_option("folder", values->folder, "Where to; must not exist")->required();
  add_config(backup);
  auto* restore = add("restore", "Make a new data folder of stepcastd from a backup");
  restore->add_option("folder", values->folder, "What `backup` made")->required();
}

}  // namespace stepcast::cli
