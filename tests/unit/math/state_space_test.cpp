#include "stepcast/math/state_space.hpp"

#include <cmath>
#include <functional>

#include <gtest/gtest.h>

namespace stepcast::math {
namespace {

constexpr double kTimeConstant_s = 0.02;
constexpr Seconds kSamplePeriod{1e-3};

RationalFunction first_order_lag() {
  return {{1}, {kTimeConstant_s, 1}};
}

double after(const StateSpace& g, int samples, const std::function<double(int)>& input) {
  std::vector<double> x(g.n, 0.0);
  double y = 0.0;
  for (int k = 0; k <= samples; ++k) {
    y = g.d * input(k);
    std::vector<double> next = multiply(g.a, x);
    for (std::size_t i = 0; i < g.n; ++i) {
      y += g.c[i] * x[i];
      next[i] += g.b[i] * input(k);
    }
    x = next;
  }
  return y;
}

TEST(Discretise, ZeroOrderHoldIsExactForAStep) {
  const auto g = discretise(first_order_lag(), kSamplePeriod, Hold::kZeroOrder);
  ASSERT_TRUE(g.has_value());
  const double y = after(*g, 30, [](int) { return 1.0; });
  EXPECT_NEAR(y, 1.0 - std::exp(-30.0 * kSamplePeriod.v / kTimeConstant_s), 1e-14);
}

TEST(Discretise, FirstOrderHoldIsExactForARamp) {
  const auto g = discretise(first_order_lag(), kSamplePeriod, Hold::kFirstOrder);
  ASSERT_TRUE(g.has_value());
  const double t = 30.0 * kSamplePeriod.v;
  const double y = after(*g, 30, [](int k) { return k * kSamplePeriod.v; });
  EXPECT_NEAR(y, t - kTimeConstant_s * (1.0 - std::exp(-t / kTimeConstant_s)), 1e-15);
}

TEST(Discretise, KeepsTheDcGain) {
  for (const Hold hold : {Hold::kZeroOrder, Hold::kFirstOrder}) {
    const auto g = discretise({{0.2, 15, 25000}, {1, 42, 25000}}, kSamplePeriod, hold);
    ASSERT_TRUE(g.has_value());
    EXPECT_NEAR(after(*g, 3000, [](int) { return 1.0; }), 1.0, 1e-12);
  }
}

TEST(Discretise, APureGainHasNoState) {
  const auto g = discretise({{3}, {2}}, kSamplePeriod, Hold::kFirstOrder);
  ASSERT_TRUE(g.has_value());
  EXPECT_EQ(g->n, 0U);
  EXPECT_EQ(g->d, 1.5);
}

TEST(Discretise, RefusesAnImproperResponse) {
  const auto g = discretise({{1, 1}, {1}}, kSamplePeriod, Hold::kFirstOrder);
  ASSERT_FALSE(g.has_value());
  EXPECT_EQ(g.error().code, Errc::kInvalidArgument);
}

TEST(Discretise, RefusesAStiffResponseAndNamesTheRemedy) {
  const auto g = discretise({{1}, {1e-8, 1}}, kSamplePeriod, Hold::kFirstOrder);
  ASSERT_FALSE(g.has_value());
  EXPECT_EQ(g.error().code, Errc::kUnsupported);
  EXPECT_NE(g.error().remedy.find("drop_fast_poles"), std::string::npos);
}

TEST(Discretise, RefusesAPeriodThatIsNotPositive) {
  EXPECT_FALSE(discretise(first_order_lag(), Seconds(0), Hold::kFirstOrder).has_value());
}

TEST(TransferFunction, OfASampledLagHasItsPole) {
  const auto g = discretise(first_order_lag(), kSamplePeriod, Hold::kZeroOrder);
  ASSERT_TRUE(g.has_value());
  const RationalFunction z = transfer_function(*g);
  const double pole = std::exp(-kSamplePeriod.v / kTimeConstant_s);
  ASSERT_EQ(z.den.size(), 2U);
  EXPECT_NEAR(z.den[1], -pole, 1e-15);
  EXPECT_NEAR(z.num[0], 0.0, 1e-15);
  EXPECT_NEAR(z.num[1], 1.0 - pole, 1e-15);
}

TEST(ImpulseResponse, StartsWithTheDirectPart) {
  StateSpace g{1, Matrix(1, 1), {2.0}, {3.0}, 7.0};
  g.a(0, 0) = 0.5;
  EXPECT_EQ(impulse_response(g, 4), (std::vector<double>{7.0, 6.0, 3.0, 1.5}));
}

}  // namespace
}  // namespace stepcast::math
