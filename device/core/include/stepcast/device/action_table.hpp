#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "stepcast/wire/heat_action.hpp"

namespace stepcast::device {

/// Actions that are due at certain ticks of the stream, in the order in which they came.
///
/// The host adds them before it sends the ticks behind them. The step context passes each exactly
/// when its tick is executed, and stands still there if the action waits; the network context then
/// carries it out. A slot is free again when that is done.
///
/// Threads: `network` functions in one context, `step` functions in another; one word each way.
class ActionTable {
 public:
  /// 6 s of FIFO with forty actions a second.
  static constexpr std::uint32_t kCapacity = 256;
  /// The step context compares 32 bits; further ahead than this is refused.
  static constexpr std::uint64_t kFurthest = std::uint64_t{1} << 31U;

  struct Entry {
    std::uint64_t tick = 0;
    wire::HeatAction action;
  };

  /// network: while the step context rests.
  void reset() {
    taken_ = 0;
    last_tick_ = 0;
    passed_.store(0, std::memory_order_relaxed);
    added_.store(0, std::memory_order_release);
  }
  /// network: Free slots.
  [[nodiscard]] std::uint32_t room() const {
    return kCapacity - (added_.load(std::memory_order_relaxed) - taken_);
  }
  /// network: Actions that were added since reset().
  [[nodiscard]] std::uint32_t added() const { return added_.load(std::memory_order_relaxed); }
  /// network: The tick of the newest action; no later one may come before it.
  [[nodiscard]] std::uint64_t last_tick() const { return last_tick_; }
  /// network: @pre room() > 0, tick >= last_tick(), tick not yet executed
  void add(std::uint64_t tick, const wire::HeatAction& action) {
    const std::uint32_t added = added_.load(std::memory_order_relaxed);
    slots_[added % kCapacity] = {.tick = tick, .action = action};
    last_tick_ = tick;
    added_.store(added + 1, std::memory_order_release);
  }
  /// network: The next action that was passed and not yet taken. @returns false if there is none.
  bool take(Entry& out) {
    if (taken_ == passed_.load(std::memory_order_acquire)) {
      return false;
    }
    out = slots_[taken_ % kCapacity];
    ++taken_;
    return true;
  }

  /// step: Ticks until the next action, 0 also if it came too late; kFurthest if there is none.
  [[nodiscard]] std::uint32_t distance(std::uint32_t executed_low) const {
    const std::uint32_t passed = passed_.load(std::memory_order_relaxed);
    if (passed == added_.load(std::memory_order_acquire)) {
      return static_cast<std::uint32_t>(kFurthest);
    }
    const std::uint32_t ahead = tick_low(passed) - executed_low;
    return ahead < kFurthest ? ahead : 0;
  }
  /// step: The next action, if there is one, stops the motion.
  [[nodiscard]] bool next_waits() const {
    const std::uint32_t passed = passed_.load(std::memory_order_relaxed);
    return passed != added_.load(std::memory_order_acquire) && waits(passed);
  }
  /// step: @pre distance() == 0. @returns whether the action stops the motion.
  bool pass() {
    const std::uint32_t passed = passed_.load(std::memory_order_relaxed);
    const bool stops = waits(passed);
    passed_.store(passed + 1, std::memory_order_release);
    return stops;
  }
  /// any: Actions that were passed since reset().
  [[nodiscard]] std::uint32_t passed() const { return passed_.load(std::memory_order_acquire); }

 private:
  static_assert((kCapacity & (kCapacity - 1)) == 0,
                "a slot is found by masking, also after a wrap");

  /// Of the tick the lower half: no 64-bit arithmetic in the step context.
  [[nodiscard]] std::uint32_t tick_low(std::uint32_t number) const {
    return static_cast<std::uint32_t>(slots_[number % kCapacity].tick);
  }
  [[nodiscard]] bool waits(std::uint32_t number) const {
    return slots_[number % kCapacity].action.wait != wire::HeatWait::kNone;
  }

  std::array<Entry, kCapacity> slots_{};
  // Network context.
  std::uint32_t taken_ = 0;
  std::uint64_t last_tick_ = 0;
  // Shared, one writer each.
  std::atomic<std::uint32_t> added_{0};   // network
  std::atomic<std::uint32_t> passed_{0};  // step
};

}  // namespace stepcast::device
