#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "stepcast/base/axis.hpp"
#include "stepcast/base/result.hpp"
#include "stepcast/base/units.hpp"
#include "stepcast/gcode/reader.hpp"
#include "stepcast/machine/profile.hpp"
#include "stepcast/planner/live_moves.hpp"
#include "stepcast/planner/resumed_moves.hpp"
#include "stepcast/planner/retimer.hpp"
#include "stepcast/planner/sampler.hpp"
#include "stepcast/planner/toolpath.hpp"
#include "stepcast/shaping/peak_meter.hpp"
#include "stepcast/stepgen/step_generator.hpp"

namespace stepcast::control {

/// Which controller runs a job: a planner and a compensator by name, and how jobs are read.
struct ControllerChoice {
  std::string planner = "lookahead";
  /// None by default: filtered B-splines are patented in the United States (README), so a user
  /// chooses them knowingly.
  std::string compensator = "none";
  planner::ToolpathOptions toolpath;
  /// Axis speeds that the plan keeps below the profile's. Unlike the profile's limits they slow a
  /// job down without refusing it.
  PerAxis<MmPerS> speed_ceiling{{kUnlimited, kUnlimited, kUnlimited, kUnlimited}};

  /// For a job that was broken off: it begins there instead of at home (planner::ResumedMoves).
  std::optional<planner::Restart> restart{};

  /// Places where the plan runs slower: what the compensator adds there would not fit into the tick
  /// grid otherwise. MotionPipeline::fit() finds them.
  std::vector<planner::SlowStretch> stretches;

  static constexpr MmPerS kUnlimited{std::numeric_limits<double>::infinity()};
};

/// A stretch of motion of all axes: what was planned, what is commanded, and the steps for it.
///
/// Views are valid until the next call.
struct MotionBlock {
  Ticks first_tick{};     ///< Of the job.
  std::size_t samples{};  ///< At the command rate (1 kHz).
  bool draining{};        ///< The plan is over: only commands and motors are still coming to rest.
  PerAxis<std::span<const double>> path_mm;     ///< Tool frame, corners as the job has them.
  PerAxis<std::span<const double>> plan_mm;     ///< Tool frame, corners rounded.
  PerAxis<std::span<const double>> command_mm;  ///< Tool frame, after compensation.
  std::size_t ticks{};                          ///< Of the step grid.
  const PerAxis<std::vector<stepgen::StepEvent>>*
      steps{};  ///< By motor; ticks from the block's start.
};

/// What the axes did, over all blocks so far.
struct MotionTotals {
  PerAxis<Steps> steps;              ///< By motor: position counted from the start of the job.
  PerAxis<Steps> target_steps;       ///< Where the plan wants the motors.
  PerAxis<std::int64_t> step_count;  ///< By motor: steps in either direction.
  /// By motor: the furthest it was behind its command, because that asked for more than one step a
  /// tick; 0 if it never did.
  PerAxis<double> largest_lag_steps;
  Ticks ticks{};
};

/// What was asked of each tool axis.
struct MotionPeaks {
  PerAxis<shaping::AxisPeaks> plan;
  PerAxis<shaping::AxisPeaks> command;  ///< After compensation.
};

/// One job through one controller, block by block:
/// G-code -> moves -> live changes -> speeds -> 1 kHz positions -> rounded corners -> slow
/// stretches -> compensation
/// -> steps.
///
/// Pull: each call of next() computes one block and no more, so memory is constant and the pace is
/// the caller's. Every stage after compensation is checked: travel, and one step a tick; the books
/// of the steps balance in every block.
///
/// Threads: one owner; pipelines are independent.
class MotionPipeline {
 public:
  /// `profile` must outlive the pipeline. `on_marker` (may be empty) is called from within next()
  /// and fit(), with planned times: retimed() says when that is. `changes` (may be empty) is asked
  /// before each move of the job.
  /// @returns kNotFound for an unknown planner or compensator; an unstable compensator.
  [[nodiscard]] static Result<std::unique_ptr<MotionPipeline>> create(
      gcode::Reader reader, const machine::Profile& profile, const ControllerChoice& choice,
      std::function<void(const planner::TimedMarker&)> on_marker = {},
      planner::LiveMoves::Feed changes = {});

  ~MotionPipeline();

  /// @returns false at the end (the last block has been given); any error of a stage: of the job
  /// (file:line), kOutOfRange when the compensated command leaves the travel or the tick grid.
  [[nodiscard]] Result<bool> next(MotionBlock& block);

  /// Runs a fresh pipeline to its end without giving blocks. Where a motor would fall too far
  /// behind its command (one step a tick), the pipeline goes back a little, slows that place down
  /// and does it again: see stretches().
  ///
  /// Cost: that of next(), and some hundred milliseconds of motion done twice for each place.
  /// @returns any error of next(); kOutOfRange if a place does not fit however slow; kInterrupted
  /// soon after `stop` is asked for.
  [[nodiscard]] Result<void> fit(const std::stop_token& stop = {});
  /// One block of what fit() does, for a plan that may change while it runs. A block may begin
  /// before the end of the one given last: those from its first tick on are then void. Stretches
  /// that lie ahead are forgotten when a change comes, and found again where they are needed.
  /// @returns as next(); not to be mixed with it.
  [[nodiscard]] Result<bool> next_fitted(MotionBlock& block);
  /// Ticks before this one are final.
  [[nodiscard]] Ticks firm_ticks() const;
  /// The time up to which moves have been given their speeds: no later change alters them.
  [[nodiscard]] Seconds planned_to() const;
  /// From now on `on_move` is told of every move and its planned time, as of markers.
  void watch_moves(std::function<void(const planner::Move&, Seconds)> on_move);
  /// The choice's, and what fit() added.
  [[nodiscard]] const std::vector<planner::SlowStretch>& stretches() const;

  [[nodiscard]] const MotionTotals& totals() const;
  /// Of fit().
  [[nodiscard]] MotionPeaks peaks() const;
  /// Complete at the end.
  [[nodiscard]] const planner::ToolpathSummary& summary() const;
  [[nodiscard]] const gcode::UnknownCommands& unknown_commands() const;
  /// Time of moves and dwells, stretches included, without the rests at start and end.
  [[nodiscard]] Seconds print_time() const;
  /// What the stretches add to it.
  [[nodiscard]] Seconds slowed_by() const;
  /// When the plan's `planned` time comes, slowed by the stretches up to there.
  [[nodiscard]] Seconds retimed(Seconds planned) const;

 private:
  class Impl;
  explicit MotionPipeline(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// Rest before the first and after the last move. The second lets the compensator's command settle
/// on the plan; both are long enough for the slowest profile that ships.
inline constexpr Seconds kLeadIn{0.1};
inline constexpr Seconds kLeadOut{0.4};

}  // namespace stepcast::control
