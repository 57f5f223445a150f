// Where in the motion a job's temperatures and fan speeds have their place.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "stepcast/control/job_plan.hpp"
#include "stepcast/control/motion_source.hpp"

#include "control_run.hpp"
#include "sample_job.hpp"

namespace stepcast::test {
namespace {

using control::HeatEvent;
using What = HeatEvent::What;
using Wait = HeatEvent::Wait;

struct HeatRun {
  control::JobPlan plan;
  std::vector<std::uint8_t> ticks;

  /// Steps of X up to the tick of an event.
  [[nodiscard]] Steps x_at(std::size_t event) const {
    const auto end = ticks.begin() + static_cast<std::ptrdiff_t>(plan.heat.at(event).tick);
    return decode(std::vector<std::uint8_t>(ticks.begin(), end)).net[Axis::kX];
  }
};

HeatRun heat_run(const std::string& text) {
  const JobFile job(text);
  HeatRun run;
  run.plan = control::plan_job(job.path(), printer("taz6"), {}, [&](const auto& block) {
               append_ticks(block, run.ticks);
             }).value();
  return run;
}

TEST(HeatEvents, KeepTheOrderOfTheJobAndItsLines) {
  const HeatRun run = heat_run(
      "M140 S60\nM104 S150\nM190 S60\nM109 R200\nG1 X10 F3000\nM106 S51\nM107\nM109\nG1 X20\n"
      "M104 S0\nM140 S0\n");
  const auto& heat = run.plan.heat;
  ASSERT_EQ(heat.size(), 9U);
  const auto line_of = [&](std::size_t i) { return control::control_line(heat[i]); };
  EXPECT_EQ(line_of(0), "heat bed 60.00");
  EXPECT_EQ(line_of(1), "heat tool0 150.00");
  EXPECT_EQ(line_of(2), "heat bed 60.00 reach");
  EXPECT_EQ(line_of(3), "heat tool0 200.00 settle");
  EXPECT_EQ(line_of(4), "fan 51");
  EXPECT_EQ(line_of(5), "fan 0") << "on the same tick, and later";
  EXPECT_EQ(line_of(6), "heat tool0 200.00 reach") << "M109 alone waits for what there is";
  EXPECT_EQ(line_of(7), "heat tool0 0.00");
  EXPECT_EQ(heat[8].line, 11);
  for (std::size_t i = 1; i < heat.size(); ++i) {
    EXPECT_GE(heat[i].tick, heat[i - 1].tick) << i;
  }
  EXPECT_LE(heat.back().tick, run.plan.motion.ticks);
}

TEST(HeatEvents, AWaitHasEverythingBeforeItBehindItAndNothingElse) {
  const HeatRun run = heat_run("G1 X50 F6000\nM109 S200\nG1 X100\n");
  // Corners are rounded in time: what is left of the stop is far less than the job's resolution.
  constexpr double kSteps = 50 * 101.5;
  EXPECT_NEAR(static_cast<double>(run.x_at(0)), kSteps, 5.0);
}

TEST(HeatEvents, OneInTheMiddleOfMotionIsAMillisecondLateAtMost) {
  const HeatRun run = heat_run("G1 X50 F6000\nM106 S255\nG1 X100\nM107\nG1 X150\n");
  constexpr double kAMillisecond = 0.1 * 101.5;  // at 100 mm/s
  for (const std::size_t event : {0U, 1U}) {
    const double exact = 50.0 * static_cast<double>(event + 1) * 101.5;
    EXPECT_GE(static_cast<double>(run.x_at(event)), exact - 1.5) << event;
    EXPECT_LE(static_cast<double>(run.x_at(event)), exact + kAMillisecond + 1.5) << event;
  }
}

TEST(HeatEvents, ChangeNotOneTickOfTheMotion) {
  const std::string moves = "G1 X50 F6000\n@G1 X60 Y20\n@G1 X20 Y20 E1\n@G1 X0 Y0\n";
  std::string with = moves;
  std::string without = moves;
  const std::string heat[] = {"M104 S200\n", "M106 S99\n", "M140 S40\nM107\n"};
  for (const std::string& lines : heat) {
    with.replace(with.find('@'), 1, lines);
    without.replace(without.find('@'), 1, "");
  }
  EXPECT_TRUE(heat_run(with).ticks == heat_run(without).ticks);
  EXPECT_EQ(heat_run(without).plan.heat.size(), 0U);
}

TEST(HeatEvents, AStreamGivesThoseOfThePlanAheadOfItsTicks) {
  std::string text = "M109 S200\n";
  for (int i = 0; i < 40; ++i) {
    text += "M106 S" + std::to_string(i) + "\nG1 X" + std::to_string(i % 2 * 50) + " F6000\n";
  }
  const JobFile job(text);
  const machine::Profile profile = printer("taz6");
  const auto plan = control::plan_job(job.path(), profile, {}).value();
  constexpr Ticks kAhead = 6'000;
  const auto source = control::MotionSource::create(plan, profile, {}, kAhead).value();
  std::vector<std::uint8_t> ticks(1'200);
  std::vector<HeatEvent> heat;
  Ticks given = 0;
  while (const std::size_t count = source->read(ticks).value()) {
    given += static_cast<Ticks>(count);
    const auto news = source->take_heat();
    heat.insert(heat.end(), news.begin(), news.end());
    if (heat.size() < plan.heat.size()) {
      EXPECT_GT(plan.heat[heat.size()].tick, given + kAhead) << "known in time";
    }
  }
  ASSERT_EQ(heat.size(), plan.heat.size());
  for (std::size_t i = 0; i < heat.size(); ++i) {
    EXPECT_EQ(heat[i].tick, plan.heat[i].tick) << i;
    EXPECT_EQ(control::control_line(heat[i]), control::control_line(plan.heat[i])) << i;
  }
  EXPECT_EQ(given, plan.motion.ticks);
}

TEST(HeatEvents, MoveWithTheSpeedOfAJobThatIsChangedWhileItRuns) {
  std::string text;
  for (int i = 0; i < 20; ++i) {
    text += "G1 X" + std::to_string(i % 2 == 0 ? 100 : 0) + " F3000\n";
  }
  const JobFile job(text + "M106 S255\nG1 X150 F3000\n");
  const machine::Profile profile = printer("taz6");
  const auto plan = control::plan_job(job.path(), profile, {}).value();
  planner::LiveSettings fast;
  fast.speed = 2.0;
  const auto source =
      control::MotionSource::create(plan, profile, planner::repeat({{10, fast}}), 1'200).value();
  std::vector<std::uint8_t> ticks;
  std::vector<std::uint8_t> packet(1'200);
  while (const std::size_t count = source->read(packet).value()) {
    ticks.insert(ticks.end(), packet.begin(), packet.begin() + static_cast<std::ptrdiff_t>(count));
  }
  const auto heat = source->take_heat();
  ASSERT_EQ(heat.size(), 1U);
  EXPECT_LT(heat[0].tick, plan.heat[0].tick);
  ticks.resize(static_cast<std::size_t>(heat[0].tick));
  EXPECT_NEAR(static_cast<double>(decode(ticks).net[Axis::kX]), 0.0, 12.0) << "at the same place";
}

TEST(HeatEvents, PassOverFansAndChambersThatAreNotThere) {
  const HeatRun run = heat_run("M106 P2 S255\nM141 S50\nM191 S50\nG1 X50 F6000\n");
  EXPECT_TRUE(run.plan.heat.empty());
}

}  // namespace
}  // namespace stepcast::test
