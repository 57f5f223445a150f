#include "stepcast/math/transfer_function.hpp"

#include <cmath>
#include <limits>
#include <numbers>
#include <string>

#include <gtest/gtest.h>

namespace stepcast::math {
namespace {

constexpr Seconds kPeriod{1e-3};

/// 1 / (s^2 / w^2 + 2 z s / w + 1)
RationalFunction oscillator(double frequency_hz, double damping) {
  const double w = 2.0 * std::numbers::pi * frequency_hz;
  return {{1.0}, {1.0 / (w * w), 2.0 * damping / w, 1.0}};
}

std::string refusal(const RationalFunction& g) {
  const auto checked = check_axis_response(g);
  return checked ? "accepted" : checked.error().message;
}

TEST(Roots, FindsRealAndComplexOnes) {
  const auto found = roots(std::vector<double>{1, 6, 21, 26});  // (s + 2)(s^2 + 4 s + 13)
  ASSERT_TRUE(found.has_value());
  ASSERT_EQ(found->size(), 3U);
  for (const auto& root : *found) {
    EXPECT_NEAR(root.real(), -2.0, 1e-12);
    EXPECT_NEAR(std::abs(root.imag()), root.imag() == 0.0 ? 0.0 : 3.0, 1e-12);
  }
}

TEST(Roots, IgnoresLeadingZerosAndKeepsRootsAtZero) {
  const auto found = roots(std::vector<double>{0, 0, 2, 6, 0});
  ASSERT_TRUE(found.has_value());
  ASSERT_EQ(found->size(), 2U);
  EXPECT_EQ((*found)[0], std::complex<double>(0.0));
  EXPECT_NEAR((*found)[1].real(), -3.0, 1e-14);
}

TEST(Roots, RefusesThePolynomialZero) {
  EXPECT_FALSE(roots(std::vector<double>{0, 0}).has_value());
  EXPECT_FALSE(roots(std::vector<double>{}).has_value());
}

TEST(Roots, KeepsTheirDigitsAcrossTwelveDecades) {
  // (s + 1e-3)(s + 1)(s + 1e9)
  const auto found = roots(std::vector<double>{1, 1e9 + 1.001, 1.001e9 + 1e-3, 1e6});
  ASSERT_TRUE(found.has_value());
  double product = 1.0;
  double smallest = std::numeric_limits<double>::infinity();
  for (const auto& root : *found) {
    product *= std::abs(root);
    smallest = std::min(smallest, std::abs(root));
  }
  EXPECT_NEAR(product, 1e6, 1e-3);
  EXPECT_NEAR(smallest, 1e-3, 1e-11);
}

TEST(Modes, GiveFrequencyAndDampingOfAnOscillator) {
  const auto found = modes(oscillator(25.0, 0.07).den);
  ASSERT_TRUE(found.has_value());
  ASSERT_EQ(found->size(), 1U);
  EXPECT_NEAR((*found)[0].frequency.v, 25.0, 1e-10);
  EXPECT_NEAR((*found)[0].damping, 0.07, 1e-12);
}

TEST(CheckAxisResponse, AcceptsAnOscillator) {
  EXPECT_EQ(refusal(oscillator(25, 0.1)), "accepted");
}

TEST(CheckAxisResponse, NamesBothDegreesOfAnImproperOne) {
  const std::string message = refusal({{1, 1, 1}, {1, 1}});
  EXPECT_NE(message.find("improper"), std::string::npos) << message;
  EXPECT_NE(message.find("degree 2"), std::string::npos) << message;
  EXPECT_NE(message.find("only 1"), std::string::npos) << message;
}

TEST(CheckAxisResponse, NamesThePoleThatGrows) {
  const std::string message = refusal(oscillator(25, -0.1));
  EXPECT_NE(message.find("not stable"), std::string::npos) << message;
  EXPECT_NE(message.find("15.708"), std::string::npos) << message;
}

TEST(CheckAxisResponse, RefusesAnUndampedPair) {
  EXPECT_NE(refusal({{1}, {1, 0, 1}}), "accepted");
}

TEST(CheckAxisResponse, NamesAGainThatIsNotOne) {
  const std::string message = refusal({{2}, {1, 1}});
  EXPECT_NE(message.find("DC gain of the response is 2"), std::string::npos) << message;
}

TEST(CheckAxisResponse, RefusesEmptyAndNotFiniteCoefficients) {
  EXPECT_NE(refusal({{}, {}}), "accepted");
  EXPECT_NE(refusal({{0}, {1, 1}}), "accepted");
  EXPECT_NE(refusal({{1}, {std::numeric_limits<double>::quiet_NaN(), 1}}), "accepted");
}

TEST(DropFastPoles, LeavesAResponseWithoutFastPolesAlone) {
  const RationalFunction g = oscillator(25, 0.1);
  const auto reduced = drop_fast_poles(g, kPeriod);
  ASSERT_TRUE(reduced.has_value());
  ASSERT_EQ(reduced->den.size(), 3U);
  EXPECT_EQ(reduced->den[0], 1.0);
  EXPECT_NEAR(reduced->num[0] / reduced->den[2], 1.0, 1e-15);
}

TEST(DropFastPoles, RemovesARealPoleWithoutTouchingTheDcGain) {
  // (1e7 / (s + 1e7)) * oscillator
  RationalFunction g = oscillator(25, 0.1);
  const double a = g.den[0];
  const double b = g.den[1];
  g.den = {a / 1e7, a + b / 1e7, b + 1.0 / 1e7, 1.0};
  const auto reduced = drop_fast_poles(g, kPeriod);
  ASSERT_TRUE(reduced.has_value()) << reduced.error().to_string();
  ASSERT_EQ(reduced->den.size(), 3U);
  EXPECT_EQ(reduced->num.back() / reduced->den.back(), 1.0);
  EXPECT_NEAR(modes(reduced->den)->front().frequency.v, 25.0, 1e-3);
}

TEST(DropFastPoles, RefusesAFastPairThatIsComplex) {
  const auto reduced = drop_fast_poles(oscillator(1e6, 0.1), kPeriod);
  ASSERT_FALSE(reduced.has_value());
  EXPECT_NE(reduced.error().message.find("complex pole pair at 1e+06 Hz"), std::string::npos)
      << reduced.error().message;
}

TEST(DropFastPoles, RefusesWhenAFastZeroWouldBeLeftImproper) {
  const auto reduced = drop_fast_poles({{1.0 / 2e7, 1}, {1.0 / 1e7, 1}}, kPeriod);
  ASSERT_FALSE(reduced.has_value());
  EXPECT_NE(reduced.error().message.find("improper"), std::string::npos);
}

TEST(DropFastPoles, RefusesWhenTheResponseInTheBandWouldChange) {
  // Four poles just above the limit add up to more than the tolerance at the Nyquist frequency.
  const double p = 1.01 * kFastPoleRatio * std::numbers::pi / kPeriod.v;
  RationalFunction g{{1.0}, {1.0}};
  for (const double pole : {p, 1.1 * p, 1.2 * p, 1.3 * p}) {
    std::vector<double> product(g.den.size() + 1, 0.0);
    for (std::size_t i = 0; i < g.den.size(); ++i) {
      product[i] += g.den[i] / pole;
      product[i + 1] += g.den[i];
    }
    g.den = product;
  }
  const auto reduced = drop_fast_poles(g, kPeriod);
  ASSERT_FALSE(reduced.has_value());
  EXPECT_NE(reduced.error().message.find("at most 0.01"), std::string::npos)
      << reduced.error().message;
}

TEST(WithUnitGain, DividesTheNumeratorByTheGain) {
  const RationalFunction g = with_unit_gain({{3, 8}, {1, 4}});
  EXPECT_EQ(g.num, (std::vector<double>{1.5, 4}));
}

TEST(ScaleFrequency, MovesTheModeAndKeepsDampingAndGain) {
  const RationalFunction g = scale_frequency(oscillator(20, 0.1), 1.25);
  const auto found = modes(g.den);
  ASSERT_TRUE(found.has_value());
  EXPECT_NEAR((*found)[0].frequency.v, 25.0, 1e-9);
  EXPECT_NEAR((*found)[0].damping, 0.1, 1e-12);
  EXPECT_NEAR(g.num.back() / g.den.back(), 1.0, 1e-15);
}

TEST(ScaleDamping, ChangesTheDampingOnly) {
  const auto g = scale_damping(oscillator(20, 0.1), 1.5);
  ASSERT_TRUE(g.has_value());
  const auto found = modes(g->den);
  ASSERT_TRUE(found.has_value());
  EXPECT_NEAR((*found)[0].frequency.v, 20.0, 1e-9);
  EXPECT_NEAR((*found)[0].damping, 0.15, 1e-12);
  EXPECT_NEAR(g->num.back() / g->den.back(), 1.0, 1e-14);
}

TEST(VelocityLag, OfAFirstOrderLagIsItsTimeConstant) {
  EXPECT_NEAR(velocity_lag({{1}, {0.02, 1}}).v, 0.02, 1e-16);
}

}  // namespace
}  // namespace stepcast::math
