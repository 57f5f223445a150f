#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "stepcast/base/axis.hpp"
#include "stepcast/base/result.hpp"
#include "stepcast/base/units.hpp"
#include "stepcast/control/job_plan.hpp"
#include "stepcast/machine/profile.hpp"
#include "stepcast/planner/live_moves.hpp"
#include "stepcast/planner/resumed_moves.hpp"

namespace stepcast::control {

/// When a stream was broken off, and what is known of it.
struct BrokenOff {
  Ticks earliest{};  ///< Certainly executed.
  Ticks latest{};    ///< Certainly nothing behind it.
  /// The first `checked_ticks` of the stream had this CRC32C; 0: not known.
  Ticks checked_ticks{};
  std::uint32_t checked_sum{};
};

/// What a job was doing then.
struct JobPlace {
  planner::Restart restart;  ///< At the move under way at `earliest`; its `start` is left open.
  /// Where Z was, steps from the start of the stream, from the earliest to the latest tick.
  Steps lowest_z{};
  Steps highest_z{};
  [[nodiscard]] bool z_is_certain() const { return lowest_z == highest_z; }
};

/// Repeats the stream of `plan` with `changes` up to where it was broken off.
///
/// Cost: that of planning the job up to there.
/// @returns any error of the plan; kFault if the stream is not the one that was sent.
[[nodiscard]] Result<JobPlace> find_place(const JobPlan& plan, const machine::Profile& profile,
                                          const std::vector<planner::LiveChange>& changes,
                                          const BrokenOff& broken);

}  // namespace stepcast::control
