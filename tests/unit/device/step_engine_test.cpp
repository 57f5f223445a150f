#include "stepcast/device/step_engine.hpp"

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "core_rig.hpp"

namespace stepcast::device {
namespace {

using Kind = StepEngine::Kind;

TEST(StepEngine, SlowsDownOnThePathBeforeItRunsDry) {
  CoreRig rig;
  rig.open();
  rig.line("start");
  rig.fill(100);
  ASSERT_EQ(rig.state(), wire::DeviceState::kRunning);
  std::vector<std::size_t> at;  // on the grid: when each tick of the stream was executed
  std::uint8_t tick = 0;
  for (std::size_t grid = 0;; ++grid) {
    const Kind kind = rig.core->tick(tick);
    if (kind == Kind::kNothing) {
      break;
    }
    if (kind == Kind::kStream) {
      at.push_back(grid);
    } else {
      ASSERT_EQ(kind, Kind::kStretch);
      ASSERT_EQ(tick, wire::kIdleTick);
    }
  }
  rig.core->poll(rig.now);
  ASSERT_EQ(at.size(), 120'000U) << "every tick, although it ran dry";
  EXPECT_EQ(at[120'000 - 2050], 120'000U - 2050U) << "full speed until the brake distance";
  std::size_t longest = 0;
  for (std::size_t i = 1; i < at.size(); ++i) {
    const std::size_t gap = at[i] - at[i - 1];
    // Never faster again by more than the rounding of one tick.
    EXPECT_GE(gap + 1, longest);
    longest = std::max(longest, gap);
  }
  EXPECT_GE(longest, 40U) << "nearly at rest when it ends";
  EXPECT_NEAR(static_cast<double>(at.back()), 120'000 + 2048, 200);
  EXPECT_EQ(rig.state(), wire::DeviceState::kPaused);
  EXPECT_EQ(rig.core->pauses(), 1U);
}

TEST(StepEngine, SpeedsUpAgainWhenPacketsArriveInTime) {
  CoreRig rig;
  rig.open();
  rig.line("start");
  rig.fill(100);
  rig.move(119'000);
  ASSERT_LT(rig.executed.size(), 119'000U) << "already slowing down";
  rig.fill(50, 100);
  rig.settle();
  EXPECT_EQ(rig.core->pauses(), 1U) << "only the one at the very end";
  EXPECT_EQ(rig.executed.size(), 180'000U);
}

TEST(StepEngine, RunsAtFullSpeedIntoTheEnd) {
  CoreRig rig;
  rig.open();
  rig.line("start");
  rig.fill(9);
  rig.send(9, 100, true);
  rig.core->poll(rig.now);
  EXPECT_EQ(rig.move(100'000), 9U * 1200U + 100U);
  rig.core->poll(rig.now);
  EXPECT_EQ(rig.state(), wire::DeviceState::kDone);
  EXPECT_EQ(rig.core->progress().executed, 9U * 1200U + 100U);
}

TEST(StepEngine, HoldsWithinAFifthOfASecondAndGoesOnFromTheSameTick) {
  CoreRig rig;
  rig.open();
  rig.line("start");
  rig.fill(100);
  rig.move(50'000);
  rig.line("stop");
  EXPECT_EQ(rig.state(), wire::DeviceState::kHeld);
  const auto held_at = rig.executed.size();
  EXPECT_NEAR(static_cast<double>(held_at), 50'000 + 2048, 5);
  EXPECT_EQ(rig.core->progress().executed, held_at);
  EXPECT_EQ(rig.move(1000), 0U);
  rig.line("start");
  rig.core->poll(rig.now);
  EXPECT_EQ(rig.state(), wire::DeviceState::kRunning);
  rig.settle();
  EXPECT_EQ(rig.executed.size(), 120'000U);
}

TEST(StepEngine, WaitsForDataWhenTheSpeedFollowsIt) {
  CoreRig rig;
  rig.open();
  rig.line("start speed=max");
  rig.fill(100);
  rig.settle();
  EXPECT_EQ(rig.state(), wire::DeviceState::kRunning);
  EXPECT_EQ(rig.core->pauses(), 0U);
  EXPECT_EQ(rig.executed.size(), 120'000U - 2049U);
  rig.send(100, 7, true);
  rig.settle();
  EXPECT_EQ(rig.state(), wire::DeviceState::kDone);
  EXPECT_EQ(rig.executed.size(), 120'007U);
}

TEST(StepEngine, CountsPositionsModuloTheirWidth) {
  CoreRig rig;
  rig.open();
  rig.core->on_datagram(rig.datagram(0, 1200, true, 0x13), rig.now);  // x forward, y backward
  rig.line("start");
  rig.settle();
  EXPECT_EQ(rig.core->progress().positions, (std::array<std::int32_t, 4>{1200, -1200, 0, 0}));
}

TEST(StepEngine, ShowsOneConsistentPictureToAnotherThread) {
  CoreRig rig;
  rig.open();
  rig.line("start");
  rig.fill(100);  // x forward in every tick, so x equals the number of executed ticks
  std::atomic<bool> done{false};
  std::jthread steps([&] {
    std::array<std::uint8_t, 7> out{};
    while (rig.core->pull(out).ticks != 0) {
    }
    done = true;
  });
  std::uint64_t last = 0;
  while (!done) {
    const Progress progress = rig.core->progress();
    ASSERT_EQ(progress.executed, static_cast<std::uint64_t>(progress.positions[0]));
    ASSERT_GE(progress.executed, last);
    last = progress.executed;
  }
}

TEST(PaperCore, FeedsTheStepThreadWhileItRuns) {
  CoreRig rig;
  rig.open();
  rig.line("start");
  constexpr std::uint32_t kPackets = 1000;
  std::atomic<bool> stop{false};
  std::uint64_t executed = 0;
  std::jthread steps([&] {
    std::array<std::uint8_t, 333> out{};
    while (!stop) {
      const auto run = rig.core->pull(out);
      executed += run.kind == Kind::kStream ? run.ticks : 0;
    }
  });
  for (std::uint32_t number = 0; rig.state() != wire::DeviceState::kDone;) {
    if (number < kPackets && rig.core->fill() < PaperFifo::kSlots) {
      rig.send(number, 1200, number == kPackets - 1);
      ++number;
    }
    rig.core->poll(++rig.now);
  }
  stop = true;
  steps.join();
  EXPECT_EQ(executed, kPackets * 1200ULL);
}

}  // namespace
}  // namespace stepcast::device
