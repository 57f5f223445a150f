#include <cstdio>
#include <exception>

#include <CLI/CLI.hpp>

#include "command.hpp"
#include "exit_status.hpp"

namespace stepcast::cli {
namespace {

int run(int argc, char** argv) {
  CLI::App app{
      "Stepcast plans a print, streams its motor steps to a device, and shows what happened."};
  app.name("stepcast");
  app.set_version_flag("--version", "stepcast " STEPCAST_VERSION);
  app.require_subcommand(1);
  app.footer(
      "First steps:\n"
      "  stepcast demo                          print a small part on a virtual printer\n"
      "  stepcast plan FILE                     how long will it take?\n"
      "  stepcast device                        start a virtual printer on this machine\n"
      "  stepcast print FILE --device HOST:PORT print on it\n"
      "Exit status: 0 done, 2 command line, 3 bad input, 4 device, 5 print failed, 6 file, "
      "130 stopped.");

  int status = kSuccess;
  add_plan_command(app, status);
  add_simulate_command(app, status);
  add_print_command(app, status);
  add_device_command(app, status);
  add_console_command(app, status);
  add_printers_command(app, status);
  add_detect_command(app, status);
  add_predict_command(app, status);
  add_serve_predict_command(app, status);
  add_hear_command(app, status);
  add_dataset_command(app, status);
  add_models_command(app, status);
  add_server_commands(app, status, argv);
  add_demo_command(app, status);
  add_completion_command(app, status);
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
    std::fprintf(stderr, "stepcast: internal error: %s\n", error.what());
    return stepcast::cli::kPrintFailed;
  }
}
