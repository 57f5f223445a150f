#include <memory>

#include <fmt/format.h>

#include "stepcast/control/job_plan.hpp"

#include "command.hpp"
#include "controller_options.hpp"
#include "exit_status.hpp"
#include "plan_report.hpp"
#include "process_usage.hpp"

namespace stepcast::cli {
namespace {

struct PlanOptions {
  ControllerOptions controller;
  bool json = false;
};

int run(const PlanOptions& options) {
  const Seconds start = cpu_time();
  auto resolved = options.controller.resolve();
  if (!resolved) {
    return report(resolved.error(), options.json);
  }
  auto plan = control::plan_job(options.controller.file, resolved->profile, resolved->choice);
  if (!plan) {
    return report(plan.error(), options.json);
  }
  const PlanningCost cost{.cpu = cpu_time() - start, .peak_rss_mib = peak_rss_mib()};
  if (options.json) {
    fmt::print("{}\n", plan_json(*plan, resolved->profile, cost).dump(2));
  } else {
    print_plan(*plan, resolved->profile, cost);
  }
  return kSuccess;
}

}  // namespace

void add_plan_command(CLI::App& app, int& status) {
  auto* command =
      app.add_subcommand("plan", "Plan a job: exact time, steps, speeds; moves nothing");
  auto options = std::make_shared<PlanOptions>();
  options->controller.add_to(*command);
  command->add_flag("--json", options->json, "Print the plan as JSON");
  command->footer(
      "Examples:\n"
      "  stepcast plan cube.gcode\n"
      "  stepcast plan cube.gcode --planner marlin --compensator none --acceleration 500\n"
      "  stepcast plan cube.gcode --json | jq .print_time_s");
  command->callback([options, &status] { status = run(*options); });
}

}  // namespace stepcast::cli
