#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>

#include <fmt/format.h>

#include "stepcast/control/job_plan.hpp"

#include "command.hpp"
#include "controller_options.hpp"
#include "exit_status.hpp"
#include "format.hpp"
#include "machine_simulation.hpp"
#include "plan_report.hpp"
#include "process_usage.hpp"
#include "terminal.hpp"

namespace stepcast::cli {
namespace {

struct SimulateOptions {
  ControllerOptions controller;
  SimulationOptions simulation;
  std::filesystem::path out = ".";
  bool no_plots = false;
  bool json = false;
};

constexpr double kMicro = 1000.0;  // um in a mm

Result<std::filesystem::path> write(const std::filesystem::path& file, const std::string& text) {
  std::error_code error;
  std::filesystem::create_directories(file.parent_path(), error);
  std::ofstream stream(file, std::ios::binary);
  stream << text;
  stream.close();
  if (!stream) {
    return fail(Errc::kIo, "cannot be written", file.string(), "choose another folder with --out");
  }
  return file;
}

void print_report(const sim::ContourReport& report, const machine::Profile& profile) {
  const Terminal terminal(stdout);
  fmt::print("Simulated tool (responses of {}; no machine was moved)\n\n", profile.title);
  fmt::print("  Contour error   {} RMS, {:.1f} um at most (at {}, X {:.2f} Y {:.2f})\n",
             terminal.strong(fmt::format("{:.2f} um", report.contour_rms.v * kMicro)),
             report.contour_max.v * kMicro, duration_text(report.max_time), report.max_x.v,
             report.max_y.v);
  fmt::print("  Tracking error  X {:.2f} um RMS, Y {:.2f} um RMS\n",
             report.tracking_rms_x.v * kMicro, report.tracking_rms_y.v * kMicro);
  if (profile.axes[Axis::kX].response.den.empty() && profile.axes[Axis::kY].response.den.empty()) {
    fmt::print("  {} {} has no axis responses: it is simulated as rigid.\n", terminal.warn("note:"),
               profile.name);
  }
}

int run(const SimulateOptions& options) {
  const Seconds start = cpu_time();
  auto resolved = options.controller.resolve();
  if (!resolved) {
    return report(resolved.error(), options.json);
  }
  SimulationOptions settings = options.simulation;
  settings.title = fmt::format("{}: {} + {}", options.controller.file.filename().string(),
                               resolved->choice.planner, resolved->choice.compensator);
  auto simulation = MachineSimulation::create(resolved->profile, settings);
  if (!simulation) {
    return report(simulation.error(), options.json);
  }
  auto plan = control::plan_job(options.controller.file, resolved->profile, resolved->choice,
                                [&](const control::MotionBlock& block) { simulation->see(block); });
  if (!plan) {
    return report(plan.error(), options.json);
  }
  const auto outcome = simulation->finish();
  std::vector<std::string> plots;
  if (!options.no_plots) {
    const std::string stem = options.controller.file.stem().string();
    for (const auto& [suffix, svg] : {std::pair{"-speed.svg", &outcome.speed_svg},
                                      std::pair{"-error.svg", &outcome.error_svg}}) {
      auto written = write(options.out / (stem + suffix), *svg);
      if (!written) {
        return report(written.error(), options.json);
      }
      plots.push_back(written->string());
    }
  }
  const PlanningCost cost{.cpu = cpu_time() - start, .peak_rss_mib = peak_rss_mib()};
  if (options.json) {
    nlohmann::json object = plan_json(*plan, resolved->profile, cost);
    const sim::ContourReport& r = outcome.report;
    object["contour_rms_um"] = r.contour_rms.v * kMicro;
    object["contour_max_um"] = r.contour_max.v * kMicro;
    object["contour_max_time_s"] = r.max_time.v;
    object["tracking_rms_um"] = {{"x", r.tracking_rms_x.v * kMicro},
                                 {"y", r.tracking_rms_y.v * kMicro}};
    object["plots"] = plots;
    fmt::print("{}\n", object.dump(2));
    return kSuccess;
  }
  print_plan(*plan, resolved->profile, cost);
  fmt::print("\n");
  print_report(outcome.report, resolved->profile);
  for (const std::string& plot : plots) {
    fmt::print("  Plot            {}\n", plot);
  }
  return kSuccess;
}

}  // namespace

void add_simulate_command(CLI::App& app, int& status) {
  auto* command = app.add_subcommand(
      "simulate", "Plan a job and run the printer's axis responses: path error, plots");
  auto options = std::make_shared<SimulateOptions>();
  options->controller.add_to(*command);
  command->add_option("--out", options->out, "Folder for the plots (SVG)")
      ->capture_default_str()
      ->type_name("DIR");
  command->add_flag("--no-plots", options->no_plots, "Write no plots");
  command->add_flag("--steps", options->simulation.from_steps,
                    "Drive the axes by the rounded steps on the tick grid, not by the command");
  command
      ->add_option("--frequency-error", options->simulation.error.frequency,
                   "Factor on the resonances of the machine, unknown to the compensator")
      ->capture_default_str()
      ->type_name("F");
  command
      ->add_option("--damping-error", options->simulation.error.damping,
                   "Factor on the damping of the machine, unknown to the compensator")
      ->capture_default_str()
      ->type_name("F");
  command->add_flag("--json", options->json, "Print the report as JSON");
  command->footer(
      "Examples:\n"
      "  stepcast simulate examples/square.gcode --planner jlmcg --compensator lpfbs-sharp\n"
      "  stepcast simulate cube.gcode --compensator none --frequency-error 1.1 --out plots");
  command->callback([options, &status] { status = run(*options); });
}

}  // namespace stepcast::cli
