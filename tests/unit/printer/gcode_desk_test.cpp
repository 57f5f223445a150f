// Lines of G-code by hand, sorted by who carries them out.
#include "gcode_desk.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace stepcast::printer {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Stop = GcodeByHand::Stop;
using Question = GcodeByHand::Question;

GcodeByHand read(const std::vector<std::string>& lines) {
  auto asked = read_gcode_by_hand(lines);
  EXPECT_TRUE(asked) << asked.error().to_string();
  return asked.value_or(GcodeByHand{});
}

Error refused(const std::vector<std::string>& lines) {
  const auto asked = read_gcode_by_hand(lines);
  EXPECT_FALSE(asked);
  return asked ? Error{} : asked.error();
}

TEST(GcodeByHand, GivesTemperaturesAndFansToTheDeviceAtOnce) {
  const auto asked = read({"M104 S200", "m140 s60", "M106 S51 ; a fifth"});
  EXPECT_THAT(asked.motion, IsEmpty());
  ASSERT_EQ(asked.targets.size(), 2U);
  EXPECT_EQ(asked.targets[0].heater, "tool0");
  EXPECT_EQ(asked.targets[0].value, Celsius{200});
  EXPECT_EQ(asked.targets[1].heater, "bed");
  EXPECT_DOUBLE_EQ(asked.fan.value(), 0.2);
  EXPECT_DOUBLE_EQ(read({"M107"}).fan.value(), 0.0);
  EXPECT_DOUBLE_EQ(read({"M106"}).fan.value(), 1.0);
}

TEST(GcodeByHand, KeepsTheOrderOfTemperaturesAmongMoves) {
  const auto asked = read({"M104 S0", "G1 X10", "M105", "M107"});
  EXPECT_EQ(asked.motion, "M104 S0\nG1 X10\n\nM107\n") << "lines keep their numbers";
  EXPECT_THAT(asked.targets, IsEmpty());
  EXPECT_FALSE(asked.fan);
  EXPECT_THAT(asked.questions, ElementsAre(Question::kTemperatures));
}

TEST(GcodeByHand, AWaitIsMotion) {
  EXPECT_EQ(read({"M109 S200"}).motion, "M109 S200\n");
}

TEST(GcodeByHand, ChangesThePrint) {
  const auto asked = read({"M220 S150", "M221 S95", "M290 Z0.05", "M290 Z0.05"});
  EXPECT_THAT(asked.motion, IsEmpty());
  planner::LiveSettings before;
  before.z_offset = Mm(-0.1);
  const auto after = changed(before, asked);
  EXPECT_DOUBLE_EQ(after.speed, 1.5);
  EXPECT_DOUBLE_EQ(after.flow, 0.95);
  EXPECT_NEAR(after.z_offset.v, 0.0, 1e-12);
}

TEST(GcodeByHand, NothingKeepsAnEmergencyStopFromActing) {
  for (const char* const line : {"M112", "  m112 ; now", "M112*34", "N3 M112"}) {
    EXPECT_EQ(read({line}).stop, Stop::kEmergency) << line;
  }
  EXPECT_EQ(read({"this is ( no G-code", "M112"}).stop, Stop::kEmergency);
  EXPECT_THAT(read({"G1 X10", "M112"}).motion, IsEmpty());
  EXPECT_EQ(read({"M117 M112"}).stop, Stop::kNone) << "only a text";
  EXPECT_EQ(refused({"M1123"}).code, Errc::kUnsupported) << "another code";
}

TEST(GcodeByHand, StopsMoves) {
  EXPECT_EQ(read({"M410"}).stop, Stop::kMoves);
  EXPECT_EQ(read({"M108"}).stop, Stop::kMoves);
}

TEST(GcodeByHand, SaysWhyItDoesNotDoALine) {
  const auto unknown = refused({"G90", "G29"});
  EXPECT_EQ(unknown.code, Errc::kUnsupported);
  EXPECT_THAT(unknown.to_string(), AllOf(HasSubstr("commands:2"), HasSubstr("G29")));
  EXPECT_THAT(refused({"M84"}).to_string(), HasSubstr("always hold"));
  EXPECT_THAT(refused({"M0"}).to_string(), HasSubstr("pause"));
  EXPECT_THAT(refused({"SET_PIN PIN=a"}).to_string(), HasSubstr("SET_PIN"));
  EXPECT_THAT(refused({"G10 P1"}).to_string(), HasSubstr("G10"));
  EXPECT_THAT(refused({"M106 P1 S9"}).to_string(), HasSubstr("fan 1"));
  EXPECT_THAT(refused({"M104 S9 T1"}).to_string(), HasSubstr("nozzle 1"));
  EXPECT_THAT(refused({"M104"}).to_string(), HasSubstr("without a temperature"));
  EXPECT_EQ(refused({"G1 X1..2"}).code, Errc::kMalformed);
  EXPECT_EQ(refused({"G1 X1\nM84"}).code, Errc::kInvalidArgument) << "two lines in one";
}

TEST(GcodeByHand, PassesOverWhatAsksForNothing) {
  const auto asked = read({"", "; a comment", "M400", "M155 S2", "M110 N0"});
  EXPECT_THAT(asked.motion, IsEmpty());
  EXPECT_EQ(asked.stop, Stop::kNone);
}

TEST(GcodeByHand, AnswersAsMarlinDoes) {
  Status status;
  status.heaters["tool0"] = {.actual = Celsius{21.5}, .target = Celsius{200}};
  status.heaters["bed"] = {.actual = std::nullopt, .target = Celsius{0}};
  status.position[Axis::kX] = Mm(12);
  planner::ModalState mode;
  mode.offset[Axis::kX] = Mm(2);
  mode.logical_e = Mm(3);
  EXPECT_THAT(answer(Question::kTemperatures, status, mode, "m"),
              AllOf(HasSubstr("ok"), HasSubstr("T:21.50 /200.00"), HasSubstr("B:0.00 /0.00")));
  EXPECT_EQ(answer(Question::kPosition, status, mode, "m"), "X:10.000 Y:? Z:? E:3.000");
  EXPECT_THAT(answer(Question::kFirmware, status, mode, "TAZ 6"),
              AllOf(HasSubstr("FIRMWARE_NAME:Stepcast"), HasSubstr("TAZ 6")));
}

}  // namespace
}  // namespace stepcast::printer
