#include <complex>
#include <string>

#include <gtest/gtest.h>

#include "stepcast/math/bspline.hpp"
#include "stepcast/math/state_space.hpp"
#include "stepcast/math/transfer_function.hpp"
#include "stepcast/shaping/axis_response.hpp"

#include "motion_golden.hpp"
#include "taz6_axes.hpp"

namespace stepcast::test {
namespace {

using math::RationalFunction;
using math::StateSpace;

constexpr Seconds kPlantPeriod{1e-3};
/// Demanded by the reference for coefficients and impulse samples.
constexpr double kPlantRelative = 1e-8;

void expect_close(double value, double golden, double relative, const std::string& what) {
  EXPECT_NEAR(value, golden, relative * std::abs(golden)) << what;
}

class PlantGolden : public testing::TestWithParam<Axis> {
 protected:
  void SetUp() override {
    auto sampled = shaping::sampled_response(taz6_response(GetParam()), kPlantPeriod);
    ASSERT_TRUE(sampled.has_value()) << sampled.error().to_string();
    axis_ = std::move(*sampled);
    golden_ = motion_golden()["plant"][GetParam() == Axis::kX ? "X" : "Y"];
  }

  StateSpace axis_;
  nlohmann::json golden_;
};

TEST_P(PlantGolden, SampledCoefficientsMatchTheReference) {
  const RationalFunction z = math::transfer_function(axis_);
  const auto num = golden_["foh_1ms_num_z"].get<std::vector<double>>();
  const auto den = golden_["foh_1ms_den_z"].get<std::vector<double>>();
  ASSERT_EQ(z.num.size(), num.size());
  ASSERT_EQ(z.den.size(), den.size());
  for (std::size_t i = 0; i < num.size(); ++i) {
    expect_close(z.num[i], num[i], kPlantRelative, "num " + std::to_string(i));
    expect_close(z.den[i], den[i], kPlantRelative, "den " + std::to_string(i));
  }
}

TEST_P(PlantGolden, ImpulseResponseMatchesTheReference) {
  const std::vector<double> h = math::impulse_response(axis_, 700);
  const auto first = golden_["impulse_first_20"].get<std::vector<double>>();
  for (std::size_t k = 0; k < first.size(); ++k) {
    expect_close(h[k], first[k], kPlantRelative, "h " + std::to_string(k));
  }
  for (const auto& [k, value] : golden_["impulse_at"].items()) {
    expect_close(h[std::stoul(k)], value, kPlantRelative, "h " + k);
  }
}

TEST_P(PlantGolden, LargestSampledPoleMatchesTheReference) {
  const auto radius = math::spectral_radius(axis_.a);
  ASSERT_TRUE(radius.has_value());
  expect_close(*radius, golden_["foh_1ms_max_abs_pole"], kPlantRelative, "pole");
}

TEST_P(PlantGolden, ReducedCoefficientsPolesZerosAndLagMatchTheReference) {
  const machine::TransferFunction published = taz6_response(GetParam());
  const auto g = math::drop_fast_poles({published.num, published.den}, kPlantPeriod);
  ASSERT_TRUE(g.has_value()) << g.error().to_string();
  const auto num = golden_["num"].get<std::vector<double>>();
  const auto den = golden_["den"].get<std::vector<double>>();
  ASSERT_EQ(g->num.size(), num.size());
  ASSERT_EQ(g->den.size(), den.size());
  for (std::size_t i = 0; i < num.size(); ++i) {
    expect_close(g->num[i], num[i], kPlantRelative, "num " + std::to_string(i));
  }
  for (std::size_t i = 0; i < den.size(); ++i) {
    expect_close(g->den[i], den[i], kPlantRelative, "den " + std::to_string(i));
  }
  expect_close(math::velocity_lag(*g).v, golden_["velocity_lag_s"], kPlantRelative, "lag");
  for (const auto& [key, polynomial] :
       {std::pair{"poles_hz_zeta", &g->den}, {"zeros_hz_zeta", &g->num}}) {
    const auto found = math::modes(*polynomial);
    ASSERT_TRUE(found.has_value());
    ASSERT_EQ(found->size(), golden_[key].size());
    for (std::size_t i = 0; i < found->size(); ++i) {
      expect_close((*found)[i].frequency.v, golden_[key][i][0], kPlantRelative, key);
      expect_close((*found)[i].damping, golden_[key][i][1], kPlantRelative, key);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Axes, PlantGolden, testing::Values(Axis::kX, Axis::kY),
                         [](const auto& axis) { return std::string(axis_name(axis.param)); });

TEST(SplineGolden, QuinticAtQuarterKnotsMatchesTheReference) {
  const auto golden = motion_golden()["bspline_m5_at_quarter_knots"].get<std::vector<double>>();
  for (std::size_t i = 0; i < golden.size(); ++i) {
    EXPECT_NEAR(math::cardinal_bspline(5, 0.25 * static_cast<double>(i)), golden[i], 1e-12);
  }
}

}  // namespace
}  // namespace stepcast::test
