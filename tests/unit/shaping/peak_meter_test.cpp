#include "stepcast/shaping/peak_meter.hpp"

#include <span>
#include <vector>

#include <gtest/gtest.h>

namespace stepcast::test {
namespace {

using shaping::AxisPeaks;
using shaping::PeakMeter;

TEST(PeakMeter, RestHasNoPeaks) {
  PeakMeter meter;
  meter.start(250.0);
  meter.add(std::vector<double>(100, 250.0));
  EXPECT_EQ(meter.peaks().speed.value.v, 0.0);
  EXPECT_EQ(meter.peaks().jerk.value.v, 0.0);
}

TEST(PeakMeter, ConstantSpeedIsThatSpeedAndItsStartCountsAsAcceleration) {
  PeakMeter meter;
  meter.start(0.0);
  meter.add(std::vector<double>{0.0, 0.075, 0.150, 0.225});
  const AxisPeaks peaks = meter.peaks();
  EXPECT_NEAR(peaks.speed.value.v, 75.0, 1e-9);
  EXPECT_NEAR(peaks.acceleration.value.v, 75e3, 1e-6);
  EXPECT_EQ(peaks.acceleration.sample, 1);
}

TEST(PeakMeter, ParabolaHasItsAccelerationAndCubicItsJerk) {
  PeakMeter meter;
  meter.start(0.0);
  std::vector<double> cubic;
  for (int k = 0; k < 50; ++k) {
    const double t = k * 1e-3;
    cubic.push_back(5e6 * t * t * t / 6.0);
  }
  meter.add(cubic);
  EXPECT_NEAR(meter.peaks().jerk.value.v, 5e6, 1e-3 * 5e6);
  EXPECT_NEAR(meter.peaks().acceleration.value.v, 5e6 * 0.048, 1.0);
  EXPECT_EQ(meter.peaks().acceleration.sample, 49);
}

TEST(PeakMeter, BlocksOfAnySizeGiveTheSamePeaks) {
  std::vector<double> positions;
  for (int k = 0; k < 300; ++k) {
    positions.push_back(static_cast<double>((k * 7919) % 101) * 1e-3);
  }
  PeakMeter whole;
  whole.start(0.0);
  whole.add(positions);
  PeakMeter pieces;
  pieces.start(0.0);
  for (std::size_t k = 0; k < positions.size(); k += 7) {
    pieces.add(std::span(positions).subspan(k, std::min<std::size_t>(7, positions.size() - k)));
  }
  EXPECT_EQ(pieces.peaks().speed.value, whole.peaks().speed.value);
  EXPECT_EQ(pieces.peaks().jerk.value, whole.peaks().jerk.value);
  EXPECT_EQ(pieces.peaks().jerk.sample, whole.peaks().jerk.sample);
}

TEST(PeakMeter, AJumpFromTheStartPositionIsSeen) {
  PeakMeter meter(Hertz(100.0));
  meter.start(1.0);
  meter.add(std::vector<double>{3.0});
  EXPECT_NEAR(meter.peaks().speed.value.v, 200.0, 1e-12);
  EXPECT_EQ(meter.peaks().speed.sample, 0);
}

}  // namespace
}  // namespace stepcast::test
