#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/control/job_plan.hpp"
#include "stepcast/stepgen/tick_source.hpp"

namespace stepcast::control {

class HeatQueue;

/// Feeds a stream from a planned job: plans it a second time, as fast as it is read.
///
/// The same file, profile, choice and changes give the same ticks, however they are read; without
/// changes those of the plan. What a change makes too fast for the step grid is slowed down as in
/// plan_job(); for that, up to 2 s of motion are held back until nothing can alter them.
///
/// Threads: one owner. Memory: constant.
class MotionSource final : public stepgen::TickSource {
 public:
  /// `changes` (may be empty) is asked from within read(), before each move of the job. `profile`
  /// must outlive the source. `heat_ahead`: heat events are known so many ticks before those that
  /// are given out; as long, and no longer, a change takes to act later.
  [[nodiscard]] static Result<std::unique_ptr<MotionSource>> create(
      const JobPlan& plan, const machine::Profile& profile, planner::LiveMoves::Feed changes = {},
      Ticks heat_ahead = 0);
  ~MotionSource() override;

  [[nodiscard]] Result<std::size_t> read(std::span<std::uint8_t> ticks) override;

  /// What the job asks of heaters and the fan since the last call, in its order: all of it that is
  /// due before the ticks that were given out, and `heat_ahead` more. Ticks of the job as it runs.
  [[nodiscard]] std::vector<HeatEvent> take_heat();

  /// The job has been planned to its end.
  [[nodiscard]] bool ended() const { return ended_; }
  /// Steps and ticks of the job as it runs, changes included; of the whole job once it ended().
  [[nodiscard]] const MotionTotals& totals() const { return pipeline_->totals(); }
  /// As MotionPipeline::watch_moves(); tick_of() says when it is.
  void watch_moves(std::function<void(const planner::Move&, Seconds)> on_move);
  /// Of a planned time. Up to the ticks that were given out it is final.
  [[nodiscard]] Ticks tick_of(Seconds planned) const;
  /// Ticks before this one have been planned: a change that comes now acts later, by the second or
  /// so that the planner looks ahead.
  [[nodiscard]] Ticks planned_to() const;

 private:
  explicit MotionSource(const machine::Profile& profile);
  [[nodiscard]] Result<void> plan_on();

  Hertz tick_rate_;
  std::unique_ptr<HeatQueue> heat_;
  std::unique_ptr<MotionPipeline> pipeline_;  // calls heat_
  Ticks heat_ahead_ = 0;
  std::vector<std::uint8_t> ticks_;  ///< Planned, from first_ on.
  Ticks first_ = 0;
  Ticks given_ = 0;
  bool ended_ = false;
};

}  // namespace stepcast::control
