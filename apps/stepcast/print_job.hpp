#pragma once

#include <cstddef>
#include <optional>
#include <stop_token>

#include <nlohmann/json.hpp>

#include "stepcast/base/result.hpp"
#include "stepcast/control/job_plan.hpp"
#include "stepcast/machine/profile.hpp"
#include "stepcast/printer/device_probe.hpp"
#include "stepcast/stream/endpoint.hpp"
#include "stepcast/stream/session.hpp"

namespace stepcast::cli {

/// What became of a print.
struct PrintOutcome {
  stream::SessionReport session;
  PerAxis<Steps> steps_executed;  ///< Net, by motor, as the device counted them.
  PerAxis<Steps>
      position_error_steps;  ///< Executed minus planned; all zero, or the part is ruined.
  Seconds wall;
  std::size_t heat_actions = 0;  ///< Temperatures and fan speeds that the device got.

  [[nodiscard]] bool exact() const { return position_error_steps == PerAxis<Steps>{}; }
};

/// What a device says of itself before a print; nothing if it cannot be asked now, which the
/// session will then explain.
[[nodiscard]] std::optional<printer::DeviceInfo> ask_device(const stream::Endpoint& device,
                                                            const machine::Profile& profile);

/// How hot its nozzle is, so that planning can refuse to extrude cold; nothing without heaters.
[[nodiscard]] std::optional<Celsius> nozzle_of(const std::optional<printer::DeviceInfo>& device);

/// Streams a planned job with its temperatures, as far as `device` has heaters, and shows the
/// progress.
/// @returns any error of the session.
[[nodiscard]] Result<PrintOutcome> print_job(const control::JobPlan& plan,
                                             const machine::Profile& profile,
                                             const std::optional<printer::DeviceInfo>& device,
                                             stream::Session::Options options,
                                             const std::stop_token& stop);

[[nodiscard]] nlohmann::json outcome_json(const PrintOutcome& outcome, const control::JobPlan& plan,
                                          const machine::Profile& profile);

void print_outcome(const PrintOutcome& outcome, const control::JobPlan& plan,
                   const machine::Profile& profile);

/// 0 when everything planned was executed, exactly.
[[nodiscard]] int outcome_status(const PrintOutcome& outcome);

}  // namespace stepcast::cli
