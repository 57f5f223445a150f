#include "stepcast/planner/sampler.hpp"

#include <array>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "stepcast/planner/lookahead_planner.hpp"

#include "move_list.hpp"
#include "test_profile.hpp"

namespace stepcast::planner {
namespace {

struct Samples {
  PerAxis<std::vector<double>> axis;
  Seconds duration;
  std::vector<TimedMarker> markers;
};

Samples sample(const test::PathBuilder& path, std::size_t chunk = 100) {
  test::MoveList source = path.source();
  const machine::Profile profile = test::paper_machine();
  LookaheadPlanner planner(profile, source, {});
  Samples samples;
  Sampler sampler(planner, PerAxis<Mm>{}, {},
                  [&](const TimedMarker& marker) { samples.markers.push_back(marker); });
  for (;;) {
    PerAxis<std::vector<double>> block;
    SampleSpans spans;
    for (Axis axis : kAllAxes) {
      block[axis].resize(chunk);
      spans[axis] = block[axis];
    }
    const std::size_t n = sampler.read(spans).value();
    for (Axis axis : kAllAxes) {
      samples.axis[axis].insert(samples.axis[axis].end(), block[axis].begin(),
                                block[axis].begin() + static_cast<std::ptrdiff_t>(n));
    }
    if (n < chunk) {
      break;
    }
  }
  samples.duration = sampler.planned_duration();
  return samples;
}

TEST(Sampler, RestsBeforeAndAfterTheMotion) {
  const Samples s = sample(test::PathBuilder().xy(20, 0));
  const auto& x = s.axis[Axis::kX];
  EXPECT_EQ(x[100], 0.0);
  EXPECT_GT(x[103], 0.0);
  // 20 mm at 75 mm/s, 10 m/s2 and 5000 m/s3, with 0.1 s before and 0.4 s after.
  EXPECT_NEAR(s.duration.v, 20.0 / 75 + 75.0 / 1e4 + 1e4 / 5e6, 1e-9);
  EXPECT_NEAR(static_cast<double>(x.size()), (s.duration.v + 0.5) * 1000, 1.0);
  EXPECT_EQ(x.back(), 20.0);
}

TEST(Sampler, SampleIsTheExactPositionAtItsTime) {
  const Samples s = sample(test::PathBuilder().xy(20, 0));
  const auto& x = s.axis[Axis::kX];
  // Jerk phase: x = j t^3/6 for the first 2 ms.
  EXPECT_NEAR(x[101], 5e6 * 1e-9 / 6, 1e-12);
  // Mid-way the tool is half-way, at 75 mm/s.
  const double middle = 0.1 + s.duration.v / 2;
  const auto k = static_cast<std::size_t>(std::floor(middle * 1000));
  EXPECT_NEAR(x[k], 10.0 - (middle - static_cast<double>(k) * 1e-3) * 75, 1e-9);
}

TEST(Sampler, ReadingInChunksChangesNothing) {
  test::PathBuilder path;
  path.xy(3, 4).to(3, 4, 0.2, 0, 5).to(3, 4, 0.2, 1, 10).xy(20, 9).xy(1, 1);
  const Samples all = sample(path, 5000);
  for (const std::size_t chunk : {1U, 7U, 100U}) {
    const Samples parts = sample(path, chunk);
    for (Axis axis : kAllAxes) {
      EXPECT_EQ(parts.axis[axis], all.axis[axis]);
    }
  }
}

TEST(Sampler, FilamentAdvancesWithThePath) {
  test::PathBuilder path;
  path.to(30, 40, 0, 2, 75);
  const Samples s = sample(path);
  for (std::size_t k = 0; k < s.axis[Axis::kX].size(); ++k) {
    ASSERT_NEAR(s.axis[Axis::kE][k], s.axis[Axis::kX][k] / 15.0, 1e-12);
  }
}

TEST(Sampler, MarkersCarryTheTimeOfTheMoveBehindThem) {
  test::PathBuilder path;
  path.xy(20, 0).then(Marker{.kind = Marker::Kind::kLayer, .value = 1}).then(Dwell{Seconds(2)});
  const Samples s = sample(path);
  ASSERT_EQ(s.markers.size(), 1U);
  EXPECT_NEAR(s.markers[0].time.v, 0.1 + 20.0 / 75 + 75.0 / 1e4 + 1e4 / 5e6, 1e-9);
}

TEST(Sampler, ADwellHoldsThePosition) {
  test::PathBuilder path;
  path.xy(20, 0).then(Dwell{Seconds(2)}).xy(0, 0);
  const Samples s = sample(path);
  int held = 0;
  for (const double x : s.axis[Axis::kX]) {
    held += x == 20.0 ? 1 : 0;
  }
  EXPECT_NEAR(held, 2000, 2);
}

}  // namespace
}  // namespace stepcast::planner
