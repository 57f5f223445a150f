#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "stepcast/planner/lookahead_planner.hpp"

#include "move_list.hpp"
#include "test_profile.hpp"

namespace stepcast::planner {
namespace {

using test::paper_machine;
using test::PathBuilder;
using test::planned_moves;

std::vector<PlannedMove> plan(const PathBuilder& path, const machine::Profile& profile,
                              LookaheadPlanner::Options options = {}) {
  test::MoveList source = path.source();
  LookaheadPlanner planner(profile, source, options);
  return planned_moves(planner);
}

double total_time(const std::vector<PlannedMove>& moves) {
  double t = 0;
  for (const PlannedMove& move : moves) {
    t += move.profile().duration().v;
  }
  return t;
}

TEST(Lookahead, StartsAndEndsAtRest) {
  const auto moves = plan(PathBuilder().xy(10, 0).xy(20, 0), paper_machine());
  ASSERT_EQ(moves.size(), 2U);
  EXPECT_EQ(moves.front().entry, MmPerS(0));
  EXPECT_EQ(moves.back().exit, MmPerS(0));
}

TEST(Lookahead, DoesNotSlowDownOnAStraightLine) {
  const auto moves = plan(PathBuilder().xy(10, 0).xy(20, 0).xy(30, 0), paper_machine());
  EXPECT_EQ(moves[0].exit, MmPerS(75));
  EXPECT_EQ(moves[1].exit, MmPerS(75));
}

TEST(Lookahead, StopsForAReversal) {
  const auto moves = plan(PathBuilder().xy(10, 0).xy(0, 0), paper_machine());
  EXPECT_EQ(moves[0].exit, MmPerS(0));
}

TEST(Lookahead, CornersKeepTheJunctionDeviation) {
  // v^2 = a d s/(1 - s) with s = sin 45 degrees at a right angle.
  const auto moves = plan(PathBuilder().xy(20, 0).xy(20, 20), paper_machine());
  const double s = std::sqrt(0.5);
  EXPECT_NEAR(moves[0].exit.v, std::sqrt(1e4 * 0.05 * s / (1 - s)), 1e-9);
}

TEST(Lookahead, SpeedsMeetAtEveryJunction) {
  std::mt19937 random(3);
  std::uniform_real_distribution<double> at(0, 100);
  PathBuilder path;
  for (int i = 0; i < 3000; ++i) {
    path.xy(at(random) / (1 + i % 50), at(random) / (1 + i % 7));
  }
  const auto moves = plan(path, paper_machine());
  for (std::size_t i = 1; i < moves.size(); ++i) {
    ASSERT_EQ(moves[i - 1].exit, moves[i].entry) << "junction " << i;
  }
}

TEST(Lookahead, WindowDoesNotChangeThePlan) {
  // A wavy wall of short segments, as slicers make them.
  PathBuilder path(PerAxis<Mm>{{Mm(130), Mm(100), Mm(0), Mm(0)}});
  for (int i = 0; i < 5000; ++i) {
    const double angle = 0.01 * i;
    const double r = 30 + 0.6 * std::sin(20 * angle);
    path.xy(100 + r * std::cos(angle), 100 + r * std::sin(angle), 75 + 25 * ((i / 100) % 2));
  }
  const auto reference = plan(path, paper_machine(), {.window = 5001});
  for (const std::size_t window : {std::size_t{64}, std::size_t{777}, std::size_t{1024}}) {
    const auto moves = plan(path, paper_machine(), {.window = window});
    ASSERT_EQ(moves.size(), reference.size());
    for (std::size_t i = 0; i < moves.size(); ++i) {
      ASSERT_NEAR(moves[i].exit.v, reference[i].exit.v, 1e-9)
          << "window " << window << " move " << i;
    }
  }
}

TEST(Lookahead, TooSmallAWindowIsSlowerButSafe) {
  PathBuilder path;
  for (int i = 1; i <= 4000; ++i) {
    path.xy(0.05 * i, 0);
  }
  machine::Profile slow = paper_machine();
  slow.path.acceleration = MmPerS2(500);
  const auto small = plan(path, slow, {.window = 8});
  const auto large = plan(path, slow);
  EXPECT_GT(total_time(small), total_time(large));
  for (const PlannedMove& move : small) {
    const RampLimits& limits = move.limits;
    ASSERT_LE(speed_change(move.entry, move.exit, limits).distance.v, move.move.length.v + 1e-9);
  }
}

TEST(Lookahead, ComesToRestBeforeRetracting) {
  PathBuilder path;
  path.xy(20, 0).to(20, 0, 0, -1, 10).xy(40, 0);
  const auto moves = plan(path, paper_machine());
  EXPECT_EQ(moves[0].exit, MmPerS(0));
  EXPECT_EQ(moves[1].cruise, MmPerS(10));
  EXPECT_EQ(moves[2].entry, MmPerS(0));
}

TEST(Lookahead, LiftIsNoFasterThanItsAxis) {
  PathBuilder path;
  path.to(0, 0, 5, 0, 175);
  const auto moves = plan(path, paper_machine());
  EXPECT_EQ(moves[0].cruise, MmPerS(5));
}

TEST(Lookahead, SlowAxisHoldsBackTheWholeMove) {
  PathBuilder path;
  path.to(10, 0, 10, 0, 100);  // half of the direction is Z: sqrt 2 times the limit of Z
  const auto moves = plan(path, paper_machine());
  EXPECT_NEAR(moves[0].cruise.v, 5 * std::sqrt(2.0), 1e-9);
}

TEST(Lookahead, ADwellIsAStop) {
  PathBuilder path;
  path.xy(20, 0).then(Dwell{Seconds(1)}).xy(40, 0);
  EXPECT_EQ(plan(path, paper_machine())[0].exit, MmPerS(0));
}

TEST(Lookahead, AFanCommandIsNoStop) {
  PathBuilder path;
  path.xy(20, 0).then(Marker{.kind = Marker::Kind::kFan, .value = 1}).xy(40, 0);
  EXPECT_EQ(plan(path, paper_machine())[0].exit, MmPerS(75));
}

TEST(Lookahead, MarkersKeepTheirPlaceBetweenMoves) {
  PathBuilder path;
  for (int i = 1; i <= 50; ++i) {
    path.then(Marker{.kind = Marker::Kind::kLayer, .value = static_cast<double>(i)}).xy(i, 0);
  }
  path.then(Marker{.kind = Marker::Kind::kLayer, .value = 51.0});
  test::MoveList source = path.source();
  const machine::Profile profile = paper_machine();
  LookaheadPlanner planner(profile, source, {.window = 8});
  PlannedItem item;
  double markers = 0;
  double moves = 0;
  while (planner.next(item).value()) {
    if (const auto* marker = std::get_if<Marker>(&item)) {
      EXPECT_EQ(marker->value, ++markers);
      EXPECT_EQ(moves, markers - 1);
    } else {
      ++moves;
    }
  }
  EXPECT_EQ(markers, 51);
  EXPECT_EQ(moves, 50);
}

TEST(Lookahead, MillionsOfMarkersDoNotPileUp) {
  // A source that never moves: the planner has to hand markers on before it has a window of moves.
  class Endless final : public MoveSource {
   public:
    Result<bool> next(ToolpathItem& item) override {
      ++given;
      item = Marker{.kind = Marker::Kind::kFan};
      return true;
    }
    int given = 0;
  };
  Endless source;
  const machine::Profile profile = paper_machine();
  LookaheadPlanner planner(profile, source, {});
  PlannedItem item;
  ASSERT_TRUE(planner.next(item).value());
  EXPECT_LT(source.given, 10000);
}

TEST(Lookahead, ErrorsOfTheSourceComeThrough) {
  class Broken final : public MoveSource {
   public:
    Result<bool> next(ToolpathItem&) override { return fail(Errc::kIo, "disk gone"); }
  };
  Broken source;
  const machine::Profile profile = paper_machine();
  LookaheadPlanner planner(profile, source, {});
  PlannedItem item;
  const auto result = planner.next(item);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message, "disk gone");
}

TEST(Lookahead, FullStopPlannerStopsAtEverySegment) {
  const auto moves = plan(PathBuilder().xy(10, 0).xy(20, 0).xy(30, 0), paper_machine(),
                          {.junction = JunctionRule::kFullStop});
  for (const PlannedMove& move : moves) {
    EXPECT_EQ(move.entry, MmPerS(0));
    EXPECT_EQ(move.exit, MmPerS(0));
  }
}

TEST(Lookahead, ClassicJerkStartsAndTurnsAtTheInstantSpeed) {
  const auto moves =
      plan(PathBuilder().xy(20, 0).xy(20, 20), paper_machine(),
           {.junction = JunctionRule::kInstantSpeedChange, .ramp = RampShape::kTrapezoid});
  EXPECT_EQ(moves[0].entry, MmPerS(10));
  EXPECT_EQ(moves[0].exit, MmPerS(10));
  EXPECT_EQ(moves[1].exit, MmPerS(10));
}

TEST(Lookahead, ArcsKeepTheirCentripetalAcceleration) {
  Move arc;
  arc.start = {{Mm(2), Mm(0), Mm(0), Mm(0)}};
  arc.end = {{Mm(-2), Mm(0), Mm(0), Mm(0)}};
  arc.arc.radius = Mm(2);
  arc.arc.sweep = M_PI;
  arc.length = Mm(2 * M_PI);
  arc.speed = MmPerS(180);
  arc.acceleration = MmPerS2(INFINITY);
  for (MmPerS& limit : arc.max_speed.values) {
    limit = MmPerS(INFINITY);
  }
  const auto moves = plan(PathBuilder(arc.start).then(arc), paper_machine());
  const double centripetal = std::pow(moves[0].cruise.v, 2) / 2.0;
  const double tangential = moves[0].limits.acceleration.v;
  EXPECT_LE(std::hypot(centripetal, tangential), 1e4 * (1 + 1e-9));
}

TEST(Lookahead, JobAccelerationCanOnlyLower) {
  PathBuilder fast;
  fast.xy(20, 0);
  test::MoveList source = fast.source();
  ToolpathItem item;
  ASSERT_TRUE(source.next(item).value());
  for (const auto& [asked, expected] : {std::pair{500.0, 500.0}, {50000.0, 10000.0}}) {
    std::get<Move>(item).acceleration = MmPerS2(asked);
    const auto moves = plan(PathBuilder().then(item), paper_machine());
    EXPECT_EQ(moves[0].limits.acceleration, MmPerS2(expected));
  }
}

}  // namespace
}  // namespace stepcast::planner
