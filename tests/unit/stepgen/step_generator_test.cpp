#include "stepcast/stepgen/step_generator.hpp"

#include <cmath>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace stepcast::stepgen {
namespace {

constexpr double kStepsPerMm = 101.5;
constexpr int kTicks = 20;

// The definition, tick by tick: interpolate, round half up, emit the difference.
std::vector<StepEvent> by_visiting_every_tick(double start, const std::vector<double>& samples) {
  const double scale = kStepsPerMm * 65536.0;
  std::int64_t from = std::llround(start * scale);
  std::int64_t steps = (from + 32768) >> 16;
  std::vector<StepEvent> events;
  std::uint32_t tick = 0;
  for (const double sample : samples) {
    const std::int64_t to = std::llround(sample * scale);
    for (int i = 1; i <= kTicks; ++i, ++tick) {
      // floor((from + (to - from) i / N + 1/2)) in exact integers
      const std::int64_t scaled = from * kTicks + (to - from) * i + 32768LL * kTicks;
      const std::int64_t unit = 65536LL * kTicks;
      const std::int64_t now = scaled >= 0 ? scaled / unit : -((-scaled + unit - 1) / unit);
      if (now != steps) {
        EXPECT_EQ(std::abs(now - steps), 1);
        events.push_back({tick, now > steps});
        steps = now;
      }
    }
    from = to;
  }
  return events;
}

TEST(StepGenerator, MonotonousMotionStepsAtTheRoundedTicks) {
  std::mt19937 random(5);
  std::uniform_real_distribution<double> speed(0, 0.19);
  for (const double sign : {1.0, -1.0}) {
    const double start = 127.0;  // 12890.5 steps: exactly on a boundary
    std::vector<double> samples;
    double at = start;
    for (int k = 0; k < 500; ++k) {
      at += sign * speed(random);
      samples.push_back(at);
    }
    StepGenerator generator(kStepsPerMm, kTicks);
    generator.start(start);
    std::vector<StepEvent> events;
    ASSERT_EQ(generator.push(samples, events), StepStatus::kOk);
    // The first step against the initial direction waits for the hysteresis; compare the rest.
    const auto expected = by_visiting_every_tick(start, samples);
    ASSERT_EQ(events.size(), expected.size());
    for (std::size_t i = 1; i < events.size(); ++i) {
      ASSERT_EQ(events[i].tick, expected[i].tick) << i;
      ASSERT_EQ(events[i].forward, expected[i].forward);
    }
  }
}

TEST(StepGenerator, StepsSumToTheTargetForAnyPath) {
  std::mt19937 random(9);
  std::uniform_real_distribution<double> step(-0.19, 0.19);
  for (int run = 0; run < 200; ++run) {
    StepGenerator generator(kStepsPerMm, kTicks);
    double at = 100.0 * step(random);
    generator.start(at);
    const Steps first = generator.emitted();
    std::vector<StepEvent> events;
    for (int block = 0; block < 20; ++block) {
      std::vector<double> samples;
      double speed = step(random);
      for (int k = 0; k < 50; ++k) {
        speed = std::clamp(speed + 0.1 * step(random), -0.19, 0.19);
        samples.push_back(at += speed);
      }
      ASSERT_EQ(generator.push(samples, events), StepStatus::kOk);
    }
    ASSERT_EQ(generator.finish(events), StepStatus::kOk);
    Steps sum = first;
    for (const StepEvent& event : events) {
      sum += event.forward ? 1 : -1;
    }
    EXPECT_EQ(sum, generator.emitted());
    EXPECT_EQ(sum, generator.target());
    EXPECT_EQ(sum, StepGenerator::to_steps(at, kStepsPerMm));
  }
}

TEST(StepGenerator, RestingOnABoundaryDoesNotChatter) {
  StepGenerator generator(kStepsPerMm, kTicks);
  generator.start(126.0);
  std::vector<StepEvent> events;
  std::vector<double> samples;
  for (double x = 126.0; x < 127.0; x += 0.1) {
    samples.push_back(x);
  }
  for (int k = 0; k < 1000; ++k) {
    samples.push_back(127.0 + (k % 2 == 0 ? 1e-5 : -1e-5));  // 12890.5 steps and noise
  }
  ASSERT_EQ(generator.push(samples, events), StepStatus::kOk);
  for (const StepEvent& event : events) {
    EXPECT_TRUE(event.forward);
  }
}

TEST(StepGenerator, FinishTakesTheStepThatHysteresisHeldBack) {
  StepGenerator generator(1.0, kTicks);
  generator.start(0.0);
  std::vector<StepEvent> events;
  const std::vector<double> out_and_back{0.6, 0.48};
  ASSERT_EQ(generator.push(out_and_back, events), StepStatus::kOk);
  EXPECT_EQ(generator.emitted(), 1);
  EXPECT_EQ(generator.target(), 0);
  ASSERT_EQ(generator.finish(events), StepStatus::kOk);
  EXPECT_EQ(generator.emitted(), 0);
}

// Rising by `rise_mm` a sample, from 0.
std::vector<double> ramp(double rise_mm, int samples) {
  std::vector<double> at;
  for (int k = 1; k <= samples; ++k) {
    at.push_back(rise_mm * k);
  }
  return at;
}

TEST(StepGenerator, CatchesUpAfterAFewMillisecondsBeyondOneStepATick) {
  for (const double sign : {1.0, -1.0}) {
    StepGenerator generator(kStepsPerMm, kTicks);
    generator.start(0.0);
    // 5 ms at 21 steps/ms, then 10 ms at 19: 5 steps late at most were it to go on.
    std::vector<double> samples = ramp(sign * 20.4 / kStepsPerMm, 5);
    for (int k = 0; k < 10; ++k) {
      samples.push_back(samples.back() + sign * 19.0 / kStepsPerMm);
    }
    std::vector<StepEvent> events;
    ASSERT_EQ(generator.push(samples, events), StepStatus::kOk);
    EXPECT_GT(generator.largest_lag_steps(), 1.5);
    EXPECT_LT(generator.largest_lag_steps(), 2.6);
    EXPECT_EQ(generator.emitted(), generator.target());
    ASSERT_GT(events.size(), 100U);
    for (std::size_t i = 0; i < 100; ++i) {
      EXPECT_EQ(events[i].tick, events[0].tick + i) << "on every tick while it is late";
    }
  }
}

TEST(StepGenerator, CatchesUpAtRestAndWhenTheMotionTurns) {
  for (const double then : {0.0, -10.0 / kStepsPerMm}) {
    StepGenerator generator(kStepsPerMm, kTicks);
    generator.start(0.0);
    std::vector<double> samples = ramp(20.4 / kStepsPerMm, 5);
    const double end = samples.back();
    for (int k = 1; k <= 3; ++k) {
      samples.push_back(end + then * k);
    }
    std::vector<StepEvent> events;
    ASSERT_EQ(generator.push(samples, events), StepStatus::kOk);
    ASSERT_EQ(generator.finish(events), StepStatus::kOk);
    EXPECT_EQ(generator.emitted(), StepGenerator::to_steps(samples.back(), kStepsPerMm));
    for (std::size_t i = 1; i < events.size(); ++i) {
      ASSERT_GT(events[i].tick, events[i - 1].tick);
    }
  }
}

TEST(StepGenerator, FinishMakesAllLateSteps) {
  StepGenerator generator(kStepsPerMm, kTicks);
  generator.start(0.0);
  std::vector<StepEvent> events;
  ASSERT_EQ(generator.push(ramp(20.5 / kStepsPerMm, 5), events), StepStatus::kOk);
  EXPECT_EQ(generator.target() - generator.emitted(), 3);
  std::vector<StepEvent> last;
  ASSERT_EQ(generator.finish(last), StepStatus::kOk);
  ASSERT_EQ(last.size(), 3U);
  EXPECT_EQ(last[2].tick, 2U);
  EXPECT_EQ(generator.emitted(), generator.target());
}

TEST(StepGenerator, RefusesToFallFurtherBehind) {
  StepGenerator generator(kStepsPerMm, kTicks);
  generator.start(0.0);
  std::vector<StepEvent> events;
  EXPECT_EQ(generator.push(ramp(20.0 / kStepsPerMm, 1000), events), StepStatus::kOk);
  EXPECT_EQ(generator.largest_lag_steps(), 0.0);
  generator.start(0.0);
  events.clear();
  EXPECT_EQ(generator.push(ramp(20.1 / kStepsPerMm, 100), events), StepStatus::kTooFast);
  EXPECT_EQ(generator.push(std::vector<double>{0.2}, events), StepStatus::kTooFast) << "latched";
  generator.start(0.0);
  EXPECT_EQ(generator.push(std::vector<double>{1e6}, events), StepStatus::kTooFast);
  generator.start(0.0);
  EXPECT_EQ(generator.push(std::vector<double>{0.1}, events), StepStatus::kOk);
}

TEST(StepGenerator, NeverStepsTwiceInATick) {
  std::mt19937 random(13);
  std::uniform_real_distribution<double> step(-0.197, 0.197);
  StepGenerator generator(kStepsPerMm, kTicks);
  double at = 0;
  generator.start(at);
  std::vector<double> samples;
  for (int k = 0; k < 10000; ++k) {
    samples.push_back(at += step(random));
  }
  std::vector<StepEvent> events;
  ASSERT_EQ(generator.push(samples, events), StepStatus::kOk) << "full-speed reversals";
  for (std::size_t i = 1; i < events.size(); ++i) {
    ASSERT_GT(events[i].tick, events[i - 1].tick);
  }
  EXPECT_LE(std::abs(generator.target() - generator.emitted()), 1);
}

TEST(StepGenerator, IsExactFarFromTheOrigin) {
  // 76 m of filament at 760 steps/mm.
  EXPECT_EQ(StepGenerator::to_steps(76000.0, 760.0), 57760000);
  EXPECT_EQ(StepGenerator::to_steps(-0.5, 1.0), 0) << "half rounds up";
  EXPECT_EQ(StepGenerator::to_steps(0.5, 1.0), 1);
}

}  // namespace
}  // namespace stepcast::stepgen
