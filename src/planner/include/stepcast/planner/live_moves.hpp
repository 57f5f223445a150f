#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "stepcast/base/axis.hpp"
#include "stepcast/base/result.hpp"
#include "stepcast/base/units.hpp"
#include "stepcast/planner/move.hpp"

namespace stepcast::planner {

/// What a person may change of a job while it is printed.
struct LiveSettings {
  double speed = 1.0;  ///< Of the feed rates of the job. Moves of E alone keep theirs.
  double flow = 1.0;   ///< Of the filament of moves that print. Retractions keep theirs.
  Mm z_offset{};       ///< Added to the heights of the job.
  std::vector<std::string> cancelled{};  ///< Objects of which nothing more is printed.

  friend bool operator==(const LiveSettings&, const LiveSettings&) = default;
};

/// Settings that hold from a move of the job on (Move::number, as the job counts).
struct LiveChange {
  std::int64_t from_move{};
  LiveSettings settings;
};

/// Changes the moves of a job on their way to the planner.
///
/// Because it stands before the planner, everything that holds for a plan holds for a changed one:
/// limits of speed, acceleration and jerk, junctions, exact steps. Until the first change the moves
/// pass through as they are, bit for bit. What it does depends on nothing but the moves and the
/// changes with their move numbers, so a plan can be repeated.
///
/// A new Z offset is approached on the way, by at most kSlope of the length of moves in the plane.
/// The moves of a cancelled object are left out; the tool then goes to where the next one begins:
/// up first, down last, the filament as far retracted as the job has it there.
///
/// Threads: one owner; `feed` is called from within next().
class LiveMoves final : public MoveSource {
 public:
  /// Asked before each move of the job: the settings from this move on, or null for no change.
  using Feed = std::function<Result<const LiveSettings*>(std::int64_t move)>;

  /// 0.05 mm on 10 mm of path. At 60 mm/s Z then moves at 0.3 mm/s, less than usual machines let it
  /// jump to, so that the path does not slow down for it.
  static constexpr double kSlope = 0.005;

  /// The tool starts at `start`. `source` must outlive this; `feed` may be empty.
  LiveMoves(MoveSource& source, const PerAxis<Mm>& start, Feed feed);

  [[nodiscard]] Result<bool> next(ToolpathItem& item) override;

  /// Where the last move given out ends.
  [[nodiscard]] const PerAxis<Mm>& end() const { return at_; }
  /// The lowest Z offset that moves were given out with; at most 0.
  [[nodiscard]] Mm deepest_offset() const { return deepest_; }
  /// How many changes there were.
  [[nodiscard]] std::int64_t changes() const { return changes_; }
  /// Settings of the moves given out last.
  [[nodiscard]] const LiveSettings& settings() const { return settings_; }

 private:
  [[nodiscard]] Result<void> ask(std::int64_t move);
  [[nodiscard]] bool cancelled() const;
  void on_marker(Marker marker);
  void leave_out(const Move& move);
  void rejoin(const Move& next);
  void go(const PerAxis<Mm>& to, MmPerS speed, const Move& like);
  void change(Move move);
  void give(Move move);

  MoveSource& source_;
  Feed feed_;
  LiveSettings settings_;
  std::int64_t changes_ = 0;
  std::string object_;    // of the moves that the job gives
  bool apart_ = false;    // moves have been left out; the tool is elsewhere
  Mm job_e_;              // of the job: at the end of its last move,
  Mm job_top_e_;          // and the most that it was: the difference is retracted
  Mm top_e_;              // the most that was given out
  MmPerS travel_speed_;   // the fastest that the job has travelled with
  MmPerS retract_speed_;  // the last that it retracted with
  PerAxis<Mm> at_;        // end of the last move given out
  Mm offset_;             // the Z offset there
  Mm deepest_;
  std::int64_t given_ = 0;  // moves
  std::deque<ToolpathItem> pending_;
};

/// Feeds changes that were made before, `changes` in the order of their moves.
[[nodiscard]] LiveMoves::Feed repeat(std::vector<LiveChange> changes);

}  // namespace stepcast::planner
