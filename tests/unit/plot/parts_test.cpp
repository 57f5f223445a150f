#include <array>
#include <string>
#include <utility>

#include <gmock/gmock.h>

#include "color_scale.hpp"
#include "envelope.hpp"
#include "svg.hpp"
#include "ticks.hpp"

namespace stepcast::plot {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::Pointwise;

TEST(DecimalTicks, StandAtRoundNumbers) {
  EXPECT_THAT(decimal_ticks(0, 10, 6).values, ElementsAre(0, 2, 4, 6, 8, 10));
  EXPECT_THAT(decimal_ticks(-75, 75, 6).values, ElementsAre(-50, 0, 50));
}

TEST(DecimalTicks, KeepTheLastOneInSpiteOfRounding) {
  EXPECT_THAT(decimal_ticks(0, 0.3, 4).values, Pointwise(DoubleNear(1e-12), {0.0, 0.1, 0.2, 0.3}));
}

TEST(DecimalTicks, AreNeverMoreThanAsked) {
  for (double high = 0.013; high < 1e6; high *= 1.37) {
    const auto count = decimal_ticks(0, high, 7).values.size();
    EXPECT_LE(count, 7U) << high;
    EXPECT_GE(count, 3U) << high;
  }
}

TEST(TimeTicks, DivideMinutesAndHours) {
  EXPECT_EQ(time_ticks(100, 11).step, 10);
  EXPECT_EQ(time_ticks(1302, 11).step, 300);
  EXPECT_EQ(time_ticks(31'620, 11).step, 3600);
  EXPECT_EQ(time_ticks(3e6, 11).step, 360'000);
}

TEST(TickLabel, HasJustTheDigitsOfItsStep) {
  EXPECT_EQ(tick_label(0.30000000000000004, 0.1), "0.3");
  EXPECT_EQ(tick_label(1500, 500), "1500");
  EXPECT_EQ(tick_label(0.05, 0.05), "0.05");
}

TEST(TickLabel, HasATrueMinusAndNoNegativeZero) {
  EXPECT_EQ(tick_label(-20, 10), "\u221220");
  EXPECT_EQ(tick_label(-1e-17, 0.1), "0.0");
}

TEST(TimeLabels, SplitAtSixty) {
  EXPECT_EQ(TimeLabels(1302)(1200, 300), "20:00");
  EXPECT_EQ(TimeLabels(31'620)(7200, 3600), "2:00");
  EXPECT_EQ(TimeLabels(100)(40, 20), "40");
}

TEST(Coordinate, HasATenthOfAPixel) {
  EXPECT_EQ(svg::coordinate(12.0), "12");
  EXPECT_EQ(svg::coordinate(12.34), "12.3");
  EXPECT_EQ(svg::coordinate(-0.04), "0");
}

TEST(Escape, KeepsGoodTextAndReplacesBad) {
  EXPECT_EQ(svg::escape("\u00b5m \u2192 \U0001F600"), "\u00b5m \u2192 \U0001F600");
  EXPECT_EQ(svg::escape("\xc3"), "\uFFFD");
  EXPECT_EQ(svg::escape("\xed\xa0\x80"), "\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(svg::escape("\xc0\xaf"), "\uFFFD\uFFFD");
}

/// Relative luminance would do as well; the sum of the channels is enough to see an order.
int brightness(const std::string& color) {
  return 3 * std::stoi(color.substr(1, 2), nullptr, 16) +
         6 * std::stoi(color.substr(3, 2), nullptr, 16) +
         std::stoi(color.substr(5, 2), nullptr, 16);
}

TEST(HeatColor, GetsBrighterAllTheWay) {
  int previous = 0;
  for (int i = 0; i <= 32; ++i) {
    const int now = brightness(heat_color(i / 32.0));
    EXPECT_GT(now, previous) << i;
    previous = now;
  }
}

TEST(Envelope, KeepsFirstLowHighAndLastWhenBinsMerge) {
  Envelope envelope;
  for (const auto& [t, value] : std::array{std::pair{0.0, 5.0}, std::pair{0.0004, 9.0},
                                           std::pair{0.0011, -3.0}, std::pair{0.0016, 4.0}}) {
    envelope.add({.t = t, .value = value});
  }
  EXPECT_FALSE(envelope.bins()[2].used);
  EXPECT_EQ(envelope.bins()[1].low.value, -3);
  envelope.add({.t = Envelope::kFirstSpan * Envelope::kBins, .value = 0});
  const Bin& merged = envelope.bins()[0];
  EXPECT_EQ(merged.first.value, 5);
  EXPECT_EQ(merged.high.value, 9);
  EXPECT_EQ(merged.low.t, 0.0011);
  EXPECT_EQ(merged.last.value, 4);
  EXPECT_FALSE(envelope.bins()[1].used);
  EXPECT_TRUE(envelope.bins()[Envelope::kBins / 2].used);
}

TEST(Envelope, TakesATimeFarBeyondItsBinsAtOnce) {
  Envelope envelope;
  envelope.add({.t = 0, .value = 1});
  envelope.add({.t = 1e15, .value = 2});
  EXPECT_TRUE(envelope.bins()[0].used);
}

}  // namespace
}  // namespace stepcast::plot
