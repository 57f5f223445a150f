#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stepcast/wire/tick_byte.hpp"

#include "print_progress.hpp"
#include "step_books.hpp"
#include "test_profile.hpp"
#include "tool_moves.hpp"

namespace stepcast::printer {
namespace {

constexpr std::array kSpace{Axis::kX, Axis::kY, Axis::kZ};

PerAxis<Steps> steps(Steps x, Steps y, Steps z, Steps e) {
  return {{x, y, z, e}};
}

PerAxis<Steps> net(const std::vector<std::uint8_t>& ticks) {
  PerAxis<Steps> sum;
  for (const std::uint8_t tick : ticks) {
    for (const Axis motor : kAllAxes) {
      sum[motor] += wire::tick_delta(tick, index(motor));
    }
  }
  return sum;
}

// --- books ---

TEST(StepBooks, CountFromHome) {
  StepBooks books;
  EXPECT_FALSE(books.known());
  EXPECT_FALSE(books.match(steps(0, 0, 0, 0)));
  books.open(steps(100, -5, 0, 7));
  EXPECT_EQ(books.from_home(), steps(0, 0, 0, 0));
  books.follow(steps(90, 5, 1, 7));
  EXPECT_EQ(books.from_home(), steps(-10, 10, 1, 0));
  EXPECT_TRUE(books.match(steps(90, 5, 1, 7)));
  EXPECT_FALSE(books.match(steps(0, 0, 0, 0))) << "a device that was switched off";
  books.close();
  EXPECT_FALSE(books.match(steps(90, 5, 1, 7)));
}

TEST(StepBooks, CountAcrossTheWrapOfTheCounters) {
  constexpr Steps kMost = std::numeric_limits<std::int32_t>::max();
  constexpr Steps kLeast = std::numeric_limits<std::int32_t>::min();
  StepBooks books;
  books.open(steps(kMost, kLeast, 0, 0));
  books.follow(steps(kLeast, kMost, 0, 0));
  EXPECT_EQ(books.from_home(), steps(1, -1, 0, 0));
}

// --- moves ---

TEST(ToolPosition, IsHomePlusTheSteps) {
  machine::Profile profile = test::paper_machine();
  profile.axes[Axis::kX].home = Mm(3);
  const auto position = tool_position(profile, steps(203, -1015, 800, 760));
  EXPECT_DOUBLE_EQ(position[Axis::kX].v, 5);
  EXPECT_DOUBLE_EQ(position[Axis::kY].v, -10);
  EXPECT_DOUBLE_EQ(position[Axis::kZ].v, 0.5);
  EXPECT_DOUBLE_EQ(position[Axis::kE].v, 1);
}

TEST(ToolPosition, FollowsTheBeltsOfACoreXy) {
  machine::Profile profile = test::paper_machine();
  profile.kinematics = machine::Kinematics::kCoreXy;
  const auto position = tool_position(profile, steps(1015, 203, 0, 0));
  EXPECT_DOUBLE_EQ(position[Axis::kX].v, 6);
  EXPECT_DOUBLE_EQ(position[Axis::kY].v, 4);
}

class HomeMovesOf : public ::testing::TestWithParam<machine::Kinematics> {};

TEST_P(HomeMovesOf, UndoEveryStep) {
  machine::Profile profile = test::limited_machine();
  profile.kinematics = GetParam();
  for (const Axis axis : kSpace) {
    profile.axes[axis].home = Mm(1.2345);  // between two steps
  }
  const bool belts = GetParam() == machine::Kinematics::kCoreXy;
  for (const auto& away : {steps(1, 0, 0, 0), steps(12'345, 1'111, 1, 500),
                           steps(7'777, belts ? -7 : 3, 4'321, -9), steps(2, 0, 160, 0)}) {
    const std::string gcode = home_gcode(profile, away, kSpace);
    const auto ticks = plan_moves(profile, away, gcode);
    ASSERT_TRUE(ticks) << ticks.error().to_string();
    const PerAxis<Steps> back = net(ticks->ticks);
    EXPECT_EQ(ticks->steps, back) << "what the motion says of itself";
    EXPECT_EQ(back[Axis::kX], -away[Axis::kX]) << gcode;
    EXPECT_EQ(back[Axis::kY], -away[Axis::kY]) << gcode;
    EXPECT_EQ(back[Axis::kZ], -away[Axis::kZ]) << gcode;
    EXPECT_EQ(back[Axis::kE], 0);
  }
}

INSTANTIATE_TEST_SUITE_P(Kinematics, HomeMovesOf,
                         ::testing::Values(machine::Kinematics::kCartesian,
                                           machine::Kinematics::kCoreXy));

TEST(HomeMoves, AreNoneAtHome) {
  EXPECT_EQ(home_gcode(test::paper_machine(), steps(0, 0, 0, 99), kSpace), "");
}

TEST(HomeMoves, KeepTheNozzleAboveThePart) {
  machine::Profile profile = test::paper_machine();
  const std::string down = home_gcode(profile, steps(1000, 0, 1600, 0), kSpace);
  EXPECT_LT(down.find('X'), down.find('Z'));
  profile.axes[Axis::kZ].home = Mm(200);
  const std::string up = home_gcode(profile, steps(1000, 0, -1600, 0), kSpace);
  EXPECT_LT(up.find('Z'), up.find('X'));
}

TEST(HomeMoves, LeaveOtherAxesAlone) {
  constexpr std::array kOnlyY{Axis::kY};
  const std::string gcode = home_gcode(test::paper_machine(), steps(1000, 1000, 1000, 0), kOnlyY);
  EXPECT_EQ(gcode.find('X'), std::string::npos);
  EXPECT_EQ(gcode.find('Z'), std::string::npos);
  EXPECT_NE(gcode.find('Y'), std::string::npos);
}

TEST(PlanMoves, RefuseToLeaveTheTravel) {
  const auto ticks = plan_moves(test::paper_machine(), steps(0, 0, 0, 0), "G1 X-1 F600\n");
  ASSERT_FALSE(ticks);
  EXPECT_EQ(ticks.error().code, Errc::kOutOfRange);
}

TEST(TickList, GivesEveryTickOnce) {
  TickList list({1, 2, 3, 4, 5});
  std::vector<std::uint8_t> out(3);
  EXPECT_EQ(list.read(out).value(), 3U);
  EXPECT_EQ(out, (std::vector<std::uint8_t>{1, 2, 3}));
  EXPECT_EQ(list.read(out).value(), 2U);
  EXPECT_EQ(out[0], 4);
  EXPECT_EQ(out[1], 5);
  EXPECT_EQ(list.read(out).value(), 0U);
}

// --- progress ---

control::JobPlan plan_of_100_s() {
  control::JobPlan plan;
  plan.motion.ticks = 2'000'000;
  plan.layers = {{.layer = 0, .time = Seconds(2)}, {.layer = 1, .time = Seconds(50)}};
  return plan;
}

TEST(Progress, CountsTheTicks) {
  const Progress progress = progress_of(plan_of_100_s(), Hertz(20'000), 4000, 500'000);
  EXPECT_EQ(progress.share, 0.25);
  EXPECT_EQ(progress.elapsed, Seconds(25));
  EXPECT_EQ(progress.left, Seconds(75));
  EXPECT_EQ(progress.file_position, 1000);
  EXPECT_EQ(progress.layer, 0);
  EXPECT_TRUE(progress.exact);
}

TEST(Progress, HasNoLayerBeforeTheFirst) {
  EXPECT_FALSE(progress_of(plan_of_100_s(), Hertz(20'000), 4000, 0).layer);
  EXPECT_EQ(progress_of(plan_of_100_s(), Hertz(20'000), 4000, 1'000'000).layer, 1);
}

TEST(Progress, EndsAtTheEnd) {
  const Progress progress = progress_of(plan_of_100_s(), Hertz(20'000), 4001, 2'000'000);
  EXPECT_EQ(progress.share, 1.0);
  EXPECT_EQ(progress.left, Seconds(0));
  EXPECT_EQ(progress.file_position, 4001);
}

}  // namespace
}  // namespace stepcast::printer
