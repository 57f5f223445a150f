#include "stepcast/octoprint/commands.hpp"

#include <string_view>

#include <gmock/gmock.h>

namespace stepcast::octoprint {
namespace {

TEST(JobCommands, TogglesWhenNoActionIsNamed) {
  EXPECT_EQ(parse_job_command(R"({"command":"pause"})").value(), JobCommand::kToggle);
  EXPECT_EQ(parse_job_command(R"({"command":"pause","action":null})").value(), JobCommand::kToggle);
  EXPECT_EQ(parse_job_command(R"({"command":"pause","action":"resume"})").value(),
            JobCommand::kResume);
}

TEST(JobCommands, NameWhatWouldDoWhenAWordIsUnknown) {
  const auto command = parse_job_command(R"({"command":"stop"})");
  ASSERT_FALSE(command);
  EXPECT_EQ(command.error().code, Errc::kInvalidArgument);
  EXPECT_THAT(command.error().to_string(), testing::HasSubstr("start, cancel, restart or pause"));
}

TEST(Commands, RefuseBodiesThatAreNoObjects) {
  for (const std::string_view body : {"", "[]", "null", "{", "\"start\"", "{\"command\":1}"}) {
    const auto command = parse_job_command(body);
    ASSERT_FALSE(command) << body;
    EXPECT_EQ(command.error().code, Errc::kMalformed) << body;
  }
}

TEST(ConnectionCommands, ReadKeysWhateverTheirCase) {
  const auto command =
      parse_connection_command(R"({"command":"connect","printerprofile":"p","port":"AUTO"})");
  ASSERT_TRUE(command);
  EXPECT_EQ(command->printer_profile, "p");
  EXPECT_EQ(command->port, "AUTO");
}

TEST(PrintheadCommands, ReadSpeedsInMillimetresPerMinute) {
  const auto command = parse_printhead_command(R"({"command":"jog","x":10,"z":-0.5,"speed":3000})");
  ASSERT_TRUE(command);
  const auto& jog = std::get<JogCommand>(*command);
  EXPECT_EQ(jog.axes[Axis::kX]->v, 10);
  EXPECT_FALSE(jog.axes[Axis::kY]);
  EXPECT_EQ(jog.axes[Axis::kZ]->v, -0.5);
  EXPECT_EQ(jog.speed->v, 50);
  EXPECT_FALSE(jog.absolute);
}

TEST(PrintheadCommands, TakeFactorsAsSharesAndAsPercent) {
  for (const std::string_view body :
       {R"({"command":"feedrate","factor":110})", R"({"command":"feedrate","factor":1.1})"}) {
    const auto command = parse_printhead_command(body);
    ASSERT_TRUE(command);
    EXPECT_DOUBLE_EQ(std::get<FeedRateCommand>(*command).factor, 1.1);
  }
}

TEST(PrintheadCommands, RefuseNumbersThatAreNone) {
  for (const std::string_view body :
       {R"({"command":"jog"})", R"({"command":"jog","x":"10"})", R"({"command":"jog","x":1e999})",
        R"({"command":"home","axes":["e"]})", R"({"command":"feedrate"})"}) {
    EXPECT_FALSE(parse_printhead_command(body)) << body;
  }
}

TEST(ToolCommands, ReadTargetsByTool) {
  const auto command =
      parse_tool_command(R"({"command":"target","targets":{"tool0":220,"tool1":0}})");
  ASSERT_TRUE(command);
  const auto& targets = std::get<TargetsCommand>(*command).targets;
  EXPECT_EQ(targets.size(), 2U);
  EXPECT_EQ(targets.at("tool0").v, 220);
}

TEST(HeaterCommands, TakeTargetAndOffsetTogether) {
  const auto command = parse_heater_command(R"({"command":"target","target":60,"offset":0})");
  ASSERT_TRUE(command);
  EXPECT_EQ(command->target->v, 60);
  EXPECT_EQ(command->offset->v, 0);
  EXPECT_FALSE(parse_heater_command(R"({"command":"target","offset":5})"));
}

TEST(GcodeCommands, TakeOneLineAndMany) {
  EXPECT_THAT(parse_gcode_command(R"({"command":"G28"})").value(), testing::ElementsAre("G28"));
  EXPECT_THAT(parse_gcode_command(R"({"commands":["G28","M105"]})").value(),
              testing::ElementsAre("G28", "M105"));
  EXPECT_FALSE(parse_gcode_command(R"({"commands":[]})"));
  EXPECT_FALSE(parse_gcode_command(R"({"commands":[1]})"));
}

TEST(FileCommands, RefuseSlicingWithAReason) {
  const auto command = parse_file_command(R"({"command":"slice","slicer":"curalegacy"})");
  ASSERT_FALSE(command);
  EXPECT_EQ(command.error().code, Errc::kUnsupported);
}

}  // namespace
}  // namespace stepcast::octoprint
