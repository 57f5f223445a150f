#include "stepcast/planner/live_moves.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stepcast/planner/toolpath.hpp"

#include "test_profile.hpp"

namespace stepcast::test {
namespace {

using planner::LiveChange;
using planner::LiveMoves;
using planner::Move;
using ::testing::ElementsAre;

/// The moves of a job, changed.
std::vector<Move> moves_of(const std::string& gcode, std::vector<LiveChange> changes) {
  const machine::Profile profile = limited_machine();
  planner::Toolpath job(gcode::Reader::from_text(gcode, "job"), profile, {});
  LiveMoves live(job, {}, planner::repeat(std::move(changes)));
  std::vector<Move> moves;
  planner::ToolpathItem item;
  for (;;) {
    const auto more = live.next(item);
    EXPECT_TRUE(more);
    if (!more || !*more) {
      return moves;
    }
    if (const auto* move = std::get_if<Move>(&item)) {
      // Whatever is changed: the moves still join, and count on.
      EXPECT_EQ(move->start, moves.empty() ? PerAxis<Mm>{} : moves.back().end);
      EXPECT_EQ(move->number, static_cast<std::int64_t>(moves.size()));
      EXPECT_GT(move->length, Mm(0));
      moves.push_back(*move);
    }
  }
}

constexpr const char* kLines =
    "M83\nG1 Z0.2 F300\nG1 X10 E1 F3000\nG1 E-1 F1500\nG1 X20 F6000\nG1 E1 F1500\nG1 X40 E2 "
    "F3000\n";

TEST(LiveMoves, PassesAJobThroughUntilSomethingChanges) {
  const auto plain = moves_of(kLines, {});
  const auto late = moves_of(kLines, {{.from_move = 5, .settings = {.speed = 1.5}}});
  ASSERT_EQ(plain.size(), late.size());
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(plain[i].end, late[i].end);
    EXPECT_EQ(plain[i].speed, late[i].speed);
    EXPECT_EQ(plain[i].length, late[i].length);
  }
}

TEST(LiveMoves, ChangesTheSpeedOfWhatMovesTheToolOnly) {
  const auto moves = moves_of(kLines, {{.from_move = 2, .settings = {.speed = 1.5}}});
  EXPECT_EQ(moves[1].speed, MmPerS(50));
  EXPECT_EQ(moves[2].speed, MmPerS(25)) << "a retraction";
  EXPECT_EQ(moves[3].speed, MmPerS(150));
  EXPECT_EQ(moves[5].speed, MmPerS(75));
}

TEST(LiveMoves, ChangesTheFlowOfWhatPrintsOnly) {
  const auto moves = moves_of(kLines, {{.from_move = 1, .settings = {.flow = 1.2}}});
  EXPECT_NEAR(moves[1].end[Axis::kE].v, 1.2, 1e-12);
  EXPECT_NEAR(moves[2].end[Axis::kE].v, 0.2, 1e-12);
  EXPECT_NEAR(moves[4].end[Axis::kE].v, 1.2, 1e-12);
  EXPECT_NEAR(moves[5].end[Axis::kE].v, 3.6, 1e-12);
}

TEST(LiveMoves, ApproachesAZOffsetAlongThePath) {
  const auto moves = moves_of(kLines, {{.from_move = 1, .settings = {.z_offset = Mm(0.08)}}});
  EXPECT_NEAR(moves[0].end[Axis::kZ].v, 0.2, 1e-12);
  EXPECT_NEAR(moves[1].end[Axis::kZ].v, 0.2 + 10 * LiveMoves::kSlope, 1e-12);
  EXPECT_NEAR(moves[2].end[Axis::kZ].v, moves[1].end[Axis::kZ].v, 1e-12) << "a retraction";
  EXPECT_NEAR(moves[5].end[Axis::kZ].v, 0.28, 1e-12);
}

// Two objects in two layers, with a retraction on every way between them.
constexpr const char* kTwo =
    "M83\nG1 Z0.2 F300\n"
    "M486 S0 A\"left\"\nG1 X10 Y10 F6000\nG1 X20 E1 F3000\nG1 E-1 F1500\nM486 S-1\n"
    "M486 S1 A\"right\"\nG1 X110 Y10 F6000\nG1 E1 F1500\nG1 X120 E1 F3000\nG1 E-1 F1500\nM486 S-1\n"
    "G1 Z0.4 F300\n"
    "M486 S0\nG1 X10 Y10 F6000\nG1 E1 F1500\nG1 X20 E1 F3000\nG1 E-1 F1500\nM486 S-1\n"
    "M486 S1\nG1 X110 Y10 F6000\nG1 E1 F1500\nG1 X120 E1 F3000\nM486 S-1\n";

TEST(LiveMoves, LeavesOutWhatRemainsOfACancelledObject) {
  const auto all = moves_of(kTwo, {});
  const auto moves = moves_of(kTwo, {{.from_move = 0, .settings = {.cancelled = {"left"}}}});
  for (const Move& move : moves) {
    EXPECT_FALSE(move.extrudes() && move.end[Axis::kX] < Mm(100)) << move.line;
  }
  EXPECT_EQ(moves.back().end[Axis::kX], all.back().end[Axis::kX]);
  EXPECT_EQ(moves.back().end[Axis::kZ], all.back().end[Axis::kZ]);
  // Without the 2 mm of the left one.
  EXPECT_NEAR(moves.back().end[Axis::kE].v, all.back().end[Axis::kE].v - 2, 1e-9);
}

TEST(LiveMoves, RejoinsWithTheFilamentAsFarRetractedAsTheJobHasIt) {
  // Cancelled in the middle of its first line: not retracted yet, but the job is when it leaves.
  const auto moves = moves_of(kTwo, {{.from_move = 2, .settings = {.cancelled = {"left"}}}});
  std::vector<double> e;
  for (const Move& move : moves) {
    e.push_back(move.end[Axis::kE].v);
  }
  ASSERT_GE(moves.size(), 5U);
  EXPECT_EQ(moves[2].end[Axis::kE], Mm(-1)) << "retracts before it travels";
  EXPECT_EQ(moves[2].length, Mm(1));
  EXPECT_EQ(moves[3].end[Axis::kE], Mm(-1));
  EXPECT_EQ(moves[3].end[Axis::kX], Mm(110));
  EXPECT_EQ(moves[4].end[Axis::kE], Mm(0));
}

TEST(LiveMoves, KnowsObjectsOfBothDialects) {
  const machine::Profile profile = limited_machine();
  planner::Toolpath job(
      gcode::Reader::from_text("EXCLUDE_OBJECT_DEFINE NAME=a CENTER=1,1\n"
                               "EXCLUDE_OBJECT_START NAME=a\nG1 X1 F600\nEXCLUDE_OBJECT_END\n"
                               "M486 T2\nM486 S0\nG1 X2\nM486 S1\nM486 Apart 2\nG1 X3\nM486 S-1\n"
                               "G1 X4\n",
                               "job"),
      profile, {});
  std::vector<std::string> names;
  planner::ToolpathItem item;
  while (job.next(item).value()) {
    const auto* marker = std::get_if<planner::Marker>(&item);
    if (marker != nullptr && marker->kind == planner::Marker::Kind::kObject) {
      names.push_back(marker->text);
    }
  }
  EXPECT_THAT(names, ElementsAre("a", "0", "part 2", ""));
}

}  // namespace
}  // namespace stepcast::test
