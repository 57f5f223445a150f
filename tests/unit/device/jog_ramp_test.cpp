#include "stepcast/device/jog_ramp.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace stepcast::device {
namespace {

constexpr auto kLimits = JogRamp::limits(20'000, 100, 4'000, 20'000);

class JogOfLength : public ::testing::TestWithParam<std::uint32_t> {};

TEST_P(JogOfLength, MakesExactlyThatManyStepsWithinTheLimits) {
  JogRamp ramp;
  ramp.start(kLimits, GetParam());
  std::uint32_t steps = 0;
  std::uint32_t previous = kLimits.lowest;
  while (ramp.left() != 0) {
    steps += ramp.tick() ? 1 : 0;
    const std::uint32_t rate = ramp.rate();
    EXPECT_LE(rate, kLimits.highest);
    EXPECT_GE(rate, kLimits.lowest);
    EXPECT_LE(std::max(rate, previous) - std::min(rate, previous), kLimits.change);
    previous = rate;
  }
  EXPECT_EQ(steps, GetParam());
  // It ends as slowly as it began, to within the speed that one step at the end can make up.
  EXPECT_LT(previous, 4 * kLimits.lowest);
  EXPECT_FALSE(ramp.tick());
}

INSTANTIATE_TEST_SUITE_P(Steps, JogOfLength,
                         ::testing::Values(1, 2, 3, 10, 399, 400, 800, 801, 5'000, 1'000'000));

TEST(JogRamp, ReachesTheHighestRateOnALongWay) {
  JogRamp ramp;
  ramp.start(kLimits, 5'000);
  std::uint32_t fastest = 0;
  std::uint32_t ticks = 0;
  while (ramp.left() != 0) {
    ramp.tick();
    fastest = std::max(fastest, ramp.rate());
    ++ticks;
  }
  EXPECT_EQ(fastest, kLimits.highest);
  // 5000 steps at 4000/s take 1.25 s; each ramp adds 0.1 s to that.
  EXPECT_NEAR(ticks, 1.45 * 20'000, 400);
}

TEST(JogRamp, BrakesWithinTheStepsItTookToSpeedUp) {
  JogRamp ramp;
  ramp.start(kLimits, 1'000'000);
  for (int tick = 0; tick < 20'000; ++tick) {
    ramp.tick();
  }
  ASSERT_EQ(ramp.rate(), kLimits.highest);
  ramp.brake();
  std::uint32_t ticks = 0;
  while (ramp.left() != 0) {
    ramp.tick();
    ++ticks;
  }
  EXPECT_LT(ramp.rate(), 4 * kLimits.lowest);
  EXPECT_NEAR(ticks, 0.2 * 20'000, 300);
}

}  // namespace
}  // namespace stepcast::device
