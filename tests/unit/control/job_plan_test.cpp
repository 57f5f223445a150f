#include "stepcast/control/job_plan.hpp"

#include <stop_token>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control_run.hpp"
#include "sample_job.hpp"

namespace stepcast::test {
namespace {

using control::ControllerChoice;
using control::JobPlan;
using control::plan_job;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Result<JobPlan> plan(std::string_view text, const machine::Profile& profile,
                     const ControllerChoice& choice = {}) {
  const JobFile job(text);
  return plan_job(job.path(), profile, choice);
}

TEST(JobPlan, KnowsWhatThePipelineKnows) {
  const machine::Profile profile = printer("taz6");
  const auto planned = plan(kSampleJob, profile);
  const auto run = run_control(kSampleJob, profile, {});
  ASSERT_TRUE(planned && run);
  EXPECT_EQ(planned->motion.steps.values, run->totals.steps.values);
  EXPECT_EQ(planned->motion.ticks, run->totals.ticks);
  EXPECT_EQ(planned->print_time.v, run->duration.v);
  EXPECT_EQ(planned->toolpath.moves, run->summary.moves);
  EXPECT_EQ(planned->toolpath.layers, 2);
  EXPECT_NEAR(planned->toolpath.filament.v, 4.1234, 1e-9);
}

TEST(JobPlan, StopsWhenItIsAskedTo) {
  const JobFile job(kSampleJob);
  std::stop_source stop;
  stop.request_stop();
  const auto planned = plan_job(job.path(), printer("taz6"), {}, {}, {}, stop.get_token());
  ASSERT_FALSE(planned);
  EXPECT_EQ(planned.error().code, Errc::kInterrupted);
}

TEST(JobPlan, ListsLayersWithTheirTimes) {
  const auto planned = plan(kSampleJob, printer("taz6"));
  ASSERT_TRUE(planned) << planned.error().to_string();
  ASSERT_EQ(planned->layers.size(), 2U);
  EXPECT_EQ(planned->layers[0].layer, 0);
  EXPECT_EQ(planned->layers[1].layer, 1);
  EXPECT_NEAR(planned->layers[0].time.v, control::kLeadIn.v, 1e-9);
  EXPECT_GT(planned->layers[1].time, planned->layers[0].time);
  EXPECT_LT(planned->layers[1].time, control::kLeadIn + planned->print_time);
}

TEST(JobPlan, CountsWhatAStreamOfStepsCannotDo) {
  const auto planned = plan(
      "M140 S60\nM104 S200\nM109 S200\nG1 X10 F3000\nM0\nM600\nG1 X20\nM104 S0\n", printer("taz6"));
  ASSERT_TRUE(planned) << planned.error().to_string();
  EXPECT_EQ(planned->heater_commands, 4);
  EXPECT_EQ(planned->pauses_asked, 2);
}

TEST(JobPlan, WarnsOfUnknownCommandsOnceEach) {
  const auto planned = plan("M1234\nG1 X10 F3000\nM1234\n", printer("taz6"));
  ASSERT_TRUE(planned) << planned.error().to_string();
  EXPECT_THAT(planned->warnings,
              ElementsAre("M1234 is not known and was passed over 2 times (first: line 1)."));
}

TEST(JobPlan, WarnsOfMovesThatRunSlowerThanAsked) {
  const auto planned = plan("G1 X10 F3000\nG1 Z5 F3000\n", printer("taz6"));
  ASSERT_TRUE(planned) << planned.error().to_string();
  EXPECT_THAT(planned->warnings, ElementsAre(HasSubstr("1 moves ask for more speed")));
}

TEST(JobPlan, RefusesAJobThatMovesNothing) {
  for (const char* text : {"", "\n\n", "; only a comment\n", "M104 S200\nG4 P10\n"}) {
    const auto planned = plan(text, printer("taz6"));
    ASSERT_FALSE(planned) << text;
    EXPECT_EQ(planned.error().code, Errc::kMalformed);
    EXPECT_THAT(planned.error().to_string(), HasSubstr("the job moves nothing"));
    EXPECT_THAT(planned.error().location, HasSubstr(".gcode"));
  }
}

TEST(JobPlan, NamesAFileThatIsNotThere) {
  const auto planned = plan_job("/nowhere/part.gcode", printer("taz6"), {});
  ASSERT_FALSE(planned);
  EXPECT_EQ(planned.error().code, Errc::kNotFound);
  EXPECT_THAT(planned.error().to_string(), HasSubstr("/nowhere/part.gcode"));
}

// --- what compensation adds has to fit the tick grid
// ----------------------------------------------

// At the limit of the axes, so that what compensation adds does not fit.
constexpr const char* kFastJob =
    "G1 X20 Y20 F6000\nG1 X260 F11760\nG1 Y260\nG1 X20\nG1 Y20\nG1 X140 Y140\n";

TEST(TickGrid, SlowsThePlanDownWhereItsCompensatedCommandExceedsIt) {
  const machine::Profile profile = printer("taz6");
  const JobFile job(kFastJob);
  std::vector<std::uint8_t> ticks;
  const auto planned =
      plan_job(job.path(), profile, controller("lookahead", "lpfbs-sharp"),
               [&](const control::MotionBlock& block) { append_ticks(block, ticks); });
  ASSERT_TRUE(planned) << planned.error().to_string();
  ASSERT_FALSE(planned->choice.stretches.empty());
  for (const planner::SlowStretch& stretch : planned->choice.stretches) {
    EXPECT_LT(stretch.rate, 1.0);
    EXPECT_GT(stretch.rate, 0.5) << "slower than needed";
  }
  const double one_step_a_tick = 20000.0 / 101.5;
  for (Axis axis : {Axis::kX, Axis::kY}) {
    const auto& speed = planned->peaks.command[axis].speed.value;
    EXPECT_GT(speed, planned->peaks.plan[axis].speed.value);
    // For some milliseconds it may be more, as long as the motor does not fall far behind.
    EXPECT_LE(speed.v, 1.1 * one_step_a_tick);
    EXPECT_GT(speed.v, 0.8 * one_step_a_tick) << "slower than needed";
    EXPECT_LE(planned->motion.largest_lag_steps[axis],
              0.5 + static_cast<double>(stepgen::StepGenerator::kMostLateSteps));
  }
  EXPECT_THAT(planned->warnings, ::testing::Contains(HasSubstr("run slower than asked")));
  // The observer saw the final plan and nothing else.
  EXPECT_EQ(decode(ticks).net.values, steps_from_home(profile, planned->toolpath.end).values);
  EXPECT_EQ(static_cast<Ticks>(ticks.size()), planned->motion.ticks);
}

TEST(TickGrid, CountsWhatSlowingDownCosts) {
  const auto slowed = plan(kFastJob, printer("taz6"), controller("lookahead", "lpfbs-sharp"));
  const auto plain = plan(kFastJob, printer("taz6"));
  ASSERT_TRUE(slowed && plain);
  EXPECT_GT(slowed->slowed_by.v, 0.0);
  EXPECT_EQ(plain->slowed_by.v, 0.0);
  EXPECT_NEAR(slowed->print_time.v, plain->print_time.v + slowed->slowed_by.v, 1e-9);
}

TEST(TickGrid, MovesLayersWithTheStretchesBeforeThem) {
  const std::string job = ";LAYER:0\n" + std::string(kFastJob) + ";LAYER:1\nG1 Z1 F300\n";
  const auto slowed = plan(job, printer("taz6"), controller("lookahead", "lpfbs-sharp"));
  const auto plain = plan(job, printer("taz6"));
  ASSERT_TRUE(slowed && plain);
  ASSERT_EQ(slowed->layers.size(), 2U);
  EXPECT_NEAR(slowed->layers[0].time.v, plain->layers[0].time.v, 1e-9);
  EXPECT_NEAR(slowed->layers[1].time.v, plain->layers[1].time.v + slowed->slowed_by.v, 1e-3);
}

TEST(TickGrid, SlowsNothingDownWithoutCompensation) {
  const auto planned = plan(kFastJob, printer("taz6"));
  ASSERT_TRUE(planned) << planned.error().to_string();
  EXPECT_THAT(planned->choice.stretches, IsEmpty());
  EXPECT_THAT(planned->warnings, IsEmpty());
  EXPECT_NEAR(planned->peaks.plan[Axis::kX].speed.value.v, 196.0, 0.1);
}

TEST(TickGrid, LeavesAloneWhatFits) {
  const std::string slow_first = "G1 X20 Y20 F3000\nG1 X60 Y20\nG1 X20 Y20\n";
  const auto before = plan(slow_first, printer("taz6"));
  const auto planned = plan(slow_first + "G1 X260 F11760\nG1 X200 F3000\nG1 X150\n",
                            printer("taz6"), controller("lookahead", "lpfbs-sharp"));
  ASSERT_TRUE(before && planned);
  ASSERT_FALSE(planned->choice.stretches.empty());
  constexpr double kReach = 0.2;  // of a stretch and its ramp around a place, s
  const double fast_begins = control::kLeadIn.v + before->print_time.v;
  constexpr double kFastTakes = 240.0 / 196.0;
  for (const planner::SlowStretch& stretch : planned->choice.stretches) {
    EXPECT_GT(1e-3 * static_cast<double>(stretch.first), fast_begins - kReach);
    EXPECT_LT(1e-3 * static_cast<double>(stretch.last), fast_begins + kFastTakes + kReach);
  }
}

TEST(TickGrid, FitsBeltsThatCarryBothAxes) {
  machine::Profile profile = printer("corexy");
  const machine::Profile flexible = printer("taz6");
  for (Axis axis : {Axis::kX, Axis::kY}) {
    profile.axes[axis].response = flexible.axes[axis].response;
    profile.axes[axis].max_speed = MmPerS(124);
  }
  profile.overtravel = Mm(2);
  const auto planned = plan("G1 X20 Y20 F6000\nG1 X260 Y260 F10480\nG1 X20 Y20\n", profile,
                            controller("lookahead", "lpfbs-sharp"));
  ASSERT_TRUE(planned) << planned.error().to_string();
  EXPECT_FALSE(planned->choice.stretches.empty());
  EXPECT_EQ(planned->motion.steps.values, steps_from_home(profile, planned->toolpath.end).values);
}

TEST(TickGrid, SlowsAPlanDownThatExceedsItByItself) {
  machine::Profile profile = printer("taz6");
  profile.axes[Axis::kX].steps_per_mm = 110;  // 181.8 mm/s of 197
  const auto planned = plan("G1 X200 F11400\n", profile);
  ASSERT_TRUE(planned) << planned.error().to_string();
  EXPECT_FALSE(planned->choice.stretches.empty());
  // The ramps of a stretch reach the limit before its middle does.
  EXPECT_LE(planned->peaks.command[Axis::kX].speed.value.v, 1.01 * 20000.0 / 110);
  EXPECT_GT(planned->peaks.plan[Axis::kX].speed.value.v, 0.8 * 20000.0 / 110);
  EXPECT_EQ(planned->motion.steps[Axis::kX], 22000);
}

}  // namespace
}  // namespace stepcast::test
