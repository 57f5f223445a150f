#pragma once

#include <stop_token>

#include <nlohmann/json.hpp>

#include "stepcast/base/result.hpp"
#include "stepcast/control/job_plan.hpp"
#include "stepcast/machine/profile.hpp"
#include "stepcast/stream/session.hpp"

namespace stepcast::cli {

/// What became of a print.
struct PrintOutcome {
  stream::SessionReport session;
  PerAxis<Steps> steps_executed;  ///< Net, by motor, as the device counted them.
  PerAxis<Steps>
      position_error_steps;  ///< Executed minus planned; all zero, or the part is ruined.
  Seconds wall;

  [[nodiscard]] bool exact() const { return position_error_steps == PerAxis<Steps>{}; }
};

/// Streams a planned job to a device and shows the progress.
/// @returns any error of the session.
[[nodiscard]] Result<PrintOutcome> print_job(const control::JobPlan& plan,
                                             const machine::Profile& profile,
                                             stream::Session::Options options,
                                             const std::stop_token& stop);

[[nodiscard]] nlohmann::json outcome_json(const PrintOutcome& outcome, const control::JobPlan& plan,
                                          const machine::Profile& profile);

void print_outcome(const PrintOutcome& outcome, const control::JobPlan& plan,
                   const machine::Profile& profile);

/// 0 when everything planned was executed, exactly.
[[nodiscard]] int outcome_status(const PrintOutcome& outcome);

}  // namespace stepcast::cli
