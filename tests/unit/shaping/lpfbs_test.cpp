#include "stepcast/shaping/lpfbs.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "stepcast/shaping/axis_response.hpp"
#include "stepcast/shaping/compensators.hpp"

#include "motion_paths.hpp"
#include "naive_lpfbs.hpp"
#include "run_filter.hpp"
#include "taz6_axes.hpp"

namespace stepcast::test {
namespace {

using shaping::Lpfbs;
using shaping::LpfbsConfig;

math::StateSpace response(Axis axis) {
  return shaping::sampled_response(taz6_response(axis), Seconds(1e-3)).value();
}

/// Time from the end of the motion until the command stays within 1 nm of the plan, s.
double settling_time_s(shaping::AxisFilter& filter, const std::vector<double>& plan,
                       double end_of_motion_s) {
  constexpr double kSettled_mm = 1e-6;
  const std::vector<double> command = run_filter(filter, plan);
  std::size_t settled = plan.size();
  while (settled > 0 && std::abs(command[settled - 1] - plan[settled - 1]) < kSettled_mm) {
    --settled;
  }
  return static_cast<double>(settled) * kSamplePeriod_s - end_of_motion_s;
}

TEST(Lpfbs, DeclaresBlockAndPreviewOfThePublishedConfiguration) {
  const auto filter = Lpfbs::create({.degree = 5, .knot_spacing_samples = 25, .n_c = 14, .n_up = 7},
                                    response(Axis::kX));
  ASSERT_TRUE(filter.has_value());
  EXPECT_EQ(filter->block(), 175U);
  EXPECT_EQ(filter->look_ahead(), 175U);
  EXPECT_NEAR(filter->rho(), 0.325, 0.001);
  EXPECT_NEAR(filter->condition(), 6435, 10);
}

TEST(Lpfbs, RefusalOfAnUnstableConfigurationNamesRadiusLimitNumbersAndRemedy) {
  const auto filter = Lpfbs::create({.degree = 5, .knot_spacing_samples = 10, .n_c = 8, .n_up = 2},
                                    response(Axis::kY));
  ASSERT_FALSE(filter.has_value());
  EXPECT_EQ(filter.error().code, Errc::kInvalidArgument);
  EXPECT_NE(filter.error().message.find("rho = 1.252"), std::string::npos)
      << filter.error().message;
  EXPECT_NE(filter.error().message.find("below 0.9"), std::string::npos);
  EXPECT_NE(filter.error().message.find("L = 10, n_c = 8, n_up = 2"), std::string::npos);
  EXPECT_NE(filter.error().remedy.find("ridge"), std::string::npos);
}

TEST(Lpfbs, ARidgeRescuesTheUnstableConfiguration) {
  const auto filter =
      Lpfbs::create({.degree = 5, .knot_spacing_samples = 10, .n_c = 8, .n_up = 2, .ridge = 1e-2},
                    response(Axis::kY));
  ASSERT_TRUE(filter.has_value()) << filter.error().to_string();
  EXPECT_NEAR(filter->rho(), 0.382, 0.001);
}

TEST(Lpfbs, RefusesToKeepCoefficientsThatThePreviewDoesNotDetermine) {
  const auto filter = Lpfbs::create(
      {.degree = 5, .knot_spacing_samples = 25, .n_c = 14, .n_up = 13}, response(Axis::kX));
  ASSERT_FALSE(filter.has_value());
  EXPECT_NE(filter.error().message.find("n_c - n_up is 1"), std::string::npos)
      << filter.error().message;
  EXPECT_NE(filter.error().remedy.find("8 or less"), std::string::npos) << filter.error().remedy;
}

TEST(Lpfbs, RefusesNumbersOutOfRangeByName) {
  const math::StateSpace axis = response(Axis::kY);
  const auto message = [&](LpfbsConfig config) {
    const auto filter = Lpfbs::create(config, axis);
    return filter ? std::string("accepted") : filter.error().message;
  };
  EXPECT_EQ(message({.degree = 1}), "the degree is 1; it must lie between 2 and 7");
  EXPECT_EQ(message({.knot_spacing_samples = 0}),
            "the knot spacing in samples is 0; it must lie between 1 and 1000");
  EXPECT_EQ(message({.n_c = 0}), "n_c is 0; it must lie between 1 and 1000");
  EXPECT_EQ(message({.n_c = 10, .n_up = 11}), "n_up is 11; it must lie between 1 and 10");
  EXPECT_EQ(message({.ridge = -1.0}), "the ridge weight is -1; it must be 0 or more");
}

TEST(Lpfbs, ARigidAxisIsFollowedAlmostExactly) {
  const math::StateSpace rigid{0, math::Matrix(0, 0), {}, {}, 1.0};
  auto filter = Lpfbs::create({}, rigid);
  ASSERT_TRUE(filter.has_value()) << filter.error().to_string();
  const SampledPath path = circle(10.0);
  const std::vector<double> command = run_filter(*filter, path.x);
  for (std::size_t k = 0; k < command.size(); ++k) {
    ASSERT_NEAR(command[k], path.x[k], 0.02) << k;
  }
}

TEST(Lpfbs, EqualsTheFormulasOfTheTheoryPage) {
  // 11 x 13 samples leave a remainder after whole groups of lanes, and so do 7 + m + n products.
  for (const LpfbsConfig& config :
       {LpfbsConfig{}, LpfbsConfig{.knot_spacing_samples = 25, .n_c = 14, .n_up = 7},
        LpfbsConfig{.degree = 3, .knot_spacing_samples = 13, .n_c = 11, .n_up = 7}}) {
    for (const Axis axis : {Axis::kX, Axis::kY}) {
      auto filter = Lpfbs::create(config, response(axis));
      ASSERT_TRUE(filter.has_value()) << filter.error().to_string();
      NaiveLpfbs naive(shaping::design_lpfbs(config, response(axis)).value());
      const std::vector<double> plan = polyline(zigzag()).x;
      const std::size_t block = filter->block();
      const std::size_t window = block + filter->look_ahead();
      std::vector<double> command(block);
      std::vector<double> expected(block);
      filter->start(0.0);
      for (std::size_t k = 0; k + window <= plan.size(); k += block) {
        filter->advance(std::span(plan).subspan(k, window), command);
        naive.advance(std::span(plan).subspan(k, window), expected);
        for (std::size_t i = 0; i < block; ++i) {
          ASSERT_NEAR(command[i], expected[i], 1e-10) << k + i;
        }
      }
    }
  }
}

/// Figures of docs/theory/filtered-bspline.md, section "The end of a print".
TEST(Lpfbs, CommandSettlesWithinTheDocumentedTime) {
  struct Documented {
    const char* compensator;
    Axis axis;
    double longest_s;
  };
  constexpr std::array<Documented, 4> kDocumented{{{"lpfbs-paper", Axis::kX, 0.90},
                                                   {"lpfbs-paper", Axis::kY, 0.50},
                                                   {"lpfbs-sharp", Axis::kX, 1.20},
                                                   {"lpfbs-sharp", Axis::kY, 0.70}}};
  // The end of the motion falls on every part of a window, after short and after long moves.
  std::vector<std::pair<SampledPath, double>> paths;
  for (int phase = 0; phase < 14; ++phase) {
    PathSettings settings;
    settings.dwell_before_s = 0.4 + 0.0125 * phase;
    settings.dwell_after_s = 2.0;
    for (const std::vector<Point>& points :
         {square_20mm(), {{0, 0}, {120, 120}}, {{0, 0}, {0.5, 0.5}}}) {
      const SampledPath path = polyline(points, settings);
      paths.emplace_back(path, settings.dwell_before_s + path.motion_time_s);
    }
  }
  for (const Documented& d : kDocumented) {
    const auto filter = shaping::make_axis_filter(d.compensator, taz6_profile(), d.axis);
    ASSERT_TRUE(filter.has_value());
    double longest = 0.0;
    for (const auto& [path, end_s] : paths) {
      longest =
          std::max(longest, settling_time_s(**filter, d.axis == Axis::kX ? path.x : path.y, end_s));
    }
    EXPECT_LE(longest, d.longest_s) << d.compensator << " " << axis_name(d.axis);
    EXPECT_GT(longest, 0.8 * d.longest_s) << "documented too pessimistically: " << d.compensator;
  }
}

}  // namespace
}  // namespace stepcast::test
