// Where a job was broken off, and the way back to there.
#include "stepcast/control/job_place.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <variant>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stepcast/control/motion_source.hpp"
#include "stepcast/gcode/reader.hpp"
#include "stepcast/planner/toolpath.hpp"
#include "stepcast/wire/crc32c.hpp"

#include "control_run.hpp"
#include "planned_ticks.hpp"
#include "test_profile.hpp"

namespace stepcast::test {
namespace {

using control::BrokenOff;
using control::find_place;
using planner::LiveChange;
using planner::Marker;
using planner::Move;
using planner::Restart;
using planner::ResumedMoves;
using ::testing::HasSubstr;

/// Two objects a layer, inches and relative coordinates on the way, arcs, hops and retractions.
std::string labelled_job(int layers) {
  std::string job = "M140 S60\nM190 S60\nM104 S205\nM109 S210\nM83\nM106 S51\n";
  for (int layer = 0; layer < layers; ++layer) {
    job += ";LAYER:" + std::to_string(layer) + "\nG1 Z" + std::to_string(0.2 * (layer + 1)) +
           " F300\n";
    job += layer == 1 ? "M104 S200\nM106 S255\n" : "";
    for (int object = 0; object < 2; ++object) {
      const int x = 30 + 60 * object;
      job += "M486 S" + std::to_string(object) + "\nG1 X" + std::to_string(x) +
             " Y30 F9000\nG1 E1 F1500\n";
      for (int i = 0; i < 5; ++i) {
        job += "G1 X" + std::to_string(x + (i % 2 == 0 ? 30 : 0)) + " Y" + std::to_string(30 + i) +
               " E1.2 F3600\n";
      }
      job += "G3 X" + std::to_string(x + 30) +
             " Y44 I0 J5 E1 F2400\nG20\nG91\nG1 X0.2 Y0.1 E0.02\n"
             "G90\nG21\nM83\nG1 E-1 F1500\nG91\nG1 Z0.6 F300\nG90\nM83\nM486 S-1\n";
      job += "G1 Z" + std::to_string(0.2 * (layer + 1)) + "\n";
    }
  }
  return job;
}

/// What a chain of moves gives.
struct Given {
  std::vector<Move> moves;
  std::vector<Marker> before;  ///< The first move.
};

Given moves_of(const JobFile& job, const machine::Profile& profile,
               const std::vector<LiveChange>& changes, const std::optional<Restart>& restart) {
  planner::Toolpath toolpath(gcode::Reader::open(job.path()).value(), profile, {});
  planner::LiveMoves live(toolpath, {}, planner::repeat(changes));
  std::optional<ResumedMoves> resumed;
  if (restart) {
    resumed.emplace(live, profile, *restart);
  }
  planner::MoveSource& source = resumed ? static_cast<planner::MoveSource&>(*resumed) : live;
  Given given;
  planner::ToolpathItem item;
  for (;;) {
    const auto more = source.next(item);
    EXPECT_TRUE(more) << more.error().to_string();
    if (!more || !*more) {
      return given;
    }
    if (const auto* move = std::get_if<Move>(&item)) {
      given.moves.push_back(*move);
    } else if (const auto* marker = std::get_if<Marker>(&item); marker && given.moves.empty()) {
      given.before.push_back(*marker);
    }
  }
}

bool same_path(const Move& a, const Move& b) {
  return a.start.values == b.start.values && a.end.values == b.end.values &&
         a.arc.sweep == b.arc.sweep && a.arc.radius == b.arc.radius && a.speed == b.speed &&
         a.line == b.line && a.number == b.number;
}

Steps z_at(const std::vector<std::uint8_t>& ticks, Ticks end) {
  Steps z = 0;
  for (Ticks tick = 0; tick < end; ++tick) {
    z += wire::tick_delta(ticks[static_cast<std::size_t>(tick)], index(Axis::kZ));
  }
  return z;
}

class JobPlaceOf : public ::testing::TestWithParam<bool> {};

TEST_P(JobPlaceOf, FromAnyCutTheRestIsTheJobFromTheMoveUnderWay) {
  const machine::Profile profile = limited_machine();
  const JobFile job(labelled_job(3));
  const auto plan = control::plan_job(job.path(), profile, {});
  ASSERT_TRUE(plan) << plan.error().to_string();
  std::vector<LiveChange> changes;
  if (GetParam()) {
    changes = {{.from_move = 15,
                .settings = {.speed = 1.4, .flow = 0.9, .z_offset = Mm(0.1), .cancelled = {}}},
               {.from_move = 40,
                .settings = {.speed = 0.8, .flow = 1.1, .z_offset = Mm(0.1), .cancelled = {"1"}}}};
  }
  const auto ticks = planned_ticks(*plan, profile, changes);
  const Given whole = moves_of(job, profile, changes, {});
  std::mt19937 random(20'261'121);
  std::uniform_int_distribution<Ticks> anywhere(1, static_cast<Ticks>(ticks.size()) - 30'000);
  constexpr int kCuts = 8;
  for (int cut = 0; cut < kCuts; ++cut) {
    BrokenOff broken{.earliest = anywhere(random), .latest = 0};
    broken.latest = broken.earliest + 20'000;
    broken.checked_ticks = broken.earliest / 2;
    broken.checked_sum =
        wire::crc32c(std::span(ticks).first(static_cast<std::size_t>(broken.checked_ticks)), 0);
    SCOPED_TRACE(broken.earliest);
    auto place = find_place(*plan, profile, changes, broken);
    ASSERT_TRUE(place) << place.error().to_string();

    // Z over the interval is what the motors did.
    Steps low = z_at(ticks, broken.earliest);
    Steps high = low;
    Steps z = low;
    for (Ticks tick = broken.earliest; tick < broken.latest; ++tick) {
      z += wire::tick_delta(ticks[static_cast<std::size_t>(tick)], index(Axis::kZ));
      low = std::min(low, z);
      high = std::max(high, z);
    }
    EXPECT_EQ(place->lowest_z, low);
    EXPECT_EQ(place->highest_z, high);

    // The nozzle stands where it was, X and Y at home.
    Restart restart = place->restart;
    restart.start[Axis::kZ] = Mm(static_cast<double>(z_at(ticks, broken.earliest)) / 1600);
    restart.start[Axis::kE] = planner::restart_filament(restart.filament);
    const Given rest = moves_of(job, profile, changes, restart);

    // Nothing is left out, nothing differs: all that is printed from there on is the job's own.
    const auto from = static_cast<std::size_t>(restart.from_move);
    const std::size_t left = whole.moves.size() - from;
    ASSERT_GE(rest.moves.size(), left);
    const std::size_t approach = rest.moves.size() - left;
    for (std::size_t i = 0; i < left; ++i) {
      ASSERT_TRUE(same_path(rest.moves[approach + i], whole.moves[from + i])) << i;
    }

    // What the motors had made by the cut comes to less than the start of the move after it.
    Mm printed_top(0);
    Mm filament(0);
    for (std::size_t i = 0; i < from; ++i) {
      filament = std::max(filament, whole.moves[i].end[Axis::kE]);
      if (whole.moves[i].extrudes()) {
        printed_top = std::max(printed_top, whole.moves[i].end[Axis::kZ]);
      }
    }
    EXPECT_EQ(restart.top, printed_top);
    EXPECT_EQ(restart.filament, filament);

    // The way there: never lower than the nozzle stood, across only above everything, and printing
    // nothing; hot before anything moves.
    bool across = false;
    for (std::size_t i = 0; i < approach; ++i) {
      const Move& move = rest.moves[i];
      EXPECT_FALSE(move.extrudes());
      EXPECT_GE(move.end[Axis::kZ],
                std::min(restart.start[Axis::kZ], whole.moves[from].start[Axis::kZ]));
      if (move.in_plane()) {
        across = true;
        EXPECT_GE(move.start[Axis::kZ], restart.top + ResumedMoves::kClearance);
      }
    }
    EXPECT_EQ(across, whole.moves[from].start[Axis::kX] != Mm(0) ||
                          whole.moves[from].start[Axis::kY] != Mm(0));
    ASSERT_GE(rest.before.size(), 2U);
    std::vector<Marker::Kind> waits;
    for (const Marker& marker : rest.before) {
      if (marker.waits) {
        waits.push_back(marker.kind);
      }
    }
    EXPECT_THAT(waits, ::testing::ElementsAre(Marker::Kind::kBed, Marker::Kind::kHotend));

    // And it plans: every motor ends where the whole job ends.
    control::ControllerChoice choice;
    choice.restart = restart;
    const auto planned = control::plan_job(job.path(), profile, choice, {}, changes);
    ASSERT_TRUE(planned) << planned.error().to_string();
    const auto end = steps_from_home(profile, whole.moves.back().end);
    const auto began = steps_from_home(profile, restart.start);
    for (const Axis motor : kAllAxes) {
      EXPECT_EQ(planned->motion.steps[motor], end[motor] - began[motor]) << axis_name(motor);
    }
    const auto repeated = planned_ticks(*planned, profile, changes);
    EXPECT_EQ(decode(repeated).net.values, planned->motion.steps.values);
  }
}

INSTANTIATE_TEST_SUITE_P(WithoutAndWithChanges, JobPlaceOf, ::testing::Bool());

// The overlap is the move under way and what rounding a corner reaches back over.
TEST(JobPlace, TheMoveUnderWayIsTheOneThatThePathIsOn) {
  const machine::Profile profile = limited_machine();
  const JobFile job(labelled_job(2));
  const auto plan = control::plan_job(job.path(), profile, {}).value();
  auto source = control::MotionSource::create(plan, profile).value();
  std::vector<std::pair<std::int64_t, Seconds>> begun;
  source->watch_moves(
      [&](const Move& move, Seconds time) { begun.emplace_back(move.number, time); });
  std::vector<std::uint8_t> part(12'000);
  while (source->read(part).value() == part.size()) {
  }
  ASSERT_EQ(static_cast<std::int64_t>(begun.size()), plan.toolpath.moves);
  constexpr Ticks kReach = 2'000;  // the lead-in
  for (std::size_t i = 1; i + 1 < begun.size(); i += 7) {
    const Ticks begins = source->tick_of(begun[i].second);
    const auto place =
        find_place(plan, profile, {}, {.earliest = begins + kReach, .latest = begins + kReach});
    ASSERT_TRUE(place);
    EXPECT_EQ(place->restart.from_move, begun[i].first);
    const auto before =
        find_place(plan, profile, {}, {.earliest = begins + kReach - 1, .latest = begins + kReach});
    ASSERT_TRUE(before);
    EXPECT_LT(before->restart.from_move, begun[i].first);
  }
}

TEST(JobPlace, RefusesAnotherMotionThanTheOneThatWasSent) {
  const machine::Profile profile = limited_machine();
  const JobFile job(labelled_job(1));
  const auto plan = control::plan_job(job.path(), profile, {}).value();
  const auto place = find_place(
      plan, profile, {},
      {.earliest = 50'000, .latest = 60'000, .checked_ticks = 40'000, .checked_sum = 4711});
  ASSERT_FALSE(place);
  EXPECT_EQ(place.error().code, Errc::kFault);
  EXPECT_THAT(place.error().message, HasSubstr("sum"));
}

TEST(JobPlace, RefusesToExtrudeColdWhereTheJobHasItsNozzleOff) {
  const machine::Profile profile = limited_machine();
  const JobFile job("M109 S200\nM83\nG1 Z0.3 F300\nG1 X50 Y50 E2 F3000\nM104 S0\nG1 X0 Y0 F6000\n");
  control::ControllerChoice choice;
  choice.restart = Restart{.from_move = 2, .start = {}, .filament = Mm(2), .top = Mm(0.3)};
  const auto plan = control::plan_job(job.path(), profile, choice);
  ASSERT_FALSE(plan);
  EXPECT_THAT(plan.error().message, HasSubstr("nozzle"));
}

}  // namespace
}  // namespace stepcast::test
