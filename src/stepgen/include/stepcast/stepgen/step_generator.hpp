#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "stepcast/base/units.hpp"

namespace stepcast::stepgen {

/// One step of one motor.
struct StepEvent {
  std::uint32_t tick;  ///< Since the start of the block.
  bool forward;
};

enum class StepStatus : std::uint8_t {
  kOk,
  kTooFast,  ///< Too many late steps; the block is invalid and the generator latched.
};

/// Turns the positions of one motor at the command rate into steps on the tick grid.
///
/// Positions are interpolated linearly between samples (as the paper up-samples from 1 kHz to
/// 20 kHz) and rounded half up to whole steps; a step is emitted at the first tick at which the
/// rounded position has changed. Event-driven: the ticks come from integer divisions, not from
/// visiting each tick, and the grid is exact. Positions are held in 1/65536 of a step.
///
/// A reversal needs kReversalHysteresis more than the rounding boundary, so that a command resting
/// on a boundary does not chatter; finish() settles the motor on the exactly rounded target. After
/// every sample |position - steps| <= 1/2 + hysteresis, which is checked in all builds.
///
/// One exception, bounded: a motor makes one step a tick, and a command that asks for more for some
/// milliseconds (compensation overshoots the planned speed) leaves it behind. It then steps on
/// every tick until it has caught up. More than kMostLateSteps behind is kTooFast. No step is ever
/// left out.
///
/// Threads: one owner. Cost: O(1) a sample plus O(1) a step; O(ticks) a sample while late. Real
/// time: allocates only while the event vector grows.
class StepGenerator {
 public:
  /// 1/16 step: 0.6 um at 101.5 steps/mm, far above the noise of the arithmetic and far below
  /// the half step that rounding costs anyway.
  static constexpr std::int64_t kReversalHysteresis = (1 << 16) / 16;

  /// Two steps are 20 um at 101.5 steps/mm, for a few milliseconds at the highest speeds only; what
  /// the compensator corrects there is ten times that.
  static constexpr Steps kMostLateSteps = 3;

  /// @pre 4 <= ticks_per_sample <= 255
  StepGenerator(double steps_per_mm, int ticks_per_sample);

  /// The motor rests at this position; the next sample lies one period later.
  void start(double position_mm) noexcept;

  /// Takes the next samples and appends their steps; ticks count from the first sample's interval.
  [[nodiscard]] StepStatus push(std::span<const double> position_mm,
                                std::vector<StepEvent>& events) noexcept;

  /// One more sample period in which the motor, at rest, takes the steps that are late and the one
  /// that the hysteresis may have held back.
  [[nodiscard]] StepStatus finish(std::vector<StepEvent>& events) noexcept;

  /// Steps emitted since start(), signed, plus the start position.
  [[nodiscard]] Steps emitted() const noexcept { return emitted_; }
  /// The rounded last sample: what emitted() is after finish().
  [[nodiscard]] Steps target() const noexcept;
  /// The furthest that the motor was from a sample since start(), in steps; 0 if it was never late.
  [[nodiscard]] double largest_lag_steps() const noexcept;
  /// Where a position lies in whole steps.
  [[nodiscard]] static Steps to_steps(double position_mm, double steps_per_mm) noexcept;

 private:
  [[nodiscard]] StepStatus interval(std::int64_t to, std::uint32_t first_tick,
                                    StepEvent*& out) noexcept;
  [[nodiscard]] StepStatus visit_ticks(std::int64_t to, std::uint32_t first_tick,
                                       StepEvent*& out) noexcept;
  [[nodiscard]] bool is_late() const noexcept;
  [[nodiscard]] StepStatus balance_books() noexcept;

  double scale_;  // 1/65536 steps per mm
  std::int64_t ticks_per_sample_;
  std::int64_t position_ = 0;  // last sample, 1/65536 step
  Steps emitted_ = 0;
  bool forward_ = true;  // direction of the last step
  bool faulted_ = false;
  std::int64_t largest_lag_ = 0;  // 1/65536 step
};

}  // namespace stepcast::stepgen
