#include "arc.hpp"

#include <cmath>
#include <numbers>

#include <gtest/gtest.h>

namespace stepcast::planner {
namespace {

constexpr double kPi = std::numbers::pi;

TEST(Arc, CounterClockwiseQuarterTurnsLeft) {
  const auto arc = arc_from_center({.start = {10, 0}, .end = {0, 10}}, {-10, 0});
  ASSERT_TRUE(arc);
  EXPECT_NEAR(arc->sweep, kPi / 2, 1e-12);
  EXPECT_NEAR(arc->radius.v, 10, 1e-12);
}

TEST(Arc, ClockwiseTakesTheOtherWay) {
  const auto arc = arc_from_center({.start = {10, 0}, .end = {0, 10}, .clockwise = true}, {-10, 0});
  ASSERT_TRUE(arc);
  EXPECT_NEAR(arc->sweep, -1.5 * kPi, 1e-12);
}

TEST(Arc, EndingAtItsStartIsAFullCircle) {
  const auto left = arc_from_center({.start = {5, 5}, .end = {5, 5}}, {3, 0});
  const auto right = arc_from_center({.start = {5, 5}, .end = {5, 5}, .clockwise = true}, {3, 0});
  ASSERT_TRUE(left && right);
  EXPECT_NEAR(left->sweep, 2 * kPi, 1e-12);
  EXPECT_NEAR(right->sweep, -2 * kPi, 1e-12);
}

TEST(Arc, ExtraTurnsAddFullCircles) {
  const auto arc = arc_from_center({.start = {10, 0}, .end = {0, 10}, .extra_turns = 2}, {-10, 0});
  ASSERT_TRUE(arc);
  EXPECT_NEAR(arc->sweep, 4.5 * kPi, 1e-12);
}

TEST(Arc, RadiusFormGivesTheShortArcAndNegativeRadiusTheLongOne) {
  const ArcRequest request{.start = {10, 0}, .end = {0, 10}};
  const auto near = arc_from_radius(request, 10);
  const auto far = arc_from_radius(request, -10);
  ASSERT_TRUE(near && far);
  EXPECT_NEAR(near->sweep, kPi / 2, 1e-12);
  EXPECT_NEAR(near->center_first.v, 0, 1e-9);
  EXPECT_NEAR(far->sweep, 1.5 * kPi, 1e-12);
  EXPECT_NEAR(far->center_first.v, 10, 1e-9);
}

TEST(Arc, OfUnequalRadiiIsRefused) {
  const auto arc = arc_from_center({.start = {10, 0}, .end = {0, 11}}, {-10, 0});
  ASSERT_FALSE(arc);
  EXPECT_EQ(arc.error().code, Errc::kOutOfRange);
}

TEST(Arc, ThatCannotReachItsEndIsRefused) {
  EXPECT_FALSE(arc_from_radius({.start = {0, 0}, .end = {30, 0}}, 10));
  EXPECT_FALSE(arc_from_radius({.start = {1, 1}, .end = {1, 1}}, 10));
  EXPECT_FALSE(arc_from_center({.start = {0, 0}, .end = {1, 0}}, {0, 0}));
}

TEST(Arc, BezierChordsStayWithinTheTolerance) {
  const std::array<PlanePoint, 4> control{{{0, 0}, {0, 20}, {30, 20}, {30, 0}}};
  const double tolerance = 0.01;
  auto corners = flatten_bezier(control, tolerance);
  corners.insert(corners.begin(), control[0]);
  EXPECT_EQ(corners.back().first_mm, 30);
  const auto curve = [&](double t) {
    const double s = 1 - t;
    PlanePoint p;
    const double w[] = {s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t};
    for (std::size_t k = 0; k < 4; ++k) {
      p.first_mm += w[k] * control[k].first_mm;
      p.second_mm += w[k] * control[k].second_mm;
    }
    return p;
  };
  const std::size_t chords = corners.size() - 1;
  for (std::size_t i = 0; i < chords; ++i) {
    const PlanePoint a = corners[i];
    const PlanePoint b = corners[i + 1];
    const PlanePoint mid = curve((static_cast<double>(i) + 0.5) / static_cast<double>(chords));
    const double length = std::hypot(b.first_mm - a.first_mm, b.second_mm - a.second_mm);
    const double off = std::abs((b.first_mm - a.first_mm) * (mid.second_mm - a.second_mm) -
                                (b.second_mm - a.second_mm) * (mid.first_mm - a.first_mm)) /
                       length;
    EXPECT_LE(off, tolerance);
  }
}

}  // namespace
}  // namespace stepcast::planner
