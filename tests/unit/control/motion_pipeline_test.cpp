#include "stepcast/control/motion_pipeline.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <tuple>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control_run.hpp"
#include "sample_job.hpp"

namespace stepcast::test {
namespace {

using control::ControllerChoice;
using control::MotionBlock;
using control::MotionPipeline;
using ::testing::HasSubstr;

constexpr std::size_t kLeadInSamples = 100;
constexpr std::size_t kLeadOutSamples = 400;

using Setting = std::tuple<const char*, const char*, const char*>;  // printer, planner, compensator

class EveryController : public ::testing::TestWithParam<Setting> {
 protected:
  machine::Profile profile_ = printer(std::get<0>(GetParam()));
  ControllerChoice choice_ = controller(std::get<1>(GetParam()), std::get<2>(GetParam()));
};

TEST_P(EveryController, GivesTheSameTicksTwice) {
  const auto first = run_control(kSampleJob, profile_, choice_);
  const auto second = run_control(kSampleJob, profile_, choice_);
  ASSERT_TRUE(first && second);
  EXPECT_TRUE(first->ticks == second->ticks);
}

TEST_P(EveryController, EndsWhereTheJobEndsToTheStep) {
  const auto run = run_control(kSampleJob, profile_, choice_);
  ASSERT_TRUE(run) << run.error().to_string();
  EXPECT_NEAR(run->summary.end[Axis::kX].v, 50.123, 1e-9);
  EXPECT_NEAR(run->summary.end[Axis::kE].v, 4.1234, 1e-9);
  EXPECT_EQ(run->totals.steps.values, steps_from_home(profile_, run->summary.end).values);
  EXPECT_EQ(run->totals.target_steps.values, run->totals.steps.values);
}

TEST_P(EveryController, CountsTheStepsThatAreInTheTicks) {
  const auto run = run_control(kSampleJob, profile_, choice_);
  ASSERT_TRUE(run) << run.error().to_string();
  const DecodedTicks decoded = decode(run->ticks);
  EXPECT_EQ(decoded.net.values, run->totals.steps.values);
  EXPECT_EQ(decoded.count.values, run->totals.step_count.values);
  EXPECT_EQ(static_cast<Ticks>(run->ticks.size()), run->totals.ticks);
}

TEST_P(EveryController, RestsBeforeTheFirstAndAfterTheLastMove) {
  const auto run = run_control(kSampleJob, profile_, choice_);
  ASSERT_TRUE(run) << run.error().to_string();
  for (Axis axis : kAllAxes) {
    const auto& path = run->path_mm[axis];
    ASSERT_GT(path.size(), kLeadInSamples + kLeadOutSamples + run->drained);
    const double home = axis == Axis::kE ? 0.0 : profile_.axes[axis].home.v;
    EXPECT_EQ(std::count(path.begin(), path.begin() + kLeadInSamples, home),
              static_cast<std::ptrdiff_t>(kLeadInSamples));
    const auto rest = static_cast<std::ptrdiff_t>(kLeadOutSamples + run->drained);
    EXPECT_EQ(std::count(path.end() - rest, path.end(), run->summary.end[axis].v), rest);
  }
  const double whole = run->duration.v + control::kLeadIn.v + control::kLeadOut.v;
  EXPECT_NEAR(static_cast<double>(run->path_mm[Axis::kX].size() - run->drained), 1e3 * whole, 2.0);
}

TEST_P(EveryController, LeavesTheDrainWithEveryCommandOnThePlan) {
  const auto run = run_control(kSampleJob, profile_, choice_);
  ASSERT_TRUE(run) << run.error().to_string();
  constexpr double kSettled_mm = 1e-5;
  for (Axis axis : kAllAxes) {
    EXPECT_NEAR(run->command_mm[axis].back(), run->summary.end[axis].v, kSettled_mm);
  }
  if (choice_.compensator == "none") {
    EXPECT_EQ(run->drained, 0U);
  }
}

TEST_P(EveryController, StepsOnEveryTickOfEverySampleAndTwoMoreMilliseconds) {
  const auto run = run_control(kSampleJob, profile_, choice_);
  ASSERT_TRUE(run) << run.error().to_string();
  const auto per_sample = static_cast<std::size_t>(profile_.tick_rate.v / 1000.0);
  EXPECT_EQ(run->ticks.size(), (run->path_mm[Axis::kX].size() + 2) * per_sample);
}

TEST_P(EveryController, MarksLayersWhenTheirFirstMoveBegins) {
  const auto run = run_control(kSampleJob, profile_, choice_);
  ASSERT_TRUE(run) << run.error().to_string();
  std::vector<double> layers;
  std::vector<double> times;
  for (const auto& [marker, time] : run->markers) {
    if (marker.kind == planner::Marker::Kind::kLayer) {
      layers.push_back(marker.value);
      times.push_back(time.v);
    }
  }
  ASSERT_THAT(layers, ::testing::ElementsAre(0, 1));
  EXPECT_NEAR(times[0], control::kLeadIn.v, 1e-9);
  // The second layer begins where Z leaves 0.3.
  const auto& z = run->path_mm[Axis::kZ];
  const auto leaves = std::find_if(z.begin(), z.end(), [](double at) { return at > 0.3 + 1e-9; });
  EXPECT_NEAR(times[1], 1e-3 * static_cast<double>(leaves - z.begin()), 5e-3);
}

INSTANTIATE_TEST_SUITE_P(Choices, EveryController,
                         ::testing::Combine(::testing::Values("taz6", "ender3", "corexy"),
                                            ::testing::Values("lookahead", "jlmcg", "marlin"),
                                            ::testing::Values("none", "lpfbs-paper",
                                                              "lpfbs-sharp")),
                         [](const auto& param) {
                           std::string name = std::string(std::get<0>(param.param)) + "_" +
                                              std::get<1>(param.param) + "_" +
                                              std::get<2>(param.param);
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(MotionPipeline, StandsStillInTheTicksOfTheLeadIn) {
  const auto run = run_control(kSampleJob, printer("taz6"), {});
  ASSERT_TRUE(run) << run.error().to_string();
  // Rounding the first corner in time begins at most 10 ms before the first move.
  constexpr std::size_t kIdleTicks = 90 * 20;
  EXPECT_EQ(std::count(run->ticks.begin(), run->ticks.begin() + kIdleTicks, wire::kIdleTick),
            static_cast<std::ptrdiff_t>(kIdleTicks));
}

TEST(MotionPipeline, SaysFalseForEverAfterTheEnd) {
  const machine::Profile profile = printer("taz6");
  auto pipeline =
      MotionPipeline::create(gcode::Reader::from_text(kSampleJob, "job"), profile, {}).value();
  MotionBlock block;
  while (pipeline->next(block).value()) {
  }
  EXPECT_FALSE(pipeline->next(block).value());
  EXPECT_FALSE(pipeline->next(block).value());
}

TEST(MotionPipeline, RefusesACommandThatLeavesTheTravelByMoreThanTheProfileAllows) {
  machine::Profile profile = printer("taz6");
  // The command swings back before it sets out from home, at the edge of the travel.
  constexpr const char* kFromTheEdge = "G1 X200 F9000\n";
  profile.overtravel = Mm(0.05);
  EXPECT_TRUE(run_control(kFromTheEdge, profile, controller("lookahead", "lpfbs-sharp")));
  profile.overtravel = Mm(0.005);
  EXPECT_TRUE(run_control(kFromTheEdge, profile, {}));
  const auto run = run_control(kFromTheEdge, profile, controller("lookahead", "lpfbs-sharp"));
  ASSERT_FALSE(run);
  EXPECT_EQ(run.error().code, Errc::kOutOfRange);
  EXPECT_THAT(run.error().message, HasSubstr("the compensated command takes x to -0.0"));
  EXPECT_THAT(run.error().message, HasSubstr("0 to 280 mm, by 0.005 mm"));
}

TEST(MotionPipeline, RefusesMoreThanOneStepATickAndSaysWhichMotorAndHowFast) {
  machine::Profile profile = printer("taz6");
  profile.axes[Axis::kX].steps_per_mm = 110;  // 20 000 / 110 = 181.8 mm/s
  const auto run = run_control("G1 X200 F11400\n", profile, {});
  ASSERT_FALSE(run);
  EXPECT_EQ(run.error().code, Errc::kOutOfRange);
  EXPECT_THAT(run.error().message, HasSubstr("motor x at 1"));
  EXPECT_THAT(run.error().message, HasSubstr("20 kHz allows 181.8 mm/s"));
  EXPECT_THAT(run.error().remedy, HasSubstr("--max-speed"));
}

// --- fit()
// -----------------------------------------------------------------------------------------

std::unique_ptr<MotionPipeline> pipeline_of(const char* gcode, const machine::Profile& profile,
                                            const ControllerChoice& choice) {
  return MotionPipeline::create(gcode::Reader::from_text(gcode, "job"), profile, choice).value();
}

TEST(Fit, SlowsDownTheMoveThatDoesNotFit) {
  machine::Profile profile = printer("taz6");
  profile.axes[Axis::kX].steps_per_mm = 110;  // 181.8 mm/s of the 190 that are asked
  const char* job = "G1 X50 F3000\nG1 X100 F3000\nG1 X270 F11400\nG1 X200 F3000\n";
  const auto pipeline = pipeline_of(job, profile, {});
  const auto fitted = pipeline->fit();
  ASSERT_TRUE(fitted) << fitted.error().to_string();
  ASSERT_FALSE(pipeline->stretches().empty());
  for (const planner::SlowStretch& stretch : pipeline->stretches()) {
    EXPECT_GT(stretch.first, 1500) << "the third move begins after 2 s";
    EXPECT_LT(stretch.last, 3300) << "and takes a second";
    EXPECT_LT(stretch.rate, 1.0);
    EXPECT_GT(stretch.rate, 0.8);
  }
}

TEST(Fit, FindsNothingInAJobThatFits) {
  const machine::Profile profile = printer("taz6");
  const auto pipeline =
      pipeline_of("G1 X50 Y50 F3000\n", profile, controller("lookahead", "lpfbs-sharp"));
  ASSERT_TRUE(pipeline->fit());
  EXPECT_TRUE(pipeline->stretches().empty());
  EXPECT_EQ(pipeline->totals().steps[Axis::kX], 5075);
}

TEST(Fit, CountsTheVerySameMotionThatNextGivesAfterwards) {
  const machine::Profile profile = printer("taz6");
  const char* job = "G1 X20 Y20 F6000\nG1 X260 F11760\nG1 Y260\nG1 X20\nG1 Y20\nG1 X140 Y140\n";
  for (const char* compensator : {"lpfbs-sharp", "lpfbs-paper"}) {
    ControllerChoice choice = controller("lookahead", compensator);
    const auto fitted = pipeline_of(job, profile, choice);
    ASSERT_TRUE(fitted->fit());
    choice.stretches = fitted->stretches();
    const auto run = run_control(job, profile, choice);
    ASSERT_TRUE(run) << run.error().to_string();
    EXPECT_EQ(run->totals.steps.values, fitted->totals().steps.values);
    EXPECT_EQ(run->totals.step_count.values, fitted->totals().step_count.values);
    EXPECT_EQ(run->totals.largest_lag_steps.values, fitted->totals().largest_lag_steps.values);
    EXPECT_EQ(run->totals.ticks, fitted->totals().ticks);
    EXPECT_EQ(run->duration.v, fitted->print_time().v);
    for (Axis axis : {Axis::kX, Axis::kY}) {
      shaping::PeakMeter meter;
      meter.start(profile.axes[axis].home.v);
      meter.add(run->command_mm[axis]);
      EXPECT_EQ(meter.peaks().speed.value.v, fitted->peaks().command[axis].speed.value.v);
      EXPECT_EQ(meter.peaks().acceleration.value.v,
                fitted->peaks().command[axis].acceleration.value.v);
    }
  }
}

TEST(Fit, RefusesWhatDoesNotFitHoweverSlow) {
  machine::Profile profile = printer("taz6");
  profile.axes[Axis::kX].steps_per_mm = 500;  // 40 mm/s of the 190 that are asked
  const auto fitted = pipeline_of("G1 X200 F11400\n", profile, {})->fit();
  ASSERT_FALSE(fitted);
  EXPECT_EQ(fitted.error().code, Errc::kOutOfRange);
  EXPECT_THAT(fitted.error().message, HasSubstr("20 kHz allows 40.0 mm/s"));
}

TEST(MotionPipeline, KeepsTheSpeedCeilingWithoutRefusingTheJob) {
  ControllerChoice choice;
  choice.speed_ceiling[Axis::kX] = MmPerS(60);
  const auto run = run_control("G1 X200 F9000\n", printer("taz6"), choice);
  ASSERT_TRUE(run) << run.error().to_string();
  const auto& x = run->plan_mm[Axis::kX];
  double fastest = 0.0;
  for (std::size_t k = 1; k < x.size(); ++k) {
    fastest = std::max(fastest, 1e3 * (x[k] - x[k - 1]));
  }
  EXPECT_NEAR(fastest, 60.0, 1e-6);
}

TEST(MotionPipeline, MovesBothBeltsForOneAxisOfACoreXy) {
  const auto run = run_control("G1 X50 F6000\n", printer("corexy"), {});
  ASSERT_TRUE(run) << run.error().to_string();
  EXPECT_EQ(run->totals.steps[Axis::kX], 50 * 80);
  EXPECT_EQ(run->totals.steps[Axis::kY], 50 * 80);
}

TEST(MotionPipeline, DoesNotKnowOtherPlannersAndCompensators) {
  const machine::Profile profile = printer("taz6");
  const auto create = [&](const ControllerChoice& choice) {
    return MotionPipeline::create(gcode::Reader::from_text(kSampleJob, "job"), profile, choice);
  };
  const auto planner = create(controller("warp", "none"));
  ASSERT_FALSE(planner);
  EXPECT_EQ(planner.error().code, Errc::kNotFound);
  const auto compensator = create(controller("lookahead", "magic"));
  ASSERT_FALSE(compensator);
  EXPECT_EQ(compensator.error().code, Errc::kNotFound);
}

TEST(MotionPipeline, RefusesATickRateThatIsNoMultipleOfTheCommandRate) {
  machine::Profile profile = printer("taz6");
  profile.tick_rate = Hertz(20500);
  const auto run = run_control(kSampleJob, profile, {});
  ASSERT_FALSE(run);
  EXPECT_EQ(run.error().code, Errc::kInvalidArgument);
  EXPECT_THAT(run.error().message, HasSubstr("20500 Hz is no multiple"));
}

TEST(MotionPipeline, RefusesToRoundCornersForLongerThanItRestsBefore) {
  machine::Profile profile = printer("taz6");
  profile.path.junction_deviation = Mm(50);
  profile.path.acceleration = MmPerS2(100);
  const auto run = run_control(kSampleJob, profile, {});
  ASSERT_FALSE(run);
  EXPECT_EQ(run.error().code, Errc::kOutOfRange);
  EXPECT_THAT(run.error().message, HasSubstr("rounding corners by 50 mm at 100 mm/s2"));
}

TEST(MotionPipeline, PassesOnWhatIsWrongWithTheJob) {
  const auto run = run_control("G1 X10 F3000\nG1 X300\n", printer("taz6"), {});
  ASSERT_FALSE(run);
  EXPECT_EQ(run.error().code, Errc::kOutOfRange);
  EXPECT_EQ(run.error().location, "job:2");
}

}  // namespace
}  // namespace stepcast::test
