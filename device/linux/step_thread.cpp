#include "step_thread.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>

namespace stepcast::device {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::nanoseconds;

// Virtual motors need no tick of their own in time: 1 ms is what the network side polls with.
constexpr std::chrono::milliseconds kPeriod{1};
// While `speed=max` waits for data.
constexpr std::chrono::microseconds kNap{100};
// After a longer stall (a suspended process) motion goes on from where it is, not in one leap. No
// tick is lost by that: the stream is executed later, not skipped.
constexpr std::chrono::seconds kLongestCatchUp{1};

constexpr std::uint64_t kNanosecondsPerSecond = 1'000'000'000;
static_assert(std::uint64_t{1'000'000'000} <=
                  std::numeric_limits<std::uint64_t>::max() / wire::kMaxTickHz / 10'000,
              "the product in run() fits, up to a grid of 20 kHz at 100 000 times real time");

}  // namespace

StepThread::StepThread(PaperCore& core, TickSink* sink)
    : core_(core), sink_(sink), thread_([this](const std::stop_token& stop) { run(stop); }) {}

/// @returns how many of the ticks were executed; fewer only if the machine rests.
std::uint64_t StepThread::execute(std::uint64_t ticks) {
  std::array<std::uint8_t, wire::kPaperTicksPerPacket> buffer;
  std::uint64_t left = ticks;
  while (left > 0) {
    const auto room = std::span(buffer).first(std::min<std::uint64_t>(left, buffer.size()));
    const StepEngine::Run run = core_.pull(room);
    if (run.ticks == 0) {
      break;
    }
    left -= run.ticks;
    if (sink_ != nullptr && run.kind == StepEngine::Kind::kStream) {
      sink_->on_stream(room.first(run.ticks));
    } else if (sink_ != nullptr && run.kind == StepEngine::Kind::kJog) {
      sink_->on_jog(room.first(run.ticks));
    }
  }
  const std::uint64_t executed = ticks - left;
  grid_ticks_.store(grid_ticks_.load(std::memory_order_relaxed) + executed,
                    std::memory_order_relaxed);
  return executed;
}

void StepThread::run(const std::stop_token& stop) {
  auto last = Clock::now();
  auto deadline = last;
  // Time that is not yet executed, in nanoseconds x ticks per second: no rounding adds up.
  std::uint64_t due = 0;
  while (!stop.stop_requested()) {
    const std::uint32_t speed = core_.speed();
    if (speed == wire::kSpeedMax) {
      if (execute(wire::kPaperTicksPerPacket) == 0) {
        std::this_thread::sleep_for(kNap);
      }
      last = deadline = Clock::now();
      due = 0;
      continue;
    }
    const auto now = Clock::now();
    const auto passed = std::min<nanoseconds>(now - last, kLongestCatchUp);
    last = now;
    due += static_cast<std::uint64_t>(passed.count()) * core_.config().tick_hz * speed;
    const std::uint64_t ticks = due / kNanosecondsPerSecond;
    due %= kNanosecondsPerSecond;
    if (execute(ticks) < ticks) {
      due = 0;  // at rest: time that passes now is not owed later
    }
    deadline += kPeriod;
    if (const auto after = Clock::now(); after > deadline + kPeriod) {
      late_wakeups_.store(late_wakeups_.load(std::memory_order_relaxed) + 1,
                          std::memory_order_relaxed);
      deadline = after;
    }
    std::this_thread::sleep_until(deadline);
  }
}

}  // namespace stepcast::device
