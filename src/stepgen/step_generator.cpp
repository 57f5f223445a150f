#include "stepcast/stepgen/step_generator.hpp"

#include <algorithm>
#include <cmath>

#include "stepcast/base/contracts.hpp"

namespace stepcast::stepgen {
namespace {

constexpr int kFractionBits = 16;
constexpr std::int64_t kStep = std::int64_t{1} << kFractionBits;
constexpr std::int64_t kHalf = kStep / 2;
// Keeps every product of an interval, at most kStep n^2, inside 32 bits, where division is cheap.
constexpr int kMostTicksPerSample = 255;
// finish() has one sample period for all steps that may be late.
constexpr int kLeastTicksPerSample = 4;

constexpr Steps rounded(std::int64_t position) {
  return (position + kHalf) >> kFractionBits;
}

}  // namespace

StepGenerator::StepGenerator(double steps_per_mm, int ticks_per_sample)
    : scale_(steps_per_mm * static_cast<double>(kStep)), ticks_per_sample_(ticks_per_sample) {
  static_assert(kMostLateSteps + 1 <= kLeastTicksPerSample);
  STEPCAST_CHECK(ticks_per_sample >= kLeastTicksPerSample &&
                 ticks_per_sample <= kMostTicksPerSample);
}

Steps StepGenerator::to_steps(double position_mm, double steps_per_mm) noexcept {
  return rounded(std::llround(position_mm * (steps_per_mm * static_cast<double>(kStep))));
}

void StepGenerator::start(double position_mm) noexcept {
  position_ = std::llround(position_mm * scale_);
  emitted_ = rounded(position_);
  forward_ = true;
  faulted_ = false;
  largest_lag_ = 0;
}

Steps StepGenerator::target() const noexcept {
  return rounded(position_);
}

StepStatus StepGenerator::push(std::span<const double> position_mm,
                               std::vector<StepEvent>& events) noexcept {
  std::uint32_t tick = 0;
  StepStatus status = StepStatus::kOk;
  // Room for the most steps that an interval can have, so that the inner loop only writes.
  const auto most = static_cast<std::size_t>(ticks_per_sample_);
  std::size_t used = events.size();
  for (const double p : position_mm) {
    if (events.size() - used < most) {
      events.resize(2 * events.size() + most);
    }
    StepEvent* const first = events.data() + used;
    StepEvent* last = first;
    status = interval(std::llround(p * scale_), tick, last);
    used += static_cast<std::size_t>(last - first);
    if (status != StepStatus::kOk) {
      break;
    }
    tick += static_cast<std::uint32_t>(ticks_per_sample_);
  }
  events.resize(used);
  return status;
}

StepStatus StepGenerator::finish(std::vector<StepEvent>& events) noexcept {
  if (faulted_) {
    return StepStatus::kTooFast;
  }
  const Steps target_steps = target();
  // What books_balance() allows, and the step that the hysteresis may hold back.
  STEPCAST_CHECK(std::abs(target_steps - emitted_) <= kMostLateSteps + 1);
  for (std::uint32_t tick = 0; emitted_ != target_steps; ++tick) {
    forward_ = target_steps > emitted_;
    emitted_ += forward_ ? 1 : -1;
    events.push_back({tick, forward_});
  }
  return StepStatus::kOk;
}

// Steps between the last sample and `to`. With N ticks in the interval and a rise of d, tick i
// (1 to N) lies at position + d i / N; threshold T is reached at the first i with
// i >= N (T - position) / d.
StepStatus StepGenerator::interval(std::int64_t to, std::uint32_t first_tick,
                                   StepEvent*& out) noexcept {
  if (faulted_) {
    return StepStatus::kTooFast;
  }
  const std::int64_t rise = to - position_;
  if (std::abs(rise) > kStep * ticks_per_sample_ || is_late()) {
    return visit_ticks(to, first_tick, out);
  }
  if (rise == 0) {
    return StepStatus::kOk;
  }
  const bool up = rise > 0;
  // Distance, in the direction of motion, to the boundary at which the next step is due. A
  // boundary reached going up belongs to the upper step, hence the unit when going down.
  const std::int64_t boundary = emitted_ * kStep + (up ? kHalf : -kHalf - 1);
  std::int64_t ahead = up ? boundary - position_ : position_ - boundary;
  if (up != forward_) {
    ahead += kReversalHysteresis;
  }
  const std::int64_t distance = up ? rise : -rise;
  const auto n = static_cast<std::uint32_t>(ticks_per_sample_);
  const auto d = static_cast<std::uint32_t>(distance);
  std::uint32_t last_tick = 0;
  while (ahead <= distance) {
    // A boundary behind the start of the interval is one that the hysteresis held back.
    const std::uint32_t due = ahead <= 0 ? 1 : (static_cast<std::uint32_t>(ahead) * n + d - 1) / d;
    const std::uint32_t tick = due > last_tick ? due : last_tick + 1;
    if (tick > n) {
      break;  // late: visit_ticks() goes on with it in the next interval
    }
    *out++ = {first_tick + tick - 1, up};
    last_tick = tick;
    emitted_ += up ? 1 : -1;
    if (up != forward_) {
      forward_ = up;
      ahead -= kReversalHysteresis;
    }
    ahead += kStep;
  }
  position_ = to;
  return balance_books();
}

// The same steps tick by tick, for the rare stretches on which the motor is, or falls, behind: on
// every tick the step that brings it closer.
StepStatus StepGenerator::visit_ticks(std::int64_t to, std::uint32_t first_tick,
                                      StepEvent*& out) noexcept {
  const std::int64_t n = ticks_per_sample_;
  const std::int64_t rise = to - position_;
  // Beyond this the lag bound is broken whatever the ticks do; the products below cannot overflow.
  if (std::abs(rise) > kStep * (n + 2 * kMostLateSteps + 2)) {
    faulted_ = true;
    return StepStatus::kTooFast;
  }
  for (std::int64_t i = 1; i <= n; ++i) {
    // n times the distance from the last step to the position on tick i
    const std::int64_t error = (position_ - emitted_ * kStep) * n + rise * i;
    const std::int64_t up_at = kHalf + (forward_ ? 0 : kReversalHysteresis);
    const std::int64_t down_at = -kHalf - 1 - (forward_ ? kReversalHysteresis : 0);
    if (error >= up_at * n || error <= down_at * n) {
      forward_ = error > 0;
      emitted_ += forward_ ? 1 : -1;
      *out++ = {first_tick + static_cast<std::uint32_t>(i) - 1, forward_};
    }
  }
  position_ = to;
  return balance_books();
}

bool StepGenerator::is_late() const noexcept {
  const std::int64_t error = position_ - emitted_ * kStep;
  return error > kHalf + kReversalHysteresis || error < -kHalf - 1 - kReversalHysteresis;
}

// The books must balance after every sample, in every build: a lost step is a ruined part.
StepStatus StepGenerator::balance_books() noexcept {
  if (!is_late()) {
    return StepStatus::kOk;
  }
  const std::int64_t lag = std::abs(position_ - emitted_ * kStep);
  largest_lag_ = std::max(largest_lag_, lag);
  if (lag > kHalf + kMostLateSteps * kStep) {
    faulted_ = true;
    return StepStatus::kTooFast;
  }
  return StepStatus::kOk;
}

double StepGenerator::largest_lag_steps() const noexcept {
  return static_cast<double>(largest_lag_) / static_cast<double>(kStep);
}

}  // namespace stepcast::stepgen
