#include "report.hpp"

#include <string>
#include <variant>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace stepcast::octoprint_client {
namespace {

using printer::PrintResult;
using printer::State;
using ::testing::HasSubstr;

TEST(OctoPrintReport, KnowsEveryTextOfOctoPrint) {
  EXPECT_EQ(state_of_text("Operational").state, State::kOperational);
  EXPECT_EQ(state_of_text("Printing from SD").state, State::kPrinting);
  EXPECT_EQ(state_of_text("Offline after error").state, State::kError);
  EXPECT_EQ(state_of_text("Offline").state, State::kOffline);
  EXPECT_FALSE(state_of_text("Offline").connecting);
  EXPECT_TRUE(state_of_text("Detecting serial connection").connecting);
  EXPECT_EQ(state_of_text("Unknown State (99)").state, State::kError) << "and nothing is started";
}

TEST(OctoPrintReport, ReadsAPrintUnderWay) {
  const auto message = parse_message(
      R"({"current":{"state":{"text":"Printing","error":""},
          "job":{"file":{"origin":"local","path":"stepcast/nut-7.gcode"}},
          "progress":{"completion":25.0,"filepos":100,"printTime":12,"printTimeLeft":36},
          "currentZ":0.4,"offsets":{"tool0":5},"logs":["Send: G1 X1"],
          "temps":[{"time":1,"tool0":{"actual":20,"target":0}},
                   {"time":2,"tool0":{"actual":200.5,"target":210},
                    "chamber":{"actual":null,"target":null}}]}})");
  ASSERT_TRUE(message);
  const auto& report = std::get<Report>(*message);
  EXPECT_EQ(report.state, State::kPrinting);
  EXPECT_EQ(report.path, "stepcast/nut-7.gcode");
  EXPECT_EQ(report.share, 0.25);
  EXPECT_EQ(report.file_position, 100);
  EXPECT_EQ(report.elapsed, Seconds(12));
  EXPECT_EQ(report.left, Seconds(36));
  EXPECT_EQ(report.z, Mm(0.4));
  ASSERT_TRUE(report.heaters);
  ASSERT_EQ(report.heaters->size(), 1U) << "a chamber that never reports is none";
  EXPECT_EQ(report.heaters->at("tool0").actual, Celsius{200.5});
  EXPECT_EQ(report.heaters->at("tool0").target, Celsius{210});
  EXPECT_EQ(report.heaters->at("tool0").offset, Celsius{5});
  EXPECT_EQ(report.log.size(), 1U);
}

TEST(OctoPrintReport, LeavesMayBeNull) {
  const auto report = parse_report(
      R"({"job":{"file":{"name":null,"path":null,"origin":null}},
          "progress":{"completion":null,"filepos":null,"printTime":null},"state":"Operational"})",
      "");
  ASSERT_TRUE(report) << report.error().to_string();
  EXPECT_EQ(report->state, State::kOperational);
  EXPECT_EQ(report->path, "");
  EXPECT_FALSE(report->share);
  EXPECT_FALSE(report->left);
}

TEST(OctoPrintReport, SaysWhyThereIsNoPrinter) {
  const auto report = parse_report(
      R"({"job":{},"progress":{},"state":"Offline after error","error":"no reply"})", "");
  ASSERT_TRUE(report);
  EXPECT_EQ(report->state, State::kError);
  EXPECT_EQ(report->error, "no reply");
  EXPECT_THAT(parse_report(R"({"state":"Offline"})", "")->error, HasSubstr("not connected"));
}

TEST(OctoPrintReport, TellsHowAPrintEnded) {
  const auto done = parse_message(
      R"({"event":{"type":"PrintDone","payload":{"path":"stepcast/a.gcode","time":1.5}}})");
  ASSERT_TRUE(done);
  EXPECT_EQ(std::get<EndEvent>(*done).outcome, PrintResult::Outcome::kDone);
  EXPECT_EQ(std::get<EndEvent>(*done).duration, Seconds(1.5));
  const auto failed = parse_message(
      R"({"event":{"type":"PrintFailed","payload":{"path":"a","reason":"error","error":"jam"}}})");
  ASSERT_TRUE(failed);
  EXPECT_EQ(std::get<EndEvent>(*failed).reason, "OctoPrint: jam");
  // OctoPrint calls a cancelled print failed, too, after it has called it cancelled.
  const auto cancelled = parse_message(
      R"({"event":{"type":"PrintFailed","payload":{"path":"a","reason":"cancelled"}}})");
  ASSERT_TRUE(cancelled);
  EXPECT_TRUE(std::holds_alternative<std::monostate>(*cancelled));
}

TEST(OctoPrintReport, TellsOfStatesPositionsAndLostLogins) {
  const auto state =
      parse_message(R"({"event":{"type":"PrinterStateChanged","payload":{"state_id":"PAUSING"}}})");
  ASSERT_TRUE(state);
  EXPECT_EQ(std::get<StateEvent>(*state).state, State::kPausing);
  const auto position =
      parse_message(R"({"event":{"type":"PositionUpdate","payload":{"x":1.5,"y":null,"z":0.2}}})");
  ASSERT_TRUE(position);
  EXPECT_EQ(std::get<PositionEvent>(*position).position[Axis::kX], Mm(1.5));
  EXPECT_FALSE(std::get<PositionEvent>(*position).position[Axis::kY]);
  const auto login = parse_message(R"({"reauthRequired":{"reason":"stale"}})");
  ASSERT_TRUE(login);
  EXPECT_TRUE(std::holds_alternative<LoginEvent>(*login));
}

TEST(OctoPrintReport, RefusesWhatIsNoJsonAndIgnoresWhatIsOfNoUse) {
  for (const char* text : {"", "o", "{", "\xff"}) {
    EXPECT_FALSE(parse_message(text)) << text;
  }
  for (const char* text : {"[]", "7", "{}", R"({"event":7})", R"({"event":{"type":"PrintDone2"}})",
                           R"({"plugin":{"plugin":"x","data":{}}})", R"({"current":null})"}) {
    const auto message = parse_message(text);
    ASSERT_TRUE(message) << text;
    EXPECT_TRUE(std::holds_alternative<std::monostate>(*message)) << text;
  }
  EXPECT_FALSE(parse_report("{}", ""));
  EXPECT_FALSE(parse_login("{}"));
  EXPECT_FALSE(parse_upload("{\"files\":[]}"));
  EXPECT_FALSE(parse_connection("[]"));
}

TEST(OctoPrintReport, TakesTheVolumeOfTheCurrentProfile) {
  const auto volume = parse_volume(
      R"({"profiles":{"a":{"current":false,"volume":{"width":1,"depth":1,"height":1}},
          "b":{"current":true,"volume":{"width":200,"depth":100,"height":50,"origin":"center",
               "custom_box":{"x_min":-110,"x_max":110}}}}})");
  ASSERT_TRUE(volume) << volume.error().to_string();
  EXPECT_EQ(volume->least[Axis::kX], Mm(-110));
  EXPECT_EQ(volume->least[Axis::kY], Mm(-50));
  EXPECT_EQ(volume->most[Axis::kY], Mm(50));
  EXPECT_EQ(volume->least[Axis::kZ], Mm(0));
  EXPECT_EQ(volume->most[Axis::kZ], Mm(50));
  EXPECT_FALSE(parse_volume(R"({"profiles":{}})"));
  EXPECT_FALSE(parse_volume(R"({"profiles":{"a":{"current":true,"volume":{}}}})"));
}

TEST(OctoPrintReport, QuotesRefusalsInOneLine) {
  EXPECT_EQ(refusal_of(R"({"error":"cannot\ndo"})"), "cannot do");
  EXPECT_EQ(refusal_of("<html>"), "<html>");
}

}  // namespace
}  // namespace stepcast::octoprint_client
