#include "stepcast/math/bspline.hpp"

#include <cstddef>

#include <gtest/gtest.h>

namespace stepcast::math {
namespace {

TEST(CardinalBspline, DegreeOneIsTheHat) {
  EXPECT_DOUBLE_EQ(cardinal_bspline(1, 0.25), 0.25);
  EXPECT_DOUBLE_EQ(cardinal_bspline(1, 1.0), 1.0);
  EXPECT_DOUBLE_EQ(cardinal_bspline(1, 1.75), 0.25);
}

TEST(CardinalBspline, VanishesOutsideItsSupport) {
  for (int degree = 0; degree <= kMaxSplineDegree; ++degree) {
    EXPECT_EQ(cardinal_bspline(degree, -0.01), 0.0);
    EXPECT_EQ(cardinal_bspline(degree, degree + 1.0), 0.0);
    EXPECT_GT(cardinal_bspline(degree, 0.5 * (degree + 1)), 0.0);
  }
}

TEST(CardinalBspline, IntegerShiftsSumToOne) {
  for (int degree = 0; degree <= kMaxSplineDegree; ++degree) {
    for (const double t : {0.0, 0.1, 0.5, 0.93}) {
      double sum = 0.0;
      for (int shift = 0; shift <= degree; ++shift) {
        sum += cardinal_bspline(degree, t + shift);
      }
      EXPECT_NEAR(sum, 1.0, 1e-15) << degree << " " << t;
    }
  }
}

TEST(CardinalBspline, QuinticTakesTheTextbookValuesAtTheKnots) {
  const double expected[] = {0, 1, 26, 66, 26, 1, 0};
  for (int knot = 0; knot <= 6; ++knot) {
    EXPECT_NEAR(cardinal_bspline(5, knot) * 120.0, expected[knot], 1e-12);
  }
}

TEST(SampledBspline, CoversTheSupportWithItsEndPoints) {
  const auto samples = sampled_bspline(5, 10);
  ASSERT_EQ(samples.size(), 61U);
  EXPECT_EQ(samples.front(), 0.0);
  EXPECT_EQ(samples.back(), 0.0);
  for (std::size_t k = 0; k < samples.size(); ++k) {
    EXPECT_NEAR(samples[k], samples[samples.size() - 1 - k], 1e-15);
  }
}

}  // namespace
}  // namespace stepcast::math
