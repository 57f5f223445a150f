#include "stepcast/stepgen/step_generator.hpp"

#include <cmath>

#include "stepcast/base/contracts.hpp"

namespace stepcast::stepgen {
namespace {

constexpr int kFractionBits = 16;
constexpr std::int64_t kStep = std::int64_t{1} << kFractionBits;
constexpr std::int64_t kHalf = kStep / 2;
// Keeps every product of an interval, at most kStep n^2, inside 32 bits, where division is cheap.
constexpr int kMostTicksPerSample = 255;

constexpr Steps rounded(std::int64_t position) {
  return (position + kHalf) >> kFractionBits;
}

}  // namespace

StepGenerator::StepGenerator(double steps_per_mm, int ticks_per_sample)
    : scale_(steps_per_mm * static_cast<double>(kStep)), ticks_per_sample_(ticks_per_sample) {
  STEPCAST_CHECK(ticks_per_sample > 0 && ticks_per_sample <= kMostTicksPerSample);
}

Steps StepGenerator::to_steps(double position_mm, double steps_per_mm) noexcept {
  return rounded(std::llround(position_mm * (steps_per_mm * static_cast<double>(kStep))));
}

void StepGenerator::start(double position_mm) noexcept {
  position_ = std::llround(position_mm * scale_);
  emitted_ = rounded(position_);
  forward_ = true;
  faulted_ = false;
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
  if (emitted_ != target_steps) {
    // The invariant of interval() leaves at most one step.
    STEPCAST_CHECK(std::abs(target_steps - emitted_) == 1);
    forward_ = target_steps > emitted_;
    emitted_ = target_steps;
    events.push_back({0, forward_});
  }
  return StepStatus::kOk;
}

// Steps between the last sample and `to`. With N ticks in the interval and a rise of d, tick i
// (1 to N) lies at position + d i / N; threshold T is reached at the first i with
// i >= N (T - position) / d.
StepStatus StepGenerator::interval(std::int64_t to, std::uint32_t first_tick,
                                   StepEvent*& out) noexcept {
  const std::int64_t rise = to - position_;
  if (faulted_ || std::abs(rise) > kStep * ticks_per_sample_) {
    faulted_ = true;
    return StepStatus::kTooFast;
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
      faulted_ = true;
      return StepStatus::kTooFast;
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
  // The books must balance after every sample, in every build: a lost step is a ruined part.
  const std::int64_t error = position_ - emitted_ * kStep;
  STEPCAST_CHECK(error <= kHalf + kReversalHysteresis && error >= -kHalf - 1 - kReversalHysteresis);
  return StepStatus::kOk;
}

}  // namespace stepcast::stepgen
