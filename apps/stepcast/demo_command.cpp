#include <filesystem>
#include <memory>
#include <thread>

#include <fmt/format.h>

#include "stepcast/control/job_plan.hpp"
#include "stepcast/device/linux_device.hpp"

#include "command.hpp"
#include "controller_options.hpp"
#include "exit_status.hpp"
#include "format.hpp"
#include "heat_config_of.hpp"
#include "interrupt.hpp"
#include "print_job.hpp"
#include "process_usage.hpp"
#include "sample_part.hpp"
#include "speed_option.hpp"
#include "terminal.hpp"

namespace stepcast::cli {
namespace {
namespace fs = std::filesystem;

// A few minutes of motion in some ten seconds: long enough to watch, short enough to wait for.
constexpr std::uint32_t kDemoSpeed = 20;

struct DemoOptions {
  ControllerOptions controller;
  std::uint32_t speed = kDemoSpeed;
};

// How to call this program again from here.
std::string program_name() {
  std::error_code unknown;
  const fs::path program = fs::read_symlink("/proc/self/exe", unknown);
  const fs::path here = fs::relative(program, fs::current_path(unknown), unknown);
  const bool below = !unknown && !here.empty() && !here.string().starts_with("..");
  return below ? here.string() : program.string();
}

int run(DemoOptions options) {
  const Interrupt interrupt;
  const Terminal terminal(stdout);
  if (options.controller.file.empty()) {
    options.controller.file = sample_part();
    if (options.controller.file.empty()) {
      return report({Errc::kNotFound, "the sample part is not beside the program", "nut.gcode",
                     "name a G-code file: stepcast demo FILE"});
    }
  }
  auto resolved = options.controller.resolve();
  if (!resolved) {
    return report(resolved.error());
  }
  const machine::Profile& profile = resolved->profile;
  const Seconds before = cpu_time();
  resolved->choice.toolpath.nozzle_at_start = Celsius{0};
  auto plan = control::plan_job(options.controller.file, profile, resolved->choice);
  if (!plan) {
    return report(plan.error());
  }
  const Seconds cpu = cpu_time() - before;
  fmt::print("{} {} for {}: {}, {} layers, {} of filament; planned in {:.2f} s\n",
             terminal.strong("Plan"), plan->file.filename().string(), profile.title,
             duration_text(plan->print_time), grouped(plan->toolpath.layers),
             length_text(plan->toolpath.filament), cpu.v);
  for (const std::string& warning : plan->warnings) {
    fmt::print("  {} {}\n", terminal.warn("note:"), warning);
  }

  device::LinuxDevice::Options settings;
  settings.core.tick_hz = static_cast<std::uint32_t>(profile.tick_rate.v);
  settings.core.heat = heat_config_of(profile);
  auto device = device::LinuxDevice::open(settings);
  if (!device) {
    return report(device.error());
  }
  const std::uint16_t port = (*device)->port();
  std::jthread machine([&](const std::stop_token& stop) { (*device)->run(stop); });
  fmt::print(
      "{} a virtual {} with simulated heaters listens on 127.0.0.1:{}; streaming every step, {}\n",
      terminal.strong("Print"), profile.title, port,
      options.speed == 0 ? std::string("as fast as it goes")
                         : fmt::format("{} times as fast as real time", options.speed));
  std::fflush(stdout);
  const stream::Endpoint endpoint{.host = "127.0.0.1", .port = port};
  auto outcome = print_job(*plan, profile, ask_device(endpoint, profile),
                           {.device = endpoint, .speed = options.speed}, interrupt.token());
  if (!outcome) {
    return report(outcome.error());
  }
  print_outcome(*outcome, *plan, profile);
  const std::string self = program_name();
  fmt::print("\n{}\n", terminal.strong("Next"));
  const std::string job = fs::proximate(plan->file).string();
  fmt::print("  {} plan {} --planner marlin\n      the time of a local controller\n", self, job);
  fmt::print(
      "  {} simulate {} --compensator lpfbs-sharp --out plots\n"
      "      how far the tool would be off, with plots (read the patent note in README.md first)\n",
      self, job);
  fmt::print(
      "  {} device\n      a virtual printer of your own, to print on from another terminal:\n"
      "  {} print FILE --device localhost:9000 --speed 10\n",
      self, self);
  return outcome_status(*outcome);
}

}  // namespace

void add_demo_command(CLI::App& app, int& status) {
  auto* command =
      app.add_subcommand("demo", "Print a small part on a virtual printer, on this machine");
  auto options = std::make_shared<DemoOptions>();
  command->add_option("file", options->controller.file, "G-code file instead of the sample part")
      ->type_name("FILE");
  options->controller.add_to(*command, false);
  add_speed_option(*command, options->speed);
  command->callback([options, &status] { status = run(*options); });
}

}  // namespace stepcast::cli
