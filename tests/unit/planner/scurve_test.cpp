#include "stepcast/planner/scurve.hpp"

#include <cmath>
#include <random>

#include <gtest/gtest.h>

namespace stepcast::planner {
namespace {

constexpr RampLimits kPaper{MmPerS2(1e4), MmPerS3(5e6)};
constexpr RampLimits kTrapezoid{MmPerS2(1e4), MmPerS3(INFINITY)};

// The same quantities by brute force: integrate jerk, acceleration, speed in small steps.
Ramp integrated(double v0, double v1, const RampLimits& limits) {
  const double a = limits.acceleration.v;
  const double j = limits.jerk.v;
  const double dv = v1 - v0;
  const double a_peak = std::min(a, std::sqrt(dv * j));
  const double t_jerk = a_peak / j;
  const double t_total = dv / a_peak + t_jerk;
  constexpr int kSteps = 200000;
  const double dt = t_total / kSteps;
  double distance = 0;
  double speed = v0;
  for (int i = 0; i < kSteps; ++i) {
    const double t = (i + 0.5) * dt;
    const double acceleration = t < t_jerk             ? j * t
                                : t > t_total - t_jerk ? j * (t_total - t)
                                                       : a_peak;
    distance += (speed + 0.5 * acceleration * dt) * dt;
    speed += acceleration * dt;
  }
  EXPECT_NEAR(speed, v1, 1e-6 * v1);
  return {Mm(distance), Seconds(t_total)};
}

TEST(Scurve, RampAgreesWithNumericalIntegration) {
  for (const auto& [v0, v1] : {std::pair{0.0, 75.0}, {0.0, 5.0}, {20.0, 35.0}, {10.0, 175.0}}) {
    const Ramp expected = integrated(v0, v1, kPaper);
    const Ramp ramp = speed_change(MmPerS(v0), MmPerS(v1), kPaper);
    EXPECT_NEAR(ramp.distance.v, expected.distance.v, 1e-6 * expected.distance.v);
    EXPECT_NEAR(ramp.duration.v, expected.duration.v, 1e-12);
  }
}

TEST(Scurve, SlowingDownCostsWhatSpeedingUpDoes) {
  const Ramp up = speed_change(MmPerS(12), MmPerS(80), kPaper);
  const Ramp down = speed_change(MmPerS(80), MmPerS(12), kPaper);
  EXPECT_EQ(up.distance, down.distance);
  EXPECT_EQ(up.duration, down.duration);
}

TEST(Scurve, WithoutJerkLimitIsATrapezoid) {
  const Ramp ramp = speed_change(MmPerS(0), MmPerS(100), kTrapezoid);
  EXPECT_DOUBLE_EQ(ramp.duration.v, 0.01);
  EXPECT_DOUBLE_EQ(ramp.distance.v, 0.5);
}

TEST(Scurve, WithoutAccelerationLimitCostsNothing) {
  const RampLimits unlimited{MmPerS2(INFINITY), MmPerS3(INFINITY)};
  EXPECT_EQ(speed_change(MmPerS(0), MmPerS(100), unlimited).duration, Seconds(0));
}

TEST(Scurve, ReachableSpeedInvertsTheRamp) {
  std::mt19937 random(20260101);
  std::uniform_real_distribution<double> speed(0, 200);
  for (const RampLimits& limits : {kPaper, kTrapezoid}) {
    for (int i = 0; i < 10000; ++i) {
      const double v0 = speed(random);
      const double v1 = v0 + speed(random);
      const Mm length = speed_change(MmPerS(v0), MmPerS(v1), limits).distance;
      const MmPerS reached = reachable_speed(MmPerS(v0), length, MmPerS(1000), limits);
      ASSERT_NEAR(reached.v, v1, 1e-9 * (1 + v1)) << "v0 " << v0 << " v1 " << v1;
    }
  }
}

TEST(Scurve, ReachableSpeedStopsAtTheCeiling) {
  EXPECT_EQ(reachable_speed(MmPerS(0), Mm(100), MmPerS(75), kPaper), MmPerS(75));
  EXPECT_EQ(reachable_speed(MmPerS(50), Mm(0), MmPerS(75), kPaper), MmPerS(50));
}

TEST(Scurve, PeakSpeedUsesTheWholeLength) {
  std::mt19937 random(7);
  std::uniform_real_distribution<double> speed(0, 100);
  std::uniform_real_distribution<double> extra(0, 3);
  for (const RampLimits& limits : {kPaper, kTrapezoid}) {
    for (int i = 0; i < 10000; ++i) {
      const MmPerS v0(speed(random));
      const MmPerS v1(speed(random));
      const Mm length = speed_change(v0, v1, limits).distance + Mm(extra(random));
      const MmPerS peak = peak_speed(length, v0, v1, MmPerS(1e4), limits);
      ASSERT_GE(peak, std::max(v0, v1));
      const Mm used =
          speed_change(v0, peak, limits).distance + speed_change(peak, v1, limits).distance;
      ASSERT_NEAR(used.v, length.v, 1e-9 * (1 + length.v)) << "v0 " << v0.v << " v1 " << v1.v;
    }
  }
}

TEST(Scurve, ProfileEndsWhereAndAsFastAsAsked) {
  std::mt19937 random(11);
  std::uniform_real_distribution<double> speed(0, 100);
  std::uniform_real_distribution<double> extra(0, 20);
  for (int i = 0; i < 10000; ++i) {
    const MmPerS v0(speed(random));
    const MmPerS v1(speed(random));
    const Mm length = speed_change(v0, v1, kPaper).distance + Mm(extra(random));
    const MmPerS peak = peak_speed(length, v0, v1, MmPerS(120), kPaper);
    const SpeedProfile profile(length, v0, peak, v1, kPaper);
    ASSERT_LE(profile.phases().size(), 7U);
    const Phase& last = profile.phases().back();
    const double t = last.duration.v;
    const double distance =
        last.distance.v + t * (last.speed.v + t * (last.acceleration.v / 2 + t * last.jerk.v / 6));
    const double end_speed = last.speed.v + t * (last.acceleration.v + t * last.jerk.v / 2);
    ASSERT_NEAR(distance, length.v, 1e-9 * (1 + length.v));
    ASSERT_NEAR(end_speed, v1.v, 1e-6);
    for (const Phase& phase : profile.phases()) {
      ASSERT_LE(std::abs(phase.acceleration.v), kPaper.acceleration.v * (1 + 1e-12));
      ASSERT_LE(std::abs(phase.jerk.v), kPaper.jerk.v);
    }
  }
}

}  // namespace
}  // namespace stepcast::planner
