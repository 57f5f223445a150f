#include <cstdio>
#include <exception>

#include <CLI/CLI.hpp>

#include "command.hpp"
#include "exit_status.hpp"

namespace stepcast::cli {
namespace {

int run(int argc, char** argv) {
  CLI::App app{"Trains the models that judge pictures and sound, and says how good they are."};
  app.name("stepcast-train");
  app.set_version_flag("--version", "stepcast-train " STEPCAST_VERSION);
  app.require_subcommand(1);
#ifdef STEPCAST_WITH_TRAINING
  constexpr const char* kMissing = "";
#else
  constexpr const char* kMissing =
      "Networks for pictures need LibTorch, which was not there when this program was built:\n"
      "scripts/install_dependencies.sh train installs it.\n";
#endif
  app.footer(std::string(kMissing) + "Exit status: 0 done, 2 command line, 3 bad input, 6 file.");
  int status = kSuccess;
  add_train_hear_command(app, status);
#ifdef STEPCAST_WITH_TRAINING
  std::string command = "stepcast-train";
  for (int i = 1; i < argc; ++i) {
    command += std::string(" ") + argv[i];
  }
  add_train_detector_command(app, status, command);
  add_train_classifier_command(app, status, command);
#endif
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kSuccess : kUsage;
  }
  return status;
}

}  // namespace
}  // namespace stepcast::cli

int main(int argc, char** argv) {
  try {
    return stepcast::cli::run(argc, argv);
  } catch (const std::exception& error) {
    // Everything a user can cause comes back as a Result; this is memory, or a mistake of ours.
    std::fprintf(stderr, "stepcast-train: internal error: %s\n", error.what());
    return stepcast::cli::kPrintFailed;
  }
}
