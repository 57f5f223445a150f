#include <random>

#include <gtest/gtest.h>

#include "core_rig.hpp"

namespace stepcast::device {
namespace {

TEST(PaperCore, AcknowledgesACompleteBatchAtOnce) {
  CoreRig rig;
  rig.open();
  for (std::uint32_t number = 0; number < 9; ++number) {
    EXPECT_FALSE(rig.send(number).ack);
  }
  EXPECT_TRUE(rig.send(9).ack);
  const auto ack = rig.ack();
  EXPECT_TRUE(ack.prompt);
  EXPECT_EQ(ack.echo_number, 9U);
  EXPECT_EQ(ack.batch_base, 10U);
  EXPECT_EQ(ack.fill, 10U);
  EXPECT_EQ(ack.session, rig.session);
  EXPECT_EQ(ack.ack_number, 1U);
  EXPECT_FALSE(rig.ack().prompt) << "an arrival is answered once";
}

TEST(PaperCore, AsksForHolesWithGrowingGaps) {
  CoreRig rig;
  rig.open();
  rig.send(0);
  rig.send(2);
  std::vector<DeviceMs> asked;
  const DeviceMs start = rig.now;
  for (; rig.now < start + 3000; ++rig.now) {
    if (rig.core->poll(rig.now)) {
      asked.push_back(rig.now - start);
      EXPECT_EQ(rig.ack().bitmap, 0b101);
    }
  }
  EXPECT_EQ(asked, (std::vector<DeviceMs>{20, 60, 140, 300, 620, 1260, 1900, 2540}));
}

TEST(PaperCore, RepeatsAnAcknowledgementThatWasLost) {
  CoreRig rig;
  rig.open();
  rig.fill(10);
  rig.ack();
  rig.now += 10;
  EXPECT_TRUE(rig.send(3).ack);
  rig.ack();
  EXPECT_FALSE(rig.send(4).ack) << "once is enough for a batch that is sent again";
}

TEST(PaperCore, SaysWhenTheWindowOpens) {
  CoreRig rig;
  rig.open();
  rig.line("start");
  rig.fill(100);
  rig.ack();
  rig.move(9 * 1200);
  EXPECT_FALSE(rig.core->poll(++rig.now));
  rig.move(1200);
  EXPECT_TRUE(rig.core->poll(++rig.now));
  EXPECT_EQ(rig.ack().consumed, 10U);
  EXPECT_FALSE(rig.core->poll(++rig.now));
}

TEST(PaperCore, AnswersAProbeInEverySessionState) {
  CoreRig rig;
  rig.open();
  EXPECT_TRUE(rig.probe().ack);
  EXPECT_TRUE(rig.ack().prompt);
  EXPECT_EQ(rig.core->fill(), 0U);
}

TEST(PaperCore, IgnoresOtherSessions) {
  CoreRig rig;
  EXPECT_FALSE(rig.send(0).genuine) << "before init";
  rig.open();
  const auto old = rig.session;
  rig.open();
  EXPECT_NE(rig.session, old);
  const auto fresh = rig.session;
  rig.session = old;
  EXPECT_FALSE(rig.send(0).genuine);
  rig.session = fresh;
  EXPECT_TRUE(rig.send(0).genuine);
  rig.line("exit");
  EXPECT_FALSE(rig.send(1).genuine) << "after exit";
  EXPECT_EQ(rig.core->counters().wrong_session, 3U);
}

TEST(PaperCore, GivesDifferentSessionsEvenWithoutEntropy) {
  CoreRig rig;
  rig.entropy = 0;
  rig.open();
  const auto first = rig.session;
  rig.entropy = 0;
  rig.open();
  EXPECT_NE(rig.session, first);
  rig.entropy = rig.session;
  const auto second = rig.session;
  rig.open();
  EXPECT_NE(rig.session, second);
}

TEST(PaperCore, SurvivesAnything) {
  CoreRig rig;
  rig.open();
  rig.line("start");
  std::mt19937 random(11);
  for (int i = 0; i < 20'000; ++i) {
    auto bytes = rig.datagram(static_cast<std::uint32_t>(random() % 130), 1200, random() % 50 == 0);
    if (random() % 4 != 0) {
      bytes[random() % bytes.size()] = static_cast<std::uint8_t>(random());
    }
    bytes.resize(random() % 3 == 0 ? random() % bytes.size() : bytes.size());
    rig.core->on_datagram(bytes, rig.now);
    rig.core->poll(++rig.now);
    rig.move(random() % 50);
  }
  EXPECT_GT(rig.core->counters().malformed, 1000U);
  EXPECT_EQ(rig.executed.size(), rig.core->progress().executed);
}

TEST(PaperCore, GoesOnForTheGraceTimeWithoutAController) {
  CoreRig rig;
  rig.open();
  rig.line("start");
  rig.fill(100);
  rig.core->on_disconnected(rig.now);
  rig.now += rig.core->config().grace_ms - 1;
  rig.core->poll(rig.now);
  rig.move(1000);
  EXPECT_EQ(rig.state(), wire::DeviceState::kRunning);
  rig.core->poll(++rig.now);
  rig.settle();
  EXPECT_EQ(rig.state(), wire::DeviceState::kHeld);
  EXPECT_LT(rig.executed.size(), 4000U);
}

TEST(PaperCore, KeepsRunningWhenTheControllerComesBackInTime) {
  CoreRig rig;
  rig.open();
  rig.line("start");
  rig.fill(100);
  rig.core->on_disconnected(rig.now);
  rig.now += 5000;
  rig.core->on_connected();
  rig.now += 60'000;
  rig.core->poll(rig.now);
  EXPECT_EQ(rig.state(), wire::DeviceState::kRunning);
}

TEST(PaperCore, RepliesFitTheirBufferWithTheLongestNumbers) {
  ReplyLine line;
  const Progress longest{.executed = ~0ULL,
                         .positions = {INT32_MIN, INT32_MIN, INT32_MIN, INT32_MIN}};
  write_init(line, {.tick_hz = 1'000'000, .first_packet = ~0U}, ~0ULL, longest);
  EXPECT_FALSE(line.overflowed());
  EXPECT_LT(line.view().size(), 300U);
  for (const auto status : {wire::LineStatus::kLine, wire::LineStatus::kCommand,
                            wire::LineStatus::kArgument, wire::LineStatus::kRange}) {
    write_line_error(line, status);
    EXPECT_FALSE(line.overflowed());
  }
}

}  // namespace
}  // namespace stepcast::device
