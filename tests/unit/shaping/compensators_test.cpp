#include "stepcast/shaping/compensators.hpp"

#include <numbers>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "stepcast/shaping/identity.hpp"
#include "stepcast/shaping/lpfbs.hpp"

#include "taz6_axes.hpp"

namespace stepcast::test {
namespace {

using shaping::Identity;
using shaping::Lpfbs;
using shaping::make_axis_filter;

TEST(Compensators, ListsTheNamesInTheOrderShown) {
  std::vector<std::string> names;
  for (const shaping::CompensatorInfo& info : shaping::compensators()) {
    names.emplace_back(info.name);
    EXPECT_FALSE(info.summary.empty());
  }
  EXPECT_EQ(names, (std::vector<std::string>{"none", "lpfbs-paper", "lpfbs-sharp"}));
}

TEST(Compensators, AnUnknownNameGetsTheKnownOnes) {
  const auto filter = make_axis_filter("lpfbs", taz6_profile(), Axis::kX);
  ASSERT_FALSE(filter.has_value());
  EXPECT_EQ(filter.error().code, Errc::kNotFound);
  EXPECT_EQ(filter.error().to_string(),
            "no compensator is called 'lpfbs' (choose one of: none, lpfbs-paper, lpfbs-sharp)");
}

TEST(Compensators, SharpIsTenMillisecondKnotsWithTwentyAndTen) {
  const auto filter = make_axis_filter("lpfbs-sharp", taz6_profile(), Axis::kY);
  ASSERT_TRUE(filter.has_value());
  const auto* const lpfbs = dynamic_cast<const Lpfbs*>(filter->get());
  ASSERT_NE(lpfbs, nullptr);
  EXPECT_EQ(lpfbs->config().knot_spacing_samples, 10);
  EXPECT_EQ(lpfbs->config().n_c, 20);
  EXPECT_EQ(lpfbs->config().n_up, 10);
  EXPECT_EQ(lpfbs->config().degree, 5);
}

TEST(Compensators, AxesWithoutAResponseAndTheFeedAxesGetTheIdentity) {
  machine::Profile profile = taz6_profile();
  profile.axes[Axis::kX].response = {};
  profile.axes[Axis::kE].response = taz6_response(Axis::kY);
  for (const Axis axis : {Axis::kX, Axis::kZ, Axis::kE}) {
    const auto filter = make_axis_filter("lpfbs-sharp", profile, axis);
    ASSERT_TRUE(filter.has_value());
    EXPECT_NE(dynamic_cast<const Identity*>(filter->get()), nullptr) << axis_name(axis);
  }
}

TEST(Compensators, ARefusedResponseNamesPrinterAxisAndCompensator) {
  machine::Profile profile = taz6_profile();
  profile.axes[Axis::kY].response = {{2.0}, {1e-4, 1e-2, 1.0}};
  const auto filter = make_axis_filter("lpfbs-paper", profile, Axis::kY);
  ASSERT_FALSE(filter.has_value());
  EXPECT_EQ(filter.error().code, Errc::kInvalidArgument);
  EXPECT_EQ(filter.error().location, "printer taz6, axes.y.response, compensator lpfbs-paper");
  EXPECT_NE(filter.error().message.find("DC gain of the response is 2"), std::string::npos);
}

TEST(Compensators, AnUnstableFilterIsRefusedWithItsRadius) {
  // The command must ring at the zeros of the response. These are at 25 Hz with a damping of 0.001
  // and lose 2 % in a window of 100 ms.
  machine::Profile profile = taz6_profile();
  const double w = 2.0 * std::numbers::pi * 25.0;
  profile.axes[Axis::kX].response = {{1.0 / (w * w), 0.002 / w, 1.0},
                                     {1.2 / (w * w), 0.2 / w, 1.0}};
  const auto filter = make_axis_filter("lpfbs-sharp", profile, Axis::kX);
  ASSERT_FALSE(filter.has_value());
  EXPECT_NE(filter.error().message.find("spectral radius rho"), std::string::npos)
      << filter.error().message;
}

TEST(Compensators, AGainWithinTheRoundingOfAFitIsNotCompensated) {
  machine::Profile profile = taz6_profile();
  profile.axes[Axis::kY].response.num[2] *= 1.004;
  auto filter = make_axis_filter("lpfbs-sharp", profile, Axis::kY);
  ASSERT_TRUE(filter.has_value()) << filter.error().to_string();
  (*filter)->start(0.0);
  const std::vector<double> plan((*filter)->block() + (*filter)->look_ahead(), 100.0);
  std::vector<double> command((*filter)->block());
  for (int window = 0; window < 40; ++window) {
    (*filter)->advance(plan, command);
  }
  EXPECT_NEAR(command.back(), 100.0, 1e-9);
}

}  // namespace
}  // namespace stepcast::test
