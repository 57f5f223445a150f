#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "stepcast/machine/profile.hpp"
#include "stepcast/planner/planners.hpp"

namespace stepcast::planner {

/// How fast the tool may run through the corner between two moves.
enum class JunctionRule : std::uint8_t {
  kFullStop,            ///< Every move from rest to rest (the paper's JLMCG).
  kInstantSpeedChange,  ///< Each axis may jump by its instant_speed_change ("classic jerk").
  kJunctionDeviation,   ///< v^2 = a d s/(1 - s): an arc that leaves the corner by d.
};

/// Shape of a speed change.
enum class RampShape : std::uint8_t {
  kTrapezoid,  ///< Constant acceleration, unlimited jerk.
  kSCurve,     ///< Limited jerk.
};

/// Plans speeds over all moves that can influence each other.
///
/// Backward pass: the speed at a junction is what allows a stop at the end of the window; forward
/// pass: it is also what can be reached. A move is given out when no later move can change it: up
/// to the last junction whose speed is its own limit rather than a consequence of what follows.
/// The result is therefore that of one pass over the whole job, however far is read ahead; that is
/// a second of motion unless braking takes longer. Ramps have no acceleration at
/// junctions.
///
/// Junction deviation looks at one corner at a time, and lets a curve of short segments run at any
/// speed. So corners that the smoothing window of junction_kernel() sees together share what one of
/// them may turn (turning_limit()); a curve of radius R then runs at
/// sqrt(2 a R) at most, and no faster than its axes can.
///
/// Cost: amortised O(1) a move; with curves, O(segments within the smoothing window).
class LookaheadPlanner final : public Planner {
 public:
  struct Options {
    JunctionRule junction = JunctionRule::kJunctionDeviation;
    RampShape ramp = RampShape::kSCurve;
    /// Moves looked at together. Long enough to stop from top speed over slicer-fine segments;
    /// when even this is too short the tool only runs slower than it could.
    std::size_t window = 1024;
    /// Junction deviation only: corners in a row share one limit. Off: each corner for itself, the
    /// rule as local controllers have it.
    bool limit_turning = true;
  };

  LookaheadPlanner(const machine::Profile& profile, MoveSource& source, const Options& options);

  [[nodiscard]] Result<bool> next(PlannedItem& item) override;
  [[nodiscard]] bool wants_rounded_corners() const override {
    return options_.junction == JunctionRule::kJunctionDeviation;
  }

 private:
  struct Entry {
    Move move;
    RampLimits limits;
    MmPerS nominal;    ///< Highest speed on the move.
    MmPerS junction;   ///< Limit at the entry of the move.
    MmPerS speed;      ///< Planned at the entry of the move.
    bool constant{};   ///< Runs at its nominal speed from end to end.
    double lasts_s{};  ///< At its nominal speed.
  };
  /// A marker or dwell that stands before the move with the given number.
  struct Aside {
    std::int64_t before_move;
    PlannedItem item;
  };

  /// A corner that was passed.
  struct Turn {
    PerAxis<double> in;  ///< Direction of the tool before it.
    Mm after;            ///< Length of the move behind it.
  };

  [[nodiscard]] bool full() const;
  Result<void> fill(double wanted_s);
  void append(const Move& move);
  [[nodiscard]] MmPerS junction_limit(const Entry& before, const Entry& after) const;
  [[nodiscard]] MmPerS turning_limit(const Move& move, MmPerS junction) const;
  [[nodiscard]] MmPerS stop_speed(const Entry* before, const Entry* after) const;
  [[nodiscard]] MmPerS speed_from_rest(const Entry& entry) const;
  void plan();
  PlannedItem give_move();

  const machine::Profile& profile_;
  MoveSource& source_;
  Options options_;

  std::deque<Entry> window_;
  double ahead_s_ = 0.0;  ///< Of motion in the window, at nominal speeds.
  std::deque<Aside> asides_;
  std::deque<Turn> turns_;        ///< Since the last stop, the latest first.
  std::size_t settled_ = 0;       ///< Moves at the front of the window that are final.
  std::int64_t given_moves_ = 0;  ///< Number of the window's first move.
  bool stop_pending_ = true;      ///< The next move starts from rest.
  bool ended_ = false;
  MmPerS final_speed_;  ///< Planned at the end of the settled moves.
};

}  // namespace stepcast::planner
