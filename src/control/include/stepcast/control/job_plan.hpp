#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/base/units.hpp"
#include "stepcast/control/heat_event.hpp"
#include "stepcast/control/motion_pipeline.hpp"
#include "stepcast/gcode/reader.hpp"
#include "stepcast/machine/profile.hpp"
#include "stepcast/shaping/peak_meter.hpp"

namespace stepcast::control {

/// A layer of the job and when it starts.
struct LayerStart {
  std::int64_t layer{};
  Seconds time;  ///< Since the first tick.
};

/// Everything that is known of a job once it has been planned from end to end.
struct JobPlan {
  std::filesystem::path file;
  /// The choice that runs: the one asked for, with the slow stretches that it needed.
  ControllerChoice choice;
  Seconds print_time;  ///< Of moves and dwells. Waiting for heaters is not in it.
  Seconds slowed_by;   ///< What the slow stretches add to it; it is in print_time.
  MotionTotals motion;
  planner::ToolpathSummary toolpath;
  gcode::UnknownCommands unknown_commands;
  std::vector<LayerStart> layers;
  std::vector<std::string> objects;  ///< That it prints (M486, EXCLUDE_OBJECT), in their order.
  MotionPeaks peaks;
  std::int64_t heater_commands{};  ///< M104, M109, M140, M190, M141, M191 with a target.
  std::vector<HeatEvent> heat;     ///< What the job asks of heaters and the fan, in its order.
  std::int64_t pauses_asked{};     ///< M0, M1, M600.
  /// What a user should know although the job can run; whole sentences.
  std::vector<std::string> warnings;
};

/// Watches the motion of a job block by block, e.g. to simulate the machine.
using BlockObserver = std::function<void(const MotionBlock&)>;

/// Plans a whole job: everything is computed and checked, nothing moves.
///
/// Where the compensated command would need more than one step a tick, the plan is slowed down
/// around that place, just enough; JobPlan::choice holds the stretches that were found and a
/// warning says so. `observer` (may be empty) sees the blocks of the final plan, which takes one
/// more run.
///
/// `changes` are those made in mid-print, in the order of their moves; `choice` is then the one of
/// the plan without them (JobPlan::choice), as for MotionSource.
/// @pre without an observer, or without changes
///
/// Cost: some hundred microseconds of CPU a second of print; constant memory but for the layers.
/// @returns any error of the job, the profile or the choice; kInterrupted soon after `stop` is
/// asked for.
[[nodiscard]] Result<JobPlan> plan_job(const std::filesystem::path& file,
                                       const machine::Profile& profile,
                                       const ControllerChoice& choice,
                                       const BlockObserver& observer = {},
                                       const std::vector<planner::LiveChange>& changes = {},
                                       const std::stop_token& stop = {});

/// The same for a job that comes from elsewhere, or is still coming: read once, from its beginning.
/// JobPlan::file is the name of the reader. To stop it, stop what gives the bytes too.
[[nodiscard]] Result<JobPlan> plan_job(gcode::Reader job, const machine::Profile& profile,
                                       const ControllerChoice& choice, const std::stop_token& stop);

}  // namespace stepcast::control
