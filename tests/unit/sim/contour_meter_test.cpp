#include "stepcast/sim/contour_meter.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <span>
#include <vector>

#include <gtest/gtest.h>

#include "motion_paths.hpp"
#include "scoped_no_alloc.hpp"

namespace stepcast::test {
namespace {

using sim::ContourMeter;
using sim::ContourReport;

constexpr std::size_t kHalfWindow = 60;
constexpr double kOneNanometre_mm = 1e-6;

ContourReport measure(const SampledPath& plan, const SampledPath& tool, std::size_t block) {
  ContourMeter meter;
  for (std::size_t k = 0; k < plan.x.size(); k += block) {
    const std::size_t count = std::min(block, plan.x.size() - k);
    const auto part = [&](const std::vector<double>& v) { return std::span(v).subspan(k, count); };
    meter.add(part(plan.x), part(plan.y), part(tool.x), part(tool.y));
  }
  meter.finish();
  return meter.report();
}

/// Every segment of the window of every sample, one after the other.
std::vector<double> full_scan(const SampledPath& plan, const SampledPath& tool) {
  std::vector<double> out;
  for (std::size_t k = 0; k < plan.x.size(); ++k) {
    const std::size_t first = k - std::min(k, kHalfWindow);
    const std::size_t last = std::min(k + kHalfWindow, plan.x.size() - 1);
    double best = std::numeric_limits<double>::infinity();
    for (std::size_t v = first; v < last; ++v) {
      const double dx = plan.x[v + 1] - plan.x[v];
      const double dy = plan.y[v + 1] - plan.y[v];
      const double square = dx * dx + dy * dy;
      const double along = (tool.x[k] - plan.x[v]) * dx + (tool.y[k] - plan.y[v]) * dy;
      const double q = square > 0.0 ? std::clamp(along / square, 0.0, 1.0) : 0.0;
      best = std::min(best,
                      std::hypot(tool.x[k] - plan.x[v] - q * dx, tool.y[k] - plan.y[v] - q * dy));
    }
    out.push_back(best);
  }
  return out;
}

void expect_full_scan(const SampledPath& plan, const SampledPath& tool, const char* what) {
  const std::vector<double> expected = full_scan(plan, tool);
  const ContourReport report = measure(plan, tool, 100);
  const auto worst = std::max_element(expected.begin(), expected.end());
  EXPECT_NEAR(report.contour_max.v, *worst, kOneNanometre_mm) << what;
  EXPECT_NEAR(report.contour_rms.v, rms_um(expected) / 1e3, kOneNanometre_mm) << what;
  EXPECT_EQ(report.samples, std::ssize(expected)) << what;
  const auto at = static_cast<std::size_t>(std::lround(report.max_time.v / kSamplePeriod_s));
  EXPECT_NEAR(expected[at], *worst, kOneNanometre_mm) << what;
  EXPECT_EQ(report.max_x.v, tool.x[at]) << what;
  EXPECT_EQ(report.max_y.v, tool.y[at]) << what;
}

SampledPath displaced(const SampledPath& plan, double amplitude_mm, std::size_t lag,
                      unsigned int seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> noise(0.0, amplitude_mm);
  SampledPath tool = plan;
  for (std::size_t k = 0; k < tool.x.size(); ++k) {
    const std::size_t from = k - std::min(k, lag);
    tool.x[k] = plan.x[from] + noise(random);
    tool.y[k] = plan.y[from] + noise(random);
  }
  return tool;
}

TEST(ContourMeter, EqualsTheFullScanWithin1nm) {
  const struct {
    const char* name;
    SampledPath plan;
  } kPlans[] = {{"square", polyline(square_20mm())},
                {"zigzag", polyline(zigzag())},
                {"letter", polyline(letter_x())},
                {"circle", circle(0.3)}};
  unsigned int seed = 1;
  for (const auto& [name, plan] : kPlans) {
    for (const double amplitude_mm : {0.0, 1e-4, 0.02, 0.5, 5.0}) {
      for (const std::size_t lag : {0U, 3U, 40U, 90U}) {
        expect_full_scan(plan, displaced(plan, amplitude_mm, lag, seed++), name);
      }
    }
  }
}

TEST(ContourMeter, EqualsTheFullScanOnRandomWalksWithRests) {
  for (unsigned int seed = 0; seed < 20; ++seed) {
    std::mt19937 random(seed);
    std::uniform_real_distribution<double> step(-0.1, 0.1);
    SampledPath plan;
    double x = 0.0;
    double y = 0.0;
    for (int k = 0; k < 1500; ++k) {
      if (k / 50 % 3 != 0) {
        x += step(random);
        y += step(random);
      }
      plan.x.push_back(x);
      plan.y.push_back(y);
    }
    expect_full_scan(plan, displaced(plan, 0.05, seed, seed), "walk");
  }
}

TEST(ContourMeter, PureLagOnAStraightIsTrackingErrorOnly) {
  const SampledPath plan = polyline({{0, 0}, {60, 0}});
  const ContourReport report = measure(plan, displaced(plan, 0.0, 3, 1), 64);
  EXPECT_NEAR(report.contour_max.v, 0.0, 1e-12);
  EXPECT_GT(report.tracking_rms_x.v, 0.1);
  EXPECT_EQ(report.tracking_rms_y.v, 0.0);
}

TEST(ContourMeter, NamesTimeAndPlaceOfTheLargestError) {
  const SampledPath plan = polyline({{0, 0}, {20, 0}});
  SampledPath tool = plan;
  tool.y[200] = -0.25;
  const ContourReport report = measure(plan, tool, 100);
  EXPECT_DOUBLE_EQ(report.contour_max.v, 0.25);
  EXPECT_NEAR(report.max_time.v, 0.200, 1e-12);
  EXPECT_EQ(report.max_x.v, plan.x[200]);
  EXPECT_EQ(report.max_y.v, -0.25);
}

TEST(ContourMeter, BlocksOfAnySizeGiveTheSameReport) {
  const SampledPath plan = polyline(zigzag());
  const SampledPath tool = displaced(plan, 0.05, 3, 7);
  const ContourReport whole = measure(plan, tool, plan.x.size());
  for (const std::size_t block : {1U, 17U, 100U}) {
    const ContourReport pieces = measure(plan, tool, block);
    EXPECT_EQ(pieces.samples, whole.samples);
    EXPECT_EQ(pieces.contour_rms, whole.contour_rms);
    EXPECT_EQ(pieces.contour_max, whole.contour_max);
    EXPECT_EQ(pieces.max_time, whole.max_time);
    EXPECT_EQ(pieces.tracking_rms_y, whole.tracking_rms_y);
  }
}

TEST(ContourMeter, MemoryDoesNotGrowWithThePrint) {
  const SampledPath plan = polyline(zigzag());
  const SampledPath tool = displaced(plan, 0.02, 2, 3);
  ContourMeter meter;
  const ScopedNoAlloc guard;
  for (int pass = 0; pass < 10; ++pass) {
    meter.add(plan.x, plan.y, tool.x, tool.y);
  }
  meter.finish();
  EXPECT_EQ(guard.count(), 0);
  EXPECT_EQ(meter.report().samples, 10 * std::ssize(plan.x));
}

TEST(ContourMeter, NothingFedMeasuresNothing) {
  ContourMeter meter;
  meter.finish();
  EXPECT_EQ(meter.report().samples, 0);
  EXPECT_EQ(meter.report().contour_rms.v, 0.0);
}

}  // namespace
}  // namespace stepcast::test
