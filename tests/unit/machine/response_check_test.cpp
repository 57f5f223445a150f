#include "response_check.hpp"

#include <array>
#include <cmath>
#include <limits>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>

#include "spelling.hpp"

namespace stepcast::machine {
namespace {

TEST(Stability, FollowsThePolesOfAFirstOrderSystem) {
  EXPECT_TRUE(is_stable({1, 3}));
  EXPECT_FALSE(is_stable({1, -3}));
}

TEST(Stability, RefusesAnUndampedOscillator) {
  EXPECT_FALSE(is_stable({1, 0, 4}));
}

TEST(Stability, SeesRightHalfPlanePolesBehindPositiveCoefficients) {
  // (s + 3)(s^2 - s + 4) = s^3 + 2 s^2 + s + 12: every coefficient positive, two poles unstable.
  EXPECT_FALSE(is_stable({1, 2, 1, 12}));
  // (s + 3)(s^2 + s + 4)
  EXPECT_TRUE(is_stable({1, 4, 7, 12}));
}

TEST(Stability, IgnoresTheSignOfTheWholePolynomial) {
  EXPECT_TRUE(is_stable({-1, -4, -7, -12}));
}

TEST(Stability, HoldsForThePublishedStiffFourthOrder) {
  EXPECT_TRUE(is_stable({1, 1.127e10, 8.872e16, 3.742e18, 2.247e21}));
}

TEST(Stability, HoldsForThePublishedSixthOrder) {
  EXPECT_TRUE(is_stable({1, 254.6, 1.314e5, 1.685e7, 4.993e9, 2.657e11, 5.712e13}));
}

TEST(Stability, FollowsTheDampingOfFastModes) {
  // Modes at 30 and 50 Hz with 4 % damping, then the second one fed with energy.
  const auto product = [](double damping) {
    const double w1 = 2 * M_PI * 30;
    const double w2 = 2 * M_PI * 50;
    const double b1 = 2 * 0.04 * w1;
    const double b2 = 2 * damping * w2;
    return std::vector<double>{1, b1 + b2, w1 * w1 + w2 * w2 + b1 * b2, b1 * w2 * w2 + b2 * w1 * w1,
                               w1 * w1 * w2 * w2};
  };
  EXPECT_TRUE(is_stable(product(0.04)));
  EXPECT_TRUE(is_stable(product(0.0001)));
  EXPECT_FALSE(is_stable(product(-0.0001)));
}

TEST(ResponseCheck, AcceptsAGainWithinOnePercent) {
  EXPECT_FALSE(find_problem({{0.995}, {1, 1}}).has_value());
  EXPECT_TRUE(find_problem({{0.985}, {1, 1}}).has_value());
}

TEST(ResponseCheck, BlamesTheDenominatorForAnUnstablePole) {
  const auto problem = find_problem({{1}, {-1, 1}});
  ASSERT_TRUE(problem.has_value());
  EXPECT_FALSE(problem->in_numerator);
}

TEST(ResponseCheck, RefusesCoefficientsThatAreNotFinite) {
  EXPECT_TRUE(find_problem({{std::numeric_limits<double>::quiet_NaN()}, {1, 1}}).has_value());
  EXPECT_TRUE(find_problem({{1}, {1, std::numeric_limits<double>::infinity()}}).has_value());
}

TEST(ResponseCheck, RefusesALeadingZero) {
  EXPECT_TRUE(find_problem({{1}, {0, 1, 1}}).has_value());
}

TEST(Spelling, FindsTheNearestOfSeveral) {
  constexpr std::array<std::string_view, 3> kWords{"taz6", "ender3", "corexy"};
  EXPECT_EQ(nearest_spelling("ender", kWords), "ender3");
  EXPECT_EQ(nearest_spelling("coerxy", kWords), "corexy");
  EXPECT_EQ(nearest_spelling("prusa", kWords), "");
}

}  // namespace
}  // namespace stepcast::machine
