#include "stepcast/planner/retimer.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "stepcast/planner/lookahead_planner.hpp"

#include "move_list.hpp"
#include "test_profile.hpp"

namespace stepcast::planner {
namespace {

// A plan of some seconds with corners and filament.
class RetimerTest : public ::testing::Test {
 protected:
  static test::PathBuilder path() {
    test::PathBuilder builder;
    builder.xy(30, 0).xy(30, 30).xy(0, 5).xy(80, 60);
    builder.to(80, 60, 0.2, 3, 40).to(20, 10, 0.2, 6, 75).xy(0, 0);
    return builder;
  }

  struct Chain {
    explicit Chain(std::vector<SlowStretch> stretches = {})
        : source(builder.source()),
          planner(profile, source, {}),
          sampler(planner, PerAxis<Mm>{}, {}, {}),
          smoother(sampler, PerAxis<Mm>{}, junction_kernel(profile.path, Seconds(1e-3))),
          retimer(smoother, std::move(stretches)) {}
    test::PathBuilder builder = path();
    test::MoveList source;
    machine::Profile profile = test::paper_machine();
    LookaheadPlanner planner;
    Sampler sampler;
    CornerSmoother smoother;
    Retimer retimer;
  };

  struct Samples {
    PerAxis<std::vector<double>> path;
    PerAxis<std::vector<double>> plan;
    [[nodiscard]] std::size_t size() const { return plan[Axis::kX].size(); }
  };

  // Appends up to `count` samples; returns how many came.
  static std::size_t read(Retimer& retimer, std::size_t count, Samples& to) {
    SampleSpans path;
    SampleSpans plan;
    const std::size_t before = to.size();
    for (Axis axis : kAllAxes) {
      to.path[axis].resize(before + count);
      to.plan[axis].resize(before + count);
      path[axis] = std::span(to.path[axis]).subspan(before);
      plan[axis] = std::span(to.plan[axis]).subspan(before);
    }
    const std::size_t got = retimer.read(path, plan).value();
    for (Axis axis : kAllAxes) {
      to.path[axis].resize(before + got);
      to.plan[axis].resize(before + got);
    }
    return got;
  }

  static Samples read_all(Retimer& retimer, std::size_t chunk = 100) {
    Samples samples;
    while (read(retimer, chunk, samples) == chunk) {
    }
    return samples;
  }

  static void expect_same(const Samples& a, const Samples& b) {
    for (Axis axis : kAllAxes) {
      EXPECT_TRUE(a.path[axis] == b.path[axis]) << axis_name(axis);
      EXPECT_TRUE(a.plan[axis] == b.plan[axis]) << axis_name(axis);
    }
  }
};

TEST_F(RetimerTest, GivesThePlanItselfWithoutStretches) {
  Chain plain;
  Samples expected;
  SampleSpans path;
  SampleSpans plan;
  for (Axis axis : kAllAxes) {
    expected.path[axis].resize(20000);
    expected.plan[axis].resize(20000);
    path[axis] = expected.path[axis];
    plan[axis] = expected.plan[axis];
  }
  const std::size_t size = plain.smoother.read(path, plan).value();
  for (Axis axis : kAllAxes) {
    expected.path[axis].resize(size);
    expected.plan[axis].resize(size);
  }
  ASSERT_GT(size, 3000U);
  for (const std::size_t chunk : {std::size_t{1}, std::size_t{97}, std::size_t{20000}}) {
    Chain chain;
    expect_same(read_all(chain.retimer, chunk), expected);
    EXPECT_EQ(chain.retimer.delay(), 0.0);
  }
}

TEST_F(RetimerTest, TakesAsMuchLongerAsTheRateSays) {
  Chain plain;
  const Samples fast = read_all(plain.retimer);
  Chain chain({{1000, 1500, 0.8}});
  const Samples slow = read_all(chain.retimer);
  // 500 samples at 0.8 and 120 samples of ramps take 125 + about 14 longer.
  EXPECT_NEAR(chain.retimer.delay(), 125 + 14, 2);
  EXPECT_EQ(static_cast<double>(slow.size() - fast.size()), chain.retimer.delay());
}

TEST_F(RetimerTest, LeavesTheRestOfThePlanBitForBit) {
  Chain plain;
  const Samples fast = read_all(plain.retimer);
  Chain chain({{1000, 1200, 0.7}});
  const Samples slow = read_all(chain.retimer);
  for (Axis axis : kAllAxes) {
    const auto& a = fast.plan[axis];
    const auto& b = slow.plan[axis];
    EXPECT_TRUE(std::equal(a.begin(), a.begin() + 1000 - Retimer::kRamp, b.begin()));
    constexpr std::ptrdiff_t kSlideBack = 201;  // from any fraction of a sample to a whole one
    const std::ptrdiff_t tail =
        static_cast<std::ptrdiff_t>(a.size()) - 1200 - Retimer::kRamp - kSlideBack;
    ASSERT_GT(tail, 1000);
    EXPECT_TRUE(std::equal(a.end() - tail, a.end(), b.end() - tail));
  }
}

TEST_F(RetimerTest, StaysOnThePathWithAllAxesInStep) {
  Chain plain;
  const Samples fast = read_all(plain.retimer);
  Chain chain({{1000, 1400, 0.6}, {1300, 2000, 0.8}});
  const Samples slow = read_all(chain.retimer);
  for (std::size_t k = 0; k < slow.size(); ++k) {
    const double planned = chain.retimer.planned_at(static_cast<double>(k));
    const auto before = static_cast<std::size_t>(planned);
    const std::size_t after = std::min(before + 1, fast.size() - 1);
    for (Axis axis : kAllAxes) {
      const auto& plan = fast.plan[axis];
      // Linear between samples is good to acceleration * period^2 / 8, knots to a tenth of a
      // sample at 75 mm/s.
      const double there =
          plan[before] + (planned - static_cast<double>(before)) * (plan[after] - plan[before]);
      ASSERT_NEAR(slow.plan[axis][k], there, 0.01) << axis_name(axis) << " " << k;
    }
  }
}

TEST_F(RetimerTest, AddsNoMoreAccelerationThanItSays) {
  Chain plain;
  const Samples fast = read_all(plain.retimer);
  const auto largest = [](const std::vector<double>& at) {
    double most = 0.0;
    for (std::size_t k = 2; k < at.size(); ++k) {
      most = std::max(most, std::abs(at[k] - 2 * at[k - 1] + at[k - 2]) * 1e6);
    }
    return most;
  };
  for (const std::int64_t place : {700, 1000, 1300, 1600, 1900}) {
    Chain chain({{place, place + 120, 0.7}});
    const Samples slow = read_all(chain.retimer);
    for (Axis axis : {Axis::kX, Axis::kY}) {
      // The ramp from 1 to 0.7 in 60 ms at 75 mm/s, and the slide at its ends.
      const double ramp = 75.0 * 0.3 * M_PI / 2 / 0.06;
      const double slide = 75.0 * Retimer::kSlide / 1e-3;
      EXPECT_LE(largest(slow.plan[axis]), largest(fast.plan[axis]) + ramp + slide) << place;
    }
  }
}

TEST_F(RetimerTest, ReadsTheSameInAnyChunks) {
  const std::vector<SlowStretch> stretches{{900, 950, 0.9}, {1000, 1400, 0.6}, {2500, 2501, 0.8}};
  Chain whole(stretches);
  const Samples expected = read_all(whole.retimer, 20000);
  for (const std::size_t chunk : {std::size_t{1}, std::size_t{64}, std::size_t{333}}) {
    Chain chain(stretches);
    expect_same(read_all(chain.retimer, chunk), expected);
  }
}

TEST_F(RetimerTest, GivesTheSameAfterRewindingAsIfItHadKnownAllAlong) {
  const SlowStretch first{1000, 1100, 0.8};
  const SlowStretch second{1150, 1300, 0.7};
  Chain knowing({first, second});
  const Samples expected = read_all(knowing.retimer);

  Chain chain;
  Retimer& retimer = chain.retimer;
  retimer.keep_from(retimer.mark());
  Samples samples;
  const auto go_back = [&](const Retimer::Mark& mark, const SlowStretch& stretch) {
    retimer.rewind(mark);
    retimer.add(stretch);
    for (Axis axis : kAllAxes) {
      samples.path[axis].resize(static_cast<std::size_t>(mark.given));
      samples.plan[axis].resize(static_cast<std::size_t>(mark.given));
    }
  };
  read(retimer, 800, samples);
  const Retimer::Mark mark = retimer.mark();
  read(retimer, 700, samples);
  go_back(mark, first);
  read(retimer, 270, samples);  // within the first stretch, on a fraction of a sample
  const Retimer::Mark inside = retimer.mark();
  EXPECT_NE(inside.fraction, 0.0);
  retimer.keep_from(inside);
  while (read(retimer, 100, samples) == 100) {
  }
  go_back(inside, second);
  while (read(retimer, 100, samples) == 100) {
  }
  expect_same(samples, expected);
  EXPECT_EQ(retimer.delay(), knowing.retimer.delay());
}

TEST_F(RetimerTest, KnowsWhenEachSampleWasPlanned) {
  Chain chain({{1000, 1400, 0.6}});
  const Samples samples = read_all(chain.retimer);
  const Retimer& retimer = chain.retimer;
  EXPECT_EQ(retimer.planned_at(500), 500.0);
  EXPECT_EQ(retimer.given_at(500), 500.0);
  for (double given = 0; given < static_cast<double>(samples.size()); given += 13) {
    EXPECT_NEAR(retimer.given_at(retimer.planned_at(given)), given, 1e-6);
  }
  const double end = static_cast<double>(samples.size());
  EXPECT_NEAR(retimer.planned_at(end), end - retimer.delay(), 1e-9);
  EXPECT_NEAR(retimer.planned_at(1000 + 200 / 0.6), 1000 + 190, 25);
}

TEST_F(RetimerTest, NeedsStretchesThatAreStillAhead) {
  Chain chain;
  Samples samples;
  read(chain.retimer, 1000, samples);
  EXPECT_DEATH(chain.retimer.add({900, 1200, 0.5}), "");
}

}  // namespace
}  // namespace stepcast::planner
