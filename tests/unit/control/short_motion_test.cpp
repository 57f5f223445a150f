#include "stepcast/control/short_motion.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control_run.hpp"
#include "sample_job.hpp"

namespace stepcast::test {
namespace {

using control::plan_short_motion;
using ::testing::HasSubstr;

TEST(ShortMotion, IsTheMotionOfTheSameJob) {
  const machine::Profile profile = printer("taz6");
  const auto motion = plan_short_motion(kSampleJob, "lines", profile, {});
  const auto job = run_control(kSampleJob, profile, {});
  ASSERT_TRUE(motion && job);
  EXPECT_EQ(static_cast<Ticks>(motion->ticks.size()), job->totals.ticks);
  EXPECT_EQ(motion->steps, job->totals.steps);
  EXPECT_EQ(motion->toolpath.moves, job->summary.moves);
}

TEST(ShortMotion, BeginsWhereTheToolIsAndKnowsWhereHomeIs) {
  const machine::Profile profile = printer("taz6");
  planner::ToolpathOptions options;
  options.position_at_start = planner::start_position(profile, {});
  (*options.position_at_start)[Axis::kX] += Mm(30);
  const auto motion = plan_short_motion("G28 X\n", "lines", profile, options);
  ASSERT_TRUE(motion) << motion.error().to_string();
  const double mm =
      static_cast<double>(motion->steps[Axis::kX]) / profile.axes[Axis::kX].steps_per_mm;
  EXPECT_NEAR(mm, -30, 0.01);
}

TEST(ShortMotion, HasItsHeatAtItsTicks) {
  const auto motion =
      plan_short_motion("M104 S200\nG1 X30 F3000\nM106 S255\n", "lines", printer("taz6"), {});
  ASSERT_TRUE(motion) << motion.error().to_string();
  ASSERT_EQ(motion->heat.size(), 2U);
  EXPECT_EQ(motion->heat[0].what, control::HeatEvent::What::kNozzle);
  EXPECT_EQ(motion->heat[1].what, control::HeatEvent::What::kFan);
  EXPECT_GT(motion->heat[1].tick, motion->heat[0].tick + 10'000) << "after 0.6 s of motion";
  EXPECT_LE(motion->heat[1].tick, static_cast<Ticks>(motion->ticks.size()));
}

TEST(ShortMotion, IsNoneForModesAlone) {
  const auto motion = plan_short_motion("G91\nM83\nG92 X3\n", "lines", printer("taz6"), {});
  ASSERT_TRUE(motion);
  EXPECT_TRUE(motion->ticks.empty());
  EXPECT_TRUE(motion->toolpath.mode_at_end.relative);
  EXPECT_FALSE(plan_short_motion("G4 P100\n", "lines", printer("taz6"), {})->ticks.empty());
}

TEST(ShortMotion, RefusesWhatWouldFillTheMemory) {
  const auto motion = plan_short_motion("G4 S86400\n", "lines", printer("taz6"), {});
  ASSERT_FALSE(motion);
  EXPECT_EQ(motion.error().code, Errc::kOutOfRange);
  EXPECT_THAT(motion.error().to_string(), HasSubstr("600 s"));
}

}  // namespace
}  // namespace stepcast::test
