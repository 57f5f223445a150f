#pragma once

#include <stop_token>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/files/library.hpp"
#include "stepcast/gcode/reader.hpp"

#include "daemon_config.hpp"
#include "machines.hpp"

namespace stepcast::daemon {

/// What printing `job` on `machine` takes, by a whole run of the planner. A job that leaves the
/// travel, or prints off the bed, gets an Analysis::error that names axis, value and limit.
/// @returns kInterrupted soon after `stop` is asked for.
[[nodiscard]] Result<files::Analysis> analyse(gcode::Reader job, const Machine& machine,
                                              const std::stop_token& stop);

/// One for each way to plan that the printers have: those that share it share their analyses.
/// `machines` are those of `config`, and must outlive the analysts.
[[nodiscard]] std::vector<files::Analyst> analysts_of(const Config& config,
                                                      const std::vector<Machine>& machines);

}  // namespace stepcast::daemon
