#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "stepcast/wire/control_line.hpp"
#include "stepcast/wire/control_reply.hpp"
#include "stepcast/wire/text.hpp"

namespace stepcast::wire {
namespace {

ControlLine parsed(std::string_view text) {
  ControlLine line;
  EXPECT_EQ(parse_control_line(text, line), LineStatus::kOk) << text;
  return line;
}

LineStatus status(std::string_view text) {
  ControlLine line;
  return parse_control_line(text, line);
}

TEST(ControlLine, ReadsTheCommandsOfThePaper) {
  EXPECT_EQ(parsed("init").verb, ControlVerb::kInit);
  EXPECT_EQ(parsed("start").verb, ControlVerb::kStart);
  EXPECT_EQ(parsed("start").speed, 1U);
  EXPECT_EQ(parsed("stop").verb, ControlVerb::kStop);
  EXPECT_EQ(parsed("exit").verb, ControlVerb::kExit);
  EXPECT_EQ(parsed("status\r").verb, ControlVerb::kStatus);
  const ControlLine jog = parsed("jog z -1000000");
  EXPECT_EQ(jog.verb, ControlVerb::kJog);
  EXPECT_EQ(jog.motor, 2U);
  EXPECT_EQ(jog.counts, -1'000'000);
}

TEST(ControlLine, ReadsOptionsInAnyOrder) {
  const ControlLine line = parsed("start  tick_hz=20000 speed=100 ");
  EXPECT_EQ(line.tick_hz, 20'000U);
  EXPECT_EQ(line.speed, 100U);
  EXPECT_EQ(parsed("start speed=max").speed, kSpeedMax);
  EXPECT_EQ(parsed("init tick_hz=40000").tick_hz, 40'000U);
}

TEST(ControlLine, ReadsTargetsInHundredthsAndFansInSteps) {
  EXPECT_EQ(parsed("heat tool0 210").action, (HeatAction{.heater = 0, .target = 21'000}));
  EXPECT_EQ(parsed("heat bed 60.5").action, (HeatAction{.heater = 1, .target = 6'050}));
  EXPECT_EQ(parsed("heat chamber 40.05").action, (HeatAction{.heater = 2, .target = 4'005}));
  EXPECT_EQ(parsed("heat off").action.kind, HeatAction::Kind::kAllOff);
  EXPECT_EQ(parsed("heat reset").verb, ControlVerb::kReset);
  EXPECT_EQ(parsed("fan 255").action, (HeatAction{.kind = HeatAction::Kind::kFan, .fan = 255}));
  EXPECT_EQ(parsed("keep").verb, ControlVerb::kKeep);
  EXPECT_EQ(parsed("temps ").verb, ControlVerb::kTemps);
}

TEST(ControlLine, ReadsActionsWithTheirTick) {
  const ControlLine wait = parsed("at 5000000000 heat tool0 200 reach");
  EXPECT_EQ(wait.verb, ControlVerb::kAt);
  EXPECT_EQ(wait.tick, 5'000'000'000U);
  EXPECT_EQ(wait.action.wait, HeatWait::kReach);
  EXPECT_EQ(parsed("at 0 heat bed 0 settle").action.wait, HeatWait::kSettle);
  EXPECT_EQ(parsed("at 4611686018427387903 fan 0").tick, kLastActionTick);
}

TEST(ControlLine, RefusesActionsThatMeanNothing) {
  for (const char* text : {"heat",
                           "heat tool0",
                           "heat tool1 20",
                           "heat tool0 x",
                           "heat tool0 20 reach",
                           "heat off 1",
                           "heat tool0 1.234",
                           "heat tool0 1.",
                           "heat tool0 .5",
                           "heat tool0 1e2",
                           "fan",
                           "fan x",
                           "fan 1 1",
                           "fan -1",
                           "at",
                           "at 5",
                           "at x fan 1",
                           "at -1 fan 1",
                           "at 5 heat off",
                           "at 5 heat reset",
                           "at 5 jog x +1",
                           "at 5 heat tool0 20 soon",
                           "at 5 heat tool0 20 reach now",
                           "keep it",
                           "temps now"}) {
    EXPECT_EQ(status(text), LineStatus::kArgument) << text;
  }
  for (const char* text : {"heat tool0 500.01", "heat bed -1", "fan 256", "at 5 fan 999",
                           "at 4611686018427387904 fan 1"}) {
    EXPECT_EQ(status(text), LineStatus::kRange) << text;
  }
}

TEST(LineBuffer, WritesHundredths) {
  for (const auto& [value, text] : {std::pair{0, "0.00"},
                                    {5, "0.05"},
                                    {-5, "-0.05"},
                                    {21'050, "210.50"},
                                    {-27'300, "-273.00"}}) {
    LineBuffer<16> buffer;
    EXPECT_EQ(buffer.add_centi(value).view(), text);
    std::int32_t read = 1;
    EXPECT_TRUE(parse_centi(text, read));
    EXPECT_EQ(read, value);
  }
}

TEST(ControlLine, RefusesWhatIsNotACommand) {
  for (const char* text : {"", " ", "\r", "init\x01", "in\tit", "stop\xC3\xA9"}) {
    EXPECT_EQ(status(text), LineStatus::kLine) << text;
  }
  EXPECT_EQ(status(std::string(kMaxControlLine + 1, ' ')), LineStatus::kLine);
  for (const char* text : {"Init", "initx", "go", "jogx +1", "stop;"}) {
    EXPECT_EQ(status(text), LineStatus::kCommand) << text;
  }
}

TEST(ControlLine, RefusesWrongArguments) {
  for (const char* text : {"jog",
                           "jog x",
                           "jog x 100",
                           "jog x +",
                           "jog x + 1",
                           "jog a +1",
                           "jog xy +1",
                           "jog x +1 +1",
                           "jog x +1.5",
                           "jog x +-1",
                           "stop now",
                           "exit 1",
                           "status x",
                           "init speed=2",
                           "init x",
                           "start speed=",
                           "start speed=fast",
                           "start speed=2 speed=2",
                           "start tick_hz=1 tick_hz=1",
                           "start speed=-1",
                           "jog x +99999999999999999999999999"}) {
    EXPECT_EQ(status(text), LineStatus::kArgument) << text;
  }
  for (const char* text :
       {"jog x +0", "jog x +1000001", "start speed=0", "start speed=100001", "init tick_hz=0",
        "init tick_hz=1000001", "jog e -18446744073709551614"}) {
    const LineStatus got = status(text);
    EXPECT_TRUE(got == LineStatus::kRange || got == LineStatus::kArgument) << text;
  }
  EXPECT_EQ(status("jog x +1000001"), LineStatus::kRange);
}

TEST(ControlLine, LeavesTheResultAloneWhenItFails) {
  ControlLine line{.verb = ControlVerb::kJog, .counts = 5};
  EXPECT_EQ(parse_control_line("jog x +0", line), LineStatus::kRange);
  EXPECT_EQ(line.counts, 5);
}

TEST(ControlReply, FindsValuesByKey) {
  ControlReply reply;
  ASSERT_TRUE(
      parse_control_reply("ok status state=running executed=17 x=-2147483648 xx=3\r", reply));
  EXPECT_TRUE(reply.ok);
  EXPECT_EQ(reply.verb, "status");
  EXPECT_EQ(reply.value("state"), "running");
  EXPECT_EQ(reply.value("stat"), "");
  std::uint64_t number = 0;
  EXPECT_TRUE(reply.number("executed", 17, number));
  EXPECT_EQ(number, 17U);
  EXPECT_FALSE(reply.number("executed", 16, number));
  EXPECT_FALSE(reply.number("state", 1000, number));
  std::int32_t x = 0;
  EXPECT_TRUE(reply.position("x", x));
  EXPECT_EQ(x, -2'147'483'647 - 1);
  EXPECT_FALSE(reply.position("y", x));
}

TEST(ControlReply, ReadsErrors) {
  ControlReply reply;
  ASSERT_TRUE(parse_control_reply("err state stop first; state=running", reply));
  EXPECT_FALSE(reply.ok);
  EXPECT_EQ(reply.code, "state");
  EXPECT_EQ(reply.rest, "stop first; state=running");
}

TEST(ControlReply, RefusesWhatIsNotAReply) {
  ControlReply reply;
  for (const char* text : {"", "ok", "err", "OK init", "HTTP/1.1 200 OK", "ok init\x7f"}) {
    EXPECT_FALSE(parse_control_reply(text, reply)) << text;
  }
  EXPECT_FALSE(parse_control_reply("ok " + std::string(kMaxControlReply, 'a'), reply));
}

TEST(ControlReply, RefusesPositionsThatDoNotFit) {
  ControlReply reply;
  ASSERT_TRUE(parse_control_reply("ok s x=2147483648 y=-2147483649 z=2147483647 e=--1", reply));
  std::int32_t steps = 0;
  EXPECT_FALSE(reply.position("x", steps));
  EXPECT_FALSE(reply.position("y", steps));
  EXPECT_TRUE(reply.position("z", steps));
  EXPECT_FALSE(reply.position("e", steps));
}

TEST(LineBuffer, WritesNumbersLikeEverybodyElse) {
  for (const std::uint64_t value :
       {0ULL, 9ULL, 10ULL, 1'000'000ULL, ~0ULL, 10'000'000'000'000'000'000ULL}) {
    LineBuffer<20> line;
    EXPECT_EQ(line.add_decimal(value).view(), std::to_string(value));
  }
  LineBuffer<40> line;
  line.add_signed(-2'147'483'647 - 1).add(' ').add_signed(7).add(' ').add_hex64(0xABCULL);
  EXPECT_EQ(line.view(), "-2147483648 7 0000000000000abc");
}

TEST(LineBuffer, RemembersThatItOverflowed) {
  LineBuffer<3> line;
  EXPECT_FALSE(line.add("abc").overflowed());
  EXPECT_TRUE(line.add('d').overflowed());
  EXPECT_EQ(line.view(), "abc");
}

TEST(Decimal, RefusesOverflow) {
  std::uint64_t value = 5;
  EXPECT_FALSE(parse_decimal("18446744073709551616", ~0ULL, value));
  EXPECT_FALSE(parse_decimal("", ~0ULL, value));
  EXPECT_FALSE(parse_decimal("+1", ~0ULL, value));
  EXPECT_EQ(value, 5U);
  EXPECT_TRUE(parse_decimal("1844674407370955160", ~0ULL, value));
}

TEST(Hex, WantsExactlySixteenLowerCaseDigits) {
  std::uint64_t value = 0;
  EXPECT_TRUE(parse_hex64("0123456789abcdef", value));
  EXPECT_EQ(value, 0x0123456789ABCDEFULL);
  EXPECT_FALSE(parse_hex64("0123456789abcde", value));
  EXPECT_FALSE(parse_hex64("0123456789ABCDEF", value));
}

}  // namespace
}  // namespace stepcast::wire
