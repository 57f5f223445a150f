#pragma once

#include <atomic>
#include <cstdint>
#include <stop_token>
#include <thread>

#include "stepcast/device/paper_core.hpp"
#include "stepcast/device/recorder.hpp"

namespace stepcast::device {

/// The step context of a device with virtual motors: executes as many ticks as time has passed.
class StepThread {
 public:
  /// Starts at once. `core` and `sink` (which may be null) must outlive it.
  StepThread(PaperCore& core, TickSink* sink);

  [[nodiscard]] std::uint64_t grid_ticks() const {
    return grid_ticks_.load(std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t late_wakeups() const {
    return late_wakeups_.load(std::memory_order_relaxed);
  }

 private:
  void run(const std::stop_token& stop);
  std::uint64_t execute(std::uint64_t ticks);

  PaperCore& core_;
  TickSink* const sink_;
  std::atomic<std::uint64_t> grid_ticks_{0};
  std::atomic<std::uint64_t> late_wakeups_{0};
  std::jthread thread_;  // last: it uses the others
};

}  // namespace stepcast::device
