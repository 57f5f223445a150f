#include "print_job.hpp"

#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "stepcast/control/motion_source.hpp"
#include "stepcast/printer/job_actions.hpp"

#include "exit_status.hpp"
#include "format.hpp"
#include "plan_report.hpp"
#include "progress_view.hpp"
#include "terminal.hpp"

namespace stepcast::cli {

std::optional<printer::DeviceInfo> ask_device(const stream::Endpoint& device,
                                              const machine::Profile& profile) {
  auto info = printer::probe_device(device, static_cast<std::uint32_t>(profile.tick_rate.v),
                                    stream::Session::Options{}.connect_timeout);
  return info ? std::optional(std::move(*info)) : std::nullopt;
}

std::optional<Celsius> nozzle_of(const std::optional<printer::DeviceInfo>& device) {
  if (!device) {
    return std::nullopt;
  }
  const auto& heaters = device->temperatures.heaters;
  const auto nozzle = heaters.find("tool0");
  return nozzle == heaters.end() ? std::nullopt
                                 : std::optional(nozzle->second.actual.value_or(Celsius{}));
}

Result<PrintOutcome> print_job(const control::JobPlan& plan, const machine::Profile& profile,
                               const std::optional<printer::DeviceInfo>& device,
                               stream::Session::Options options, const std::stop_token& stop) {
  const stream::HeatAbilities abilities = device ? device->heat : stream::HeatAbilities{};
  if (auto possible = printer::check_heat(plan, abilities); !possible) {
    return tl::unexpected(possible.error());
  }
  auto source =
      control::MotionSource::create(plan, profile, {}, printer::heat_look_ahead(abilities));
  if (!source) {
    return tl::unexpected(source.error());
  }
  ProgressView view(plan, profile, options.speed);
  options.tick_hz = static_cast<std::uint32_t>(profile.tick_rate.v);
  std::size_t heat_actions = 0;
  options.heating = stream::Heating{
      .actions =
          [&] {
            auto actions = printer::actions_of((*source)->take_heat(), abilities);
            heat_actions += actions.size();
            return actions;
          },
      .on_report = [&](const stream::HeatReport& report) { view.show_heat(report); },
      .off_afterwards = true};
  options.on_progress = [&](const stream::SenderStatistics& s) { view.show(s); };
  const auto start = std::chrono::steady_clock::now();
  stream::Session session(std::move(options));
  auto report = session.run(**source, stop);
  view.finish();
  if (!report) {
    return tl::unexpected(report.error());
  }
  PrintOutcome outcome;
  outcome.session = *report;
  outcome.heat_actions = heat_actions;
  outcome.wall =
      Seconds(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  for (Axis motor : kAllAxes) {
    outcome.steps_executed[motor] =
        report->positions_after[motor] - report->positions_before[motor];
    outcome.position_error_steps[motor] = outcome.steps_executed[motor] - plan.motion.steps[motor];
  }
  return outcome;
}

nlohmann::json outcome_json(const PrintOutcome& outcome, const control::JobPlan& plan,
                            const machine::Profile& profile) {
  const stream::SenderStatistics& s = outcome.session.statistics;
  return {{"file", plan.file.string()},
          {"printer", profile.name},
          {"finished", outcome.session.finished},
          {"virtual_motors", outcome.session.virtual_motors},
          {"print_time_s", plan.print_time.v},
          {"wall_s", outcome.wall.v},
          {"steps_executed", per_axis_json(outcome.steps_executed)},
          {"position_error_steps", per_axis_json(outcome.position_error_steps)},
          {"ticks_executed", outcome.session.executed},
          {"ticks_planned", plan.motion.ticks},
          {"heat_actions", outcome.heat_actions},
          {"pauses", s.pauses},
          {"packets", s.packets},
          {"retransmissions", s.retransmissions},
          {"bytes_sent", s.bytes_sent},
          {"rtt_average_ms", s.rtt_average_ms},
          {"rtt_max_ms", s.rtt_max_ms},
          {"warnings", plan.warnings}};
}

void print_outcome(const PrintOutcome& outcome, const control::JobPlan& plan,
                   const machine::Profile& profile) {
  const Terminal terminal(stdout);
  const stream::SenderStatistics& s = outcome.session.statistics;
  const char* machine = outcome.session.virtual_motors ? "virtual " : "";
  if (outcome.session.finished) {
    fmt::print("{} {} on a {}{}: {} of motion in {}\n", terminal.good("Printed"),
               plan.file.filename().string(), machine, profile.title,
               duration_text(plan.print_time), duration_text(outcome.wall));
  } else {
    fmt::print(
        "{} {} at {} of {}: the machine stands still\n", terminal.warn("Stopped"),
        plan.file.filename().string(),
        duration_text(Seconds(static_cast<double>(outcome.session.executed) / profile.tick_rate.v)),
        duration_text(plan.print_time));
  }
  fmt::print("\n  {}\n", terminal.dim("        planned, steps   executed, steps   error"));
  for (Axis motor : kAllAxes) {
    const Steps error = outcome.position_error_steps[motor];
    const std::string text = fmt::format("{:>7}", error);
    fmt::print("  {} {:>18} {:>18} {}\n", terminal.accent(axis_name(motor)),
               grouped(plan.motion.steps[motor]), grouped(outcome.steps_executed[motor]),
               !outcome.session.finished ? std::string("      -")
               : error == 0              ? terminal.good(text)
                                         : terminal.bad(text));
  }
  fmt::print(
      "\n  Sent {} in {} packets, {} resent; RTT {:.1f} ms on average, {:.1f} ms at most; "
      "{} pauses\n",
      bytes_text(s.bytes_sent), grouped(static_cast<std::int64_t>(s.packets)),
      grouped(static_cast<std::int64_t>(s.retransmissions)), s.rtt_average_ms, s.rtt_max_ms,
      s.pauses);
}

int outcome_status(const PrintOutcome& outcome) {
  if (!outcome.session.finished) {
    return kStopped;
  }
  return outcome.exact() ? kSuccess : kPrintFailed;
}

}  // namespace stepcast::cli
