#pragma once

#include <cstdint>

namespace stepcast::device {

/// The step rate of a jog: up, level, down; one addition and a few comparisons a tick.
///
/// A 32-bit phase wraps once a step; `rate` is what is added to it each tick. The steps made while
/// speeding up are counted, and when only as many are left the rate goes down again the same way.
class JogRamp {
 public:
  struct Limits {
    std::uint32_t lowest;   ///< Rate at which motion may begin and end.
    std::uint32_t highest;  ///< Rate of the level part.
    std::uint32_t change;   ///< Rate added or taken each tick.
  };

  /// In steps/s and steps/s2; divides, so it belongs into the set-up, not into a tick.
  /// @pre tick_hz > highest_hz >= lowest_hz > 0
  static constexpr Limits limits(std::uint32_t tick_hz, std::uint32_t lowest_hz,
                                 std::uint32_t highest_hz, std::uint32_t steps_per_s2) {
    constexpr std::uint64_t kOneStep = std::uint64_t{1} << 32U;
    const std::uint64_t one_hz = kOneStep / tick_hz;
    return {.lowest = static_cast<std::uint32_t>(one_hz * lowest_hz),
            .highest = static_cast<std::uint32_t>(one_hz * highest_hz),
            .change = static_cast<std::uint32_t>(one_hz * steps_per_s2 / tick_hz)};
  }

  constexpr void start(const Limits& limits, std::uint32_t steps) {
    limits_ = limits;
    left_ = steps;
    rate_ = limits.lowest;
    climb_ = 0;
    phase_ = 0;
  }

  /// Slows down at once; `left()` reaches 0 a little later.
  constexpr void brake() {
    if (left_ > climb_) {
      left_ = climb_;
    }
  }

  /// One tick; true when the motor makes a step in it.
  constexpr bool tick() {
    if (left_ == 0) {
      return false;
    }
    const bool slowing = left_ <= climb_;
    if (slowing) {
      rate_ = rate_ - limits_.lowest > limits_.change ? rate_ - limits_.change : limits_.lowest;
    } else if (rate_ < limits_.highest) {
      rate_ = limits_.highest - rate_ > limits_.change ? rate_ + limits_.change : limits_.highest;
    }
    phase_ += rate_;
    if (phase_ >= rate_) {
      return false;  // no wrap
    }
    --left_;
    if (slowing) {
      --climb_;
    } else if (rate_ < limits_.highest) {
      ++climb_;
    }
    return true;
  }

  [[nodiscard]] constexpr std::uint32_t left() const { return left_; }
  [[nodiscard]] constexpr std::uint32_t rate() const { return rate_; }

 private:
  Limits limits_{};
  std::uint32_t left_ = 0;
  std::uint32_t rate_ = 0;
  std::uint32_t climb_ = 0;
  std::uint32_t phase_ = 0;
};

}  // namespace stepcast::device
