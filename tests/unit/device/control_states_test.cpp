#include <map>
#include <string>
#include <tuple>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core_rig.hpp"

// The table of protocol/control.md section 4, cell by cell.
namespace stepcast::device {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using State = wire::DeviceState;

/// Brings a device into a state.
void reach(CoreRig& rig, State state) {
  if (state == State::kIdle) {
    return;
  }
  rig.open();
  switch (state) {
    case State::kFilling:
      rig.line("start");
      break;
    case State::kRunning:
      reach(rig, State::kFilling);
      rig.fill(100);
      rig.move(50);
      break;
    case State::kPaused:
      reach(rig, State::kRunning);
      rig.settle();
      break;
    case State::kHeld:
      reach(rig, State::kRunning);
      rig.line("stop");
      break;
    case State::kDone:
      rig.send(0, 10, true);
      rig.line("start");
      rig.settle();
      break;
    case State::kJogging:
      rig.line("jog y -50000");
      rig.move(20'000);
      break;
    default:
      break;
  }
  ASSERT_EQ(rig.state(), state);
}

struct Cell {
  State state;
  const char* command;
  const char* reply;  ///< How the reply begins.
  State after;
};

class EveryCommandInEveryState : public ::testing::TestWithParam<Cell> {};

TEST_P(EveryCommandInEveryState, DoesWhatTheTableSays) {
  const Cell& cell = GetParam();
  CoreRig rig;
  reach(rig, cell.state);
  const auto before = rig.core->progress();
  const std::string reply = rig.line(cell.command);
  EXPECT_THAT(reply, StartsWith(cell.reply));
  EXPECT_EQ(rig.state(), cell.after) << wire::state_name(rig.state());
  if (reply.starts_with("err")) {
    EXPECT_EQ(rig.core->progress().positions, before.positions);
    EXPECT_EQ(rig.core->progress().executed, before.executed);
  }
}

constexpr const char* kJog = "jog x +10";

INSTANTIATE_TEST_SUITE_P(
    Table, EveryCommandInEveryState,
    ::testing::Values(Cell{State::kIdle, "init", "ok init", State::kReady},
                      Cell{State::kIdle, kJog, "err state init first", State::kIdle},
                      Cell{State::kIdle, "start", "err state init first", State::kIdle},
                      Cell{State::kIdle, "stop", "ok stop state=idle", State::kIdle},
                      Cell{State::kIdle, "exit", "ok exit", State::kIdle},
                      Cell{State::kIdle, "status", "ok status state=idle", State::kIdle},
                      Cell{State::kReady, "init", "ok init", State::kReady},
                      Cell{State::kReady, kJog, "ok jog state=jogging", State::kJogging},
                      Cell{State::kReady, "start", "ok start state=filling", State::kFilling},
                      Cell{State::kReady, "stop", "ok stop state=ready", State::kReady},
                      Cell{State::kReady, "exit", "ok exit", State::kIdle},
                      Cell{State::kReady, "status", "ok status state=ready", State::kReady},
                      Cell{State::kFilling, "init", "err state", State::kFilling},
                      Cell{State::kFilling, kJog, "err state", State::kFilling},
                      Cell{State::kFilling, "start", "err state", State::kFilling},
                      Cell{State::kFilling, "stop", "ok stop state=held", State::kHeld},
                      Cell{State::kFilling, "exit", "ok exit", State::kIdle},
                      Cell{State::kFilling, "status", "ok status state=filling", State::kFilling},
                      Cell{State::kRunning, "init", "err state stop first", State::kRunning},
                      Cell{State::kRunning, kJog, "err state", State::kRunning},
                      Cell{State::kRunning, "start", "err state", State::kRunning},
                      Cell{State::kRunning, "stop", "ok stop state=held", State::kHeld},
                      Cell{State::kRunning, "exit", "ok exit", State::kIdle},
                      Cell{State::kRunning, "status", "ok status state=running", State::kRunning},
                      Cell{State::kPaused, "init", "err state", State::kPaused},
                      Cell{State::kPaused, kJog, "err state", State::kPaused},
                      Cell{State::kPaused, "start", "err state", State::kPaused},
                      Cell{State::kPaused, "stop", "ok stop state=held", State::kHeld},
                      Cell{State::kPaused, "exit", "ok exit", State::kIdle},
                      Cell{State::kPaused, "status", "ok status state=paused", State::kPaused},
                      Cell{State::kHeld, "init", "ok init", State::kReady},
                      Cell{State::kHeld, kJog, "err state", State::kHeld},
                      Cell{State::kHeld, "start", "ok start state=running", State::kRunning},
                      Cell{State::kHeld, "stop", "ok stop state=held", State::kHeld},
                      Cell{State::kHeld, "exit", "ok exit", State::kIdle},
                      Cell{State::kHeld, "status", "ok status state=held", State::kHeld},
                      Cell{State::kDone, "init", "ok init", State::kReady},
                      Cell{State::kDone, kJog, "ok jog", State::kJogging},
                      Cell{State::kDone, "start", "err state init first", State::kDone},
                      Cell{State::kDone, "stop", "ok stop state=done", State::kDone},
                      Cell{State::kDone, "exit", "ok exit", State::kIdle},
                      Cell{State::kDone, "status", "ok status state=done", State::kDone},
                      Cell{State::kJogging, "init", "err state", State::kJogging},
                      Cell{State::kJogging, kJog, "err state", State::kJogging},
                      Cell{State::kJogging, "start", "err state", State::kJogging},
                      Cell{State::kJogging, "stop", "ok stop state=ready", State::kReady},
                      Cell{State::kJogging, "exit", "ok exit", State::kIdle},
                      Cell{State::kJogging, "status", "ok status state=jogging", State::kJogging},
                      Cell{State::kRunning, "", "err line", State::kRunning},
                      Cell{State::kRunning, "stopp", "err command", State::kRunning},
                      Cell{State::kRunning, "stop now", "err argument", State::kRunning},
                      Cell{State::kReady, "jog x +0", "err range", State::kReady}));

TEST(Control, AnswersStopOnlyAtStandstill) {
  CoreRig rig;
  reach(rig, State::kRunning);
  ReplyLine reply;
  ASSERT_EQ(rig.core->on_line("stop", 1, reply), PaperCore::Answer::kLater);
  EXPECT_EQ(rig.state(), State::kStopping);
  bool close = false;
  EXPECT_FALSE(rig.core->finished(reply, close));
  rig.settle();
  ASSERT_TRUE(rig.core->finished(reply, close));
  EXPECT_FALSE(close);
  EXPECT_THAT(std::string(reply.view()),
              HasSubstr(" executed=" + std::to_string(rig.executed.size()) + " "));
  EXPECT_FALSE(rig.core->finished(reply, close)) << "a reply is given once";
}

TEST(Control, KeepsPositionsOverSessions) {
  CoreRig rig;
  reach(rig, State::kDone);
  EXPECT_THAT(rig.line("init"), HasSubstr(" x=10 "));
  EXPECT_THAT(rig.line("status"), HasSubstr(" executed=0 x=10 "));
  rig.line("exit");
  EXPECT_THAT(rig.line("init"), HasSubstr(" x=10 "));
}

TEST(Control, JogsExactlyAndStopsAJogEarly) {
  CoreRig rig;
  rig.open();
  rig.line("jog e -1234");
  rig.settle();
  EXPECT_EQ(rig.state(), State::kReady);
  EXPECT_EQ(rig.core->progress().positions[3], -1234);
  EXPECT_EQ(rig.core->progress().executed, 0U) << "a jog is no part of the stream";
  rig.line("jog e +100000");
  rig.move(20'000);
  rig.line("stop");
  const auto stopped = rig.core->progress().positions[3];
  EXPECT_GT(stopped, 2000);
  EXPECT_LT(stopped, 5000);
  rig.settle();
  EXPECT_EQ(rig.core->progress().positions[3], stopped);
}

TEST(Control, PrintsAfterAJogStartsAtFullSpeed) {
  CoreRig rig;
  rig.open();
  rig.line("jog x +5");
  rig.settle();
  rig.send(0, 1200, true);
  rig.line("start");
  EXPECT_EQ(rig.move(5000), 1200U);
}

TEST(Control, ResumesAPauseAtHalfAFifo) {
  CoreRig rig;
  reach(rig, State::kPaused);
  rig.fill(49, 100);
  EXPECT_EQ(rig.state(), State::kPaused);
  rig.fill(1, 149);
  EXPECT_EQ(rig.state(), State::kRunning);
  EXPECT_EQ(rig.core->pauses(), 1U);
}

TEST(Control, ResumesAPauseWhenTheEndIsThere) {
  CoreRig rig;
  reach(rig, State::kPaused);
  rig.send(100, 3, true);
  rig.core->poll(rig.now);
  rig.settle();
  EXPECT_EQ(rig.state(), State::kDone);
  EXPECT_EQ(rig.executed.size(), 120'003U);
}

TEST(Control, ExecutesAnEmptyPrint) {
  CoreRig rig;
  rig.open();
  rig.send(0, 0, true);
  rig.line("start");
  rig.settle();
  EXPECT_EQ(rig.state(), State::kDone);
}

TEST(Control, RefusesSpeedWithRealMotorsAndOtherGrids) {
  CoreRig rig({.virtual_motors = false});
  EXPECT_THAT(rig.line("init tick_hz=40000"), StartsWith("err unsupported"));
  EXPECT_EQ(rig.state(), State::kIdle);
  EXPECT_THAT(rig.line("init tick_hz=20000"), HasSubstr(" tick_hz=20000 "));
  EXPECT_THAT(rig.line("start speed=2"), StartsWith("err unsupported"));
  EXPECT_THAT(rig.line("start speed=max"), StartsWith("err unsupported"));
  EXPECT_THAT(rig.line("start tick_hz=1000"), StartsWith("err unsupported"));
  EXPECT_EQ(rig.state(), State::kReady);
  EXPECT_THAT(rig.line("start speed=1"), StartsWith("ok start"));
}

}  // namespace
}  // namespace stepcast::device
