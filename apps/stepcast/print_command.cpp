#include <memory>
#include <string>

#include <fmt/format.h>

#include "stepcast/control/job_plan.hpp"
#include "stepcast/stream/endpoint.hpp"

#include "command.hpp"
#include "controller_options.hpp"
#include "exit_status.hpp"
#include "format.hpp"
#include "interrupt.hpp"
#include "print_job.hpp"
#include "speed_option.hpp"
#include "terminal.hpp"

namespace stepcast::cli {
namespace {

struct PrintOptions {
  ControllerOptions controller;
  std::string device;
  std::uint32_t speed = 1;
  bool json = false;
};

int run(const PrintOptions& options) {
  const Interrupt interrupt;
  auto endpoint = stream::parse_endpoint(options.device);
  if (!endpoint) {
    report(endpoint.error(), options.json);
    return kUsage;
  }
  auto resolved = options.controller.resolve();
  if (!resolved) {
    return report(resolved.error(), options.json);
  }
  const Terminal terminal(stderr);
  const machine::Profile& profile = resolved->profile;
  // The whole job is planned and checked before anything is sent.
  const auto device = ask_device(*endpoint, profile);
  resolved->choice.toolpath.nozzle_at_start = nozzle_of(device);
  auto plan = control::plan_job(options.controller.file, profile, resolved->choice);
  if (!plan) {
    return report(plan.error(), options.json);
  }
  fmt::print(stderr, "{} for {}: {}, {} layers, {} of filament\n", plan->file.filename().string(),
             profile.title, duration_text(plan->print_time), grouped(plan->toolpath.layers),
             length_text(plan->toolpath.filament));
  for (const std::string& warning : plan->warnings) {
    fmt::print(stderr, "  {} {}\n", terminal.warn("note:"), warning);
  }
  if (plan->heater_commands > 0 && !nozzle_of(device)) {
    fmt::print(stderr,
               "  {} the {} heater commands of the job are not sent: the device has no heaters.\n",
               terminal.warn("note:"), plan->heater_commands);
  }
  auto outcome = print_job(*plan, profile, device, {.device = *endpoint, .speed = options.speed},
                           interrupt.token());
  if (!outcome) {
    return report(outcome.error(), options.json);
  }
  if (options.json) {
    fmt::print("{}\n", outcome_json(*outcome, *plan, profile).dump(2));
  } else {
    print_outcome(*outcome, *plan, profile);
  }
  return outcome_status(*outcome);
}

}  // namespace

void add_print_command(CLI::App& app, int& status) {
  auto* command = app.add_subcommand("print", "Plan a job and stream its steps to a device");
  auto options = std::make_shared<PrintOptions>();
  options->controller.add_to(*command);
  command->add_option("-d,--device", options->device, "The device")
      ->required()
      ->type_name("HOST:PORT");
  add_speed_option(*command, options->speed);
  command->add_flag("--json", options->json, "Print the report as JSON");
  command->footer(
      "Examples:\n"
      "  stepcast device &                                     a virtual printer\n"
      "  stepcast print cube.gcode --device localhost:9000     in real time\n"
      "  stepcast print cube.gcode --device localhost:9000 --speed 100\n"
      "Ctrl-C slows the machine down on its path and holds it.");
  command->callback([options, &status] { status = run(*options); });
}

}  // namespace stepcast::cli
