#include "heat_desk.hpp"

#include <chrono>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stepcast/printer/job_actions.hpp"

#include "test_profile.hpp"

namespace stepcast::printer {
namespace {

using namespace std::chrono_literals;
using control::HeatEvent;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const stream::HeatAbilities kDevice{
    .heaters = {"tool0", "bed"}, .fan = true, .actions = 256, .lease = 30s};
const HeatDesk::Time kStart{};

stream::HeatReport report(double nozzle_c, double target_c, double bed_target_c = 60) {
  stream::HeatReport report;
  report.heaters["tool0"] = {.actual = Celsius{nozzle_c}, .target = Celsius{target_c}};
  report.heaters["bed"] = {.actual = Celsius{60}, .target = Celsius{bed_target_c}};
  return report;
}

struct Desk {
  explicit Desk(const HeatDesk::Options& options = {}) : desk(profile, options) {
    desk.meet(kDevice);
  }
  const machine::Profile profile = test::paper_machine();
  HeatDesk desk;
};

TEST(HeatDesk, APauseLeavesTheBedAndSwitchesOffInTime) {
  Desk d({.nozzle_standby = Celsius{150}, .nozzle_off_after = 600s, .all_off_after = 7'200s});
  d.desk.take(report(200, 200));
  EXPECT_THAT(d.desk.pause_lines(kStart), IsEmpty()) << "no pause";
  d.desk.begin_pause(kStart);
  EXPECT_THAT(d.desk.pause_lines(kStart), ElementsAre("heat tool0 150.00"));
  EXPECT_THAT(d.desk.pause_lines(kStart + 599s), IsEmpty());
  EXPECT_THAT(d.desk.pause_lines(kStart + 600s), ElementsAre("heat tool0 0.00"));
  EXPECT_THAT(d.desk.pause_lines(kStart + 7'199s), IsEmpty());
  EXPECT_THAT(d.desk.pause_lines(kStart + 7'200s), ElementsAre("heat off"));
  EXPECT_THAT(d.desk.pause_lines(kStart + 9'999s), IsEmpty());
}

TEST(HeatDesk, ResumingWantsWhatWasThereAndMeasuresIt) {
  Desk d;
  d.desk.take(report(200, 200));
  d.desk.begin_pause(kStart);
  EXPECT_TRUE(d.desk.restored());
  EXPECT_THAT(d.desk.resume_lines(), IsEmpty());
  d.desk.take(report(90, 0, 0));
  EXPECT_FALSE(d.desk.restored());
  EXPECT_THAT(d.desk.resume_lines(), ElementsAre("heat bed 60.00", "heat tool0 200.00"));
  d.desk.take(report(190, 200));
  EXPECT_FALSE(d.desk.restored()) << "asked for, but not there";
  d.desk.take(report(198.5, 200));
  EXPECT_TRUE(d.desk.restored());
}

TEST(HeatDesk, AFaultInAPauseIsResetByResuming) {
  Desk d;
  d.desk.take(report(200, 200));
  d.desk.begin_pause(kStart);
  stream::HeatReport broken = report(200, 0, 0);
  broken.fault = "lost";
  d.desk.take(broken);
  EXPECT_FALSE(d.desk.restored());
  EXPECT_THAT(d.desk.resume_lines(),
              ElementsAre("heat reset", "heat bed 60.00", "heat tool0 200.00"));
  d.desk.begin_pause(kStart + 5s);
  EXPECT_THAT(d.desk.resume_lines(),
              ElementsAre("heat reset", "heat bed 60.00", "heat tool0 200.00"))
      << "a second try wants the same as the first";
}

TEST(HeatDesk, WhatIsSetInAPauseIsWhatResumingWants) {
  Desk d;
  d.desk.take(report(200, 200));
  d.desk.begin_pause(kStart);
  d.desk.set_in_pause("tool0", Celsius{220});
  EXPECT_THAT(d.desk.resume_lines(), ElementsAre("heat bed 60.00", "heat tool0 220.00"));
}

TEST(JobActions, LeaveOutWhatTheDeviceHasNotAndNeedNot) {
  const std::vector<HeatEvent> events{
      {.what = HeatEvent::What::kFan, .fan = 1.0, .tick = 100, .line = 2},
      {.target = Celsius{200}, .tick = 100, .line = 3},
      {.what = HeatEvent::What::kChamber, .tick = 200, .line = 4}};
  const auto actions = actions_of(events, kDevice);
  ASSERT_EQ(actions.size(), 2U);
  EXPECT_EQ(actions[0].line, "fan 255");
  EXPECT_EQ(actions[1].line, "heat tool0 200.00");
  EXPECT_TRUE(actions_of(events, {}).empty()) << "a device with motors only";
}

TEST(JobActions, RefuseMoreThanHalfTheTableWithinAFifo) {
  control::JobPlan plan;
  plan.file = "a.gcode";
  for (int i = 0; i <= 128; ++i) {
    plan.heat.push_back(
        {.what = HeatEvent::What::kFan, .fan = 1.0, .tick = 937 * i, .line = i + 1});
  }
  const auto refused = check_heat(plan, kDevice);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::kUnsupported);
  EXPECT_EQ(refused.error().location, "a.gcode:129");
  plan.heat.back().tick = 120'001;
  EXPECT_TRUE(check_heat(plan, kDevice));
}

TEST(JobActions, RefuseAHeaterThatTheDeviceHasNot) {
  control::JobPlan plan;
  plan.file = "a.gcode";
  plan.heat = {{.what = HeatEvent::What::kChamber, .target = Celsius{40}, .line = 7}};
  const auto refused = check_heat(plan, kDevice);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().to_string(), HasSubstr("a.gcode:7"));
  plan.heat[0].target = Celsius{0};
  EXPECT_TRUE(check_heat(plan, kDevice)) << "to switch off what is not there is no wish";
  plan.heat[0].target = Celsius{40};
  EXPECT_TRUE(check_heat(plan, {})) << "a device with motors only is asked for nothing";
}

}  // namespace
}  // namespace stepcast::printer
