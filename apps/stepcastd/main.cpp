#include <csignal>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include "backup.hpp"
#include "daemon.hpp"
#include "daemon_config.hpp"
#include "demo.hpp"
#include "doctor.hpp"
#include "exit_status.hpp"
#include "sample_part.hpp"

namespace stepcast::daemon {
namespace {

constexpr int kCannotStart = 1;
// A few minutes of motion in some ten seconds: long enough to watch, short enough to wait for.
constexpr std::uint32_t kDemoSpeed = 20;

int report(const Error& error, int status = kCannotStart) {
  fmt::print(stderr, "stepcastd: {}\n", error.to_string());
  return status;
}

int serve(int argc, char** argv) {
  CLI::App app(
      "Serves printers to slicers, apps and people: the interface of OctoPrint over HTTP.");
  app.set_version_flag("--version", std::string("stepcastd ") + STEPCAST_VERSION);
  std::string config_file;
  std::string data = default_data_folder().string();
  std::optional<std::uint16_t> port;
  app.add_option("--config", config_file, "Configuration, TOML; without it one virtual TAZ 6 runs")
      ->type_name("FILE");
  app.add_option("--data", data, "Where files and the database are kept")
      ->type_name("DIR")
      ->capture_default_str();
  app.add_option("--port", port, "Listen here instead of the configuration's port; 0: any")
      ->type_name("N");
  bool demo = false;
  std::string demo_file;
  app.add_flag("--demo", demo, "Print a part on the first printer at once, the sample or --part");
  app.add_option("--part", demo_file, "What the demo prints, G-code")
      ->type_name("FILE")
      ->check(CLI::ExistingFile.description(""))
      ->needs("--demo");
  app.footer(
      "The server listens on this machine alone until the configuration says otherwise. At the "
      "first\n"
      "start it prints an address where the administrator is made.");
  app.fallthrough();  // the options may follow the command
  std::string backup_folder;
  auto* backup = app.add_subcommand("backup", "Copy the data folder, also while the server runs");
  backup->add_option("folder", backup_folder, "Where to; must not exist")->required();
  auto* restoring = app.add_subcommand("restore", "Make a new data folder from a backup");
  restoring->add_option("folder", backup_folder, "What `backup` made")->required();
  bool json = false;
  auto* doctor = app.add_subcommand("doctor", "Check the configuration and this machine");
  doctor->add_flag("--json", json, "For programs");
  doctor->footer("Changes nothing. Exit status 0: nothing failed; warnings may remain.");
  CLI11_PARSE(app, argc, argv);
  if (restoring->parsed()) {
    const auto restored = restore(backup_folder, data);
    return restored ? 0 : report(restored.error(), cli::status_of(restored.error().code));
  }
  if (doctor->parsed()) {
    return run_doctor({.config = config_file, .data = data, .json = json});
  }

  auto config = config_file.empty() ? Result<Config>(default_config()) : load_config(config_file);
  if (!config) {
    return report(config.error());
  }
  if (backup->parsed()) {
    const auto saved = back_up(*config, data, backup_folder);
    return saved ? 0 : report(saved.error(), cli::status_of(saved.error().code));
  }
  if (port) {
    config->port = *port;
  }
  std::filesystem::path part = demo_file;
  // The bar of the demo tells what the log would. In any case the log is made before threads are.
  spdlog::set_level(demo ? spdlog::level::warn : spdlog::level::info);
  if (demo) {
    if (config_file.empty()) {
      config->printers.front().speed = kDemoSpeed;
    }
    if (part.empty()) {
      part = cli::sample_part();
    }
    if (part.empty()) {
      return report({Errc::kNotFound, "the sample part is not beside the program", "nut.gcode",
                     "name a G-code file with --part"});
    }
  }
  // Waited for by one thread; none of the others is interrupted.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::stop_source stop;
  std::thread waiter([&] {
    int signal = 0;
    sigwait(&signals, &signal);
    stop.request_stop();
  });
  const auto ran = run(*config, data, part, stop.get_token());
  if (!ran) {
    kill(getpid(), SIGTERM);  // for the waiter: everybody else blocks it
  }
  waiter.join();
  return ran ? 0 : report(ran.error());
}

}  // namespace
}  // namespace stepcast::daemon

int main(int argc, char** argv) {
  try {
    return stepcast::daemon::serve(argc, argv);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "stepcastd: %s\n", e.what());
    return 1;
  }
}
