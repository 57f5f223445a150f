#pragma once

#include "stepcast/base/result.hpp"
#include "stepcast/machine/profile.hpp"
#include "stepcast/planner/move.hpp"
#include "stepcast/planner/toolpath.hpp"

namespace stepcast::planner {

/// Longest rest or single move taken from a job. Beyond a day it is a damaged number, and would
/// keep a planner busy for ever.
inline constexpr double kLongestLineSeconds = 24.0 * 3600.0;

/// Whether the machine can do what a line of the job asks. The errors have no location: the caller
/// knows the line.
class MoveChecks {
 public:
  /// `profile` must outlive the checks.
  MoveChecks(const machine::Profile& profile, OverSpeed over_speed)
      : profile_(profile), over_speed_(over_speed) {}

  /// @returns kOutOfRange when `to` lies outside the travel, or the move pushes too much filament.
  [[nodiscard]] Result<void> target(const PerAxis<Mm>& from, const PerAxis<Mm>& to) const;
  /// @returns kOutOfRange when the arc leaves the travel between its ends.
  [[nodiscard]] Result<void> arc(const Arc& arc) const;
  /// @returns whether the move has to be slower than asked; kOutOfRange for a speed of X or Y over
  /// the limit (unless it may be slowed down) and for a move that would take for ever.
  [[nodiscard]] Result<bool> speed(const Move& move) const;

 private:
  [[nodiscard]] Result<void> coordinate(Axis axis, Mm value) const;

  const machine::Profile& profile_;
  OverSpeed over_speed_;
};

}  // namespace stepcast::planner
