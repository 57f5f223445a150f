// What happens to a print that is changed while it runs.
#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stepcast/control/motion_source.hpp"

#include "control_run.hpp"
#include "test_profile.hpp"

namespace stepcast::test {
namespace {

using control::JobPlan;
using control::MotionSource;
using control::plan_job;
using planner::LiveChange;
using planner::LiveSettings;

/// Two objects in layers: zigzags, arcs, short segments, retractions.
std::string two_objects(int layers) {
  std::string job = "M83\n";
  for (int layer = 0; layer < layers; ++layer) {
    job += ";LAYER:" + std::to_string(layer) + "\nG1 Z" + std::to_string(0.2 * (layer + 1)) +
           " F300\n";
    for (int object = 0; object < 2; ++object) {
      const int x = 20 + 100 * object;
      job += "M486 S" + std::to_string(object) + "\nG1 X" + std::to_string(x) +
             " Y20 F9000\nG1 E1 F1500\n";
      for (int i = 0; i < 6; ++i) {
        job += "G1 X" + std::to_string(x + (i % 2 == 0 ? 40 : 0)) + " Y" + std::to_string(20 + i) +
               " E1.2 F3600\n";
      }
      job += "G3 X" + std::to_string(x) + " Y45 I0 J10 E1.5 F2400\n";
      for (int i = 0; i < 30; ++i) {
        job += "G1 X" + std::to_string(x + 0.4 * i) + " Y" +
               std::to_string(45 + 3 * std::sin(0.4 * i)) + " E0.02 F3000\n";
      }
      job += "G1 E-1 F1500\nM486 S-1\n";
    }
  }
  return job;
}

/// Reads everything, in pieces; `before` is called before each with the ticks read so far.
template <class Before>
std::vector<std::uint8_t> read_pieces(MotionSource& source, Before before) {
  std::vector<std::uint8_t> ticks;
  std::vector<std::uint8_t> part(1200);
  for (;;) {
    before(ticks.size());
    const auto got = source.read(part);
    EXPECT_TRUE(got) << got.error().to_string();
    if (!got) {
      return ticks;
    }
    ticks.insert(ticks.end(), part.begin(), part.begin() + static_cast<std::ptrdiff_t>(*got));
    if (*got < part.size()) {
      return ticks;
    }
  }
}

/// A person at the controls.
class Person {
 public:
  void ask(const LiveSettings& settings) { asked_ = settings; }
  [[nodiscard]] const std::vector<LiveChange>& made() const { return made_; }
  [[nodiscard]] planner::LiveMoves::Feed feed() {
    return [this](std::int64_t move) -> Result<const LiveSettings*> {
      if (asked_ == taken_) {
        return nullptr;
      }
      taken_ = asked_;
      made_.push_back({.from_move = move, .settings = taken_});
      return &taken_;
    };
  }

 private:
  LiveSettings asked_;
  LiveSettings taken_;
  std::vector<LiveChange> made_;
};

LiveSettings random_settings(std::mt19937& random) {
  const auto between = [&](double low, double high) {
    return std::uniform_real_distribution<double>(low, high)(random);
  };
  LiveSettings settings{.speed = between(0.5, 2.0),
                        .flow = between(0.75, 1.25),
                        .z_offset = Mm(between(-0.3, 0.3)),
                        .cancelled = {}};
  if (between(0, 1) > 0.7) {
    settings.cancelled.emplace_back("1");
  }
  return settings;
}

class LiveChangesOf : public ::testing::TestWithParam<const char*> {};

TEST_P(LiveChangesOf, AtRandomMomentsStayExactRepeatableAndWithinTheLimits) {
  const machine::Profile profile =
      GetParam() == std::string("none") ? limited_machine() : printer("taz6");
  const JobFile job(two_objects(3));
  control::ControllerChoice choice = controller("lookahead", GetParam());
  choice.toolpath.over_speed = planner::OverSpeed::kSlowDown;
  const auto plan = plan_job(job.path(), profile, choice);
  ASSERT_TRUE(plan) << plan.error().to_string();
  for (std::uint32_t seed = 1; seed <= 4; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    Person person;
    auto live = MotionSource::create(*plan, profile, person.feed()).value();
    std::uniform_int_distribution<std::size_t> pause(10'000, 250'000);
    std::size_t next = pause(random);
    const auto ticks = read_pieces(*live, [&](std::size_t done) {
      if (done >= next) {
        person.ask(random_settings(random));
        next = done + pause(random);
      }
    });
    ASSERT_FALSE(person.made().empty());

    // Exact: what went out is what the plan says, and a second run of it is the same to the tick.
    EXPECT_EQ(static_cast<Ticks>(ticks.size()), live->totals().ticks);
    EXPECT_EQ(decode(ticks).net.values, live->totals().steps.values);
    EXPECT_EQ(live->totals().steps.values, live->totals().target_steps.values);
    auto again = MotionSource::create(*plan, profile, planner::repeat(person.made())).value();
    EXPECT_TRUE(read_pieces(*again, [](std::size_t) {}) == ticks);

    // The time left is computed from the same plan.
    const auto changed = plan_job(job.path(), profile, plan->choice, {}, person.made());
    ASSERT_TRUE(changed) << changed.error().to_string();
    EXPECT_EQ(changed->motion.ticks, live->totals().ticks);
    EXPECT_EQ(changed->motion.steps.values, live->totals().steps.values);
    EXPECT_NE(changed->motion.ticks, plan->motion.ticks);

    // No jump of any axis: what the plan of the job keeps without changes, too. A corner takes 2.2
    // times what an axis may (docs/theory/planning.md); Z and E may jump a little in speed, which
    // the window of the corners spreads over W.
    const double window_s =
        std::sqrt(8.0 * profile.path.junction_deviation.v / profile.path.acceleration.v);
    for (const Axis axis : kAllAxes) {
      const auto& limits = profile.axes[axis];
      const double jump = axis == Axis::kX || axis == Axis::kY
                              ? 0.0
                              : 2.0 * limits.instant_speed_change.v / window_s;
      const auto& peaks = changed->peaks.plan[axis];
      EXPECT_LE(peaks.speed.value.v, 1.001 * limits.max_speed.v) << axis_name(axis);
      if (std::isfinite(limits.max_acceleration.v)) {
        EXPECT_LE(peaks.acceleration.value.v, 2.2 * limits.max_acceleration.v + jump)
            << axis_name(axis);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Compensators, LiveChangesOf, ::testing::Values("none", "lpfbs-sharp"),
                         [](const auto& param) {
                           std::string name = param.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(LiveChanges, PrintsAtDoubleSpeedAsItWasPlannedAtDoubleSpeed) {
  const machine::Profile profile = limited_machine();
  std::string slow = "M83\nG1 X20 Y20 F3000\n";
  std::string fast = "M83\nG1 X20 Y20 F6000\n";
  for (int i = 0; i < 20; ++i) {
    const std::string line =
        "G1 X" + std::to_string(i % 2 == 0 ? 60 : 20) + " Y" + std::to_string(20 + i) + " E1 F";
    slow += line + "2400\n";
    fast += line + "4800\n";
  }
  const JobFile slow_job(slow);
  const JobFile fast_job(fast);
  const auto doubled =
      plan_job(slow_job.path(), profile, {}, {}, {{.from_move = 0, .settings = {.speed = 2.0}}});
  const auto fast_plan = plan_job(fast_job.path(), profile, {});
  ASSERT_TRUE(doubled && fast_plan);
  EXPECT_EQ(doubled->motion.ticks, fast_plan->motion.ticks);
  EXPECT_EQ(doubled->motion.steps.values, fast_plan->motion.steps.values);
}

TEST(LiveChanges, ActSoonAlsoWhereMovesAreLong) {
  const machine::Profile profile = limited_machine();
  std::string text = "G1 X20 Y20 F6000\n";
  for (int i = 0; i < 60; ++i) {
    text += "G1 X" + std::to_string(i % 2 == 0 ? 170 : 20) + " F6000\n";  // 1.5 s each
  }
  const JobFile job(text);
  const auto plan = plan_job(job.path(), profile, {}).value();
  Person person;
  auto live = MotionSource::create(plan, profile, person.feed()).value();
  Ticks asked_at = 0;
  Ticks planned_to = 0;
  const auto changed = read_pieces(*live, [&](std::size_t done) {
    if (asked_at == 0 && done > 400'000) {
      asked_at = static_cast<Ticks>(done);
      planned_to = live->planned_to();
      person.ask({.speed = 0.5});
    }
  });
  auto plain = MotionSource::create(plan, profile).value();
  const auto unchanged = read_pieces(*plain, [](std::size_t) {});
  const auto parted =
      std::mismatch(changed.begin(), changed.end(), unchanged.begin()).first - changed.begin();
  EXPECT_GE(parted, asked_at);
  // Not what is behind the move under way, the next one and the second of look-ahead.
  EXPECT_LE(parted, asked_at + 5 * 20'000);
  EXPECT_LE(planned_to, parted + 20'000);
}

TEST(LiveChanges, AZOffsetMayGoBelowTheTravelBecauseItSaysWhereTheBedIs) {
  const machine::Profile profile = limited_machine();
  const JobFile job("G1 Z0.2 F300\nG1 X250 Y10 F6000\nG1 X10\nG1 X250\nG1 X10\n");
  const auto changed =
      plan_job(job.path(), profile, {}, {}, {{.from_move = 1, .settings = {.z_offset = Mm(-2)}}});
  ASSERT_TRUE(changed) << changed.error().to_string();
  EXPECT_EQ(changed->motion.steps[Axis::kZ], std::llround(-1.8 * 1600));
}

TEST(LiveChanges, ThePlanNamesTheObjectsOfTheJob) {
  const JobFile job(two_objects(1));
  EXPECT_THAT(plan_job(job.path(), limited_machine(), {}).value().objects,
              ::testing::ElementsAre("0", "1"));
}

}  // namespace
}  // namespace stepcast::test
