// What every planner of the registry promises, on two machines and on the jobs of job_texts.hpp.
#include <algorithm>
#include <cmath>
#include <ostream>
#include <string>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include "stepcast/planner/planners.hpp"

#include "job_run.hpp"
#include "job_texts.hpp"
#include "move_list.hpp"
#include "test_profile.hpp"

namespace stepcast::test {
namespace {

using planner::Dwell;
using planner::Marker;
using planner::Move;
using planner::PlannedItem;
using planner::PlannedMove;

// Speeds and accelerations come from differences of positions around 100 mm, which carry 14 digits.
constexpr double kRounding = 1e-6;

struct Machine {
  const char* name;
  machine::Profile profile;
};
void PrintTo(const Machine& machine, std::ostream* out) {
  *out << machine.name;
}

std::vector<Machine> machines() {
  return {{"Paper", paper_machine()}, {"Limited", limited_machine()}};
}

std::vector<std::string> planner_names() {
  std::vector<std::string> names;
  for (const planner::PlannerInfo& info : planner::planners()) {
    names.emplace_back(info.name);
  }
  return names;
}

class PlannerContract : public testing::TestWithParam<std::tuple<std::string, Machine, NamedJob>> {
 protected:
  const std::string& planner_name() const { return std::get<0>(GetParam()); }
  const machine::Profile& profile() const { return std::get<1>(GetParam()).profile; }
  const NamedJob& job() const { return std::get<2>(GetParam()); }

  JobRun run() const { return run_job(job().gcode, profile(), planner_name()).value(); }

  std::vector<planner::ToolpathItem> toolpath() const {
    planner::Toolpath source(gcode::Reader::from_text(job().gcode, "job"), profile(), {});
    std::vector<planner::ToolpathItem> items;
    planner::ToolpathItem item;
    while (source.next(item).value()) {
      items.push_back(item);
    }
    return items;
  }

  // A move whose axes have no limit of acceleration: speed without ramps.
  static bool is_constant(const PlannedMove& move) {
    return std::isinf(move.limits.acceleration.v);
  }
};

TEST_P(PlannerContract, HandsOnEveryMoveDwellAndMarkerInOrder) {
  const auto given = toolpath();
  const JobRun result = run();
  ASSERT_EQ(result.items.size(), given.size());
  for (std::size_t i = 0; i < given.size(); ++i) {
    if (const auto* move = std::get_if<Move>(&given[i])) {
      const auto* planned = std::get_if<PlannedMove>(&result.items[i]);
      ASSERT_NE(planned, nullptr) << i;
      EXPECT_EQ(planned->move.start, move->start);
      EXPECT_EQ(planned->move.end, move->end);
      EXPECT_EQ(planned->move.length, move->length);
      EXPECT_EQ(planned->move.line, move->line);
    } else if (const auto* dwell = std::get_if<Dwell>(&given[i])) {
      ASSERT_TRUE(std::holds_alternative<Dwell>(result.items[i])) << i;
      EXPECT_EQ(std::get<Dwell>(result.items[i]).duration, dwell->duration);
    } else {
      ASSERT_TRUE(std::holds_alternative<Marker>(result.items[i])) << i;
      EXPECT_EQ(std::get<Marker>(result.items[i]).line, std::get<Marker>(given[i]).line);
    }
  }
}

TEST_P(PlannerContract, SpeedsAreContinuousWhereTheToolRunsThrough) {
  const JobRun result = run();
  const PlannedMove* before = nullptr;
  for (const PlannedItem& item : result.items) {
    const auto* move = std::get_if<PlannedMove>(&item);
    if (move == nullptr) {
      continue;
    }
    if (before != nullptr && !is_constant(*before) && !is_constant(*move)) {
      ASSERT_EQ(before->exit, move->entry) << "line " << move->move.line;
    }
    before = move;
  }
}

// At a stop the tool stands still; classic jerk stops from, and starts at, what the axes may jump.
TEST_P(PlannerContract, StopsAreAtRestOrWithinTheInstantSpeedChange) {
  const JobRun result = run();
  const bool classic = planner_name() == "marlin";
  const auto check = [&](const PlannedMove& move, MmPerS speed) {
    const PerAxis<double> share = move.move.peak_direction();
    for (Axis axis : kAllAxes) {
      const auto& spec = profile().axes[axis];
      const MmPerS allowed = classic ? spec.instant_speed_change : MmPerS(0);
      if (std::isfinite(spec.max_acceleration.v)) {
        ASSERT_LE(speed.v * share[axis], allowed.v * (1 + kRounding))
            << axis_name(axis) << " at line " << move.move.line;
      }
    }
  };
  const PlannedMove* before = nullptr;
  bool stop = true;
  for (const PlannedItem& item : result.items) {
    if (const auto* move = std::get_if<PlannedMove>(&item)) {
      stop = stop || is_constant(*move) || is_constant(*before) || !move->move.in_plane() ||
             !before->move.in_plane();
      if (stop && before != nullptr && !is_constant(*before)) {
        check(*before, before->exit);
      }
      if (stop && !is_constant(*move)) {
        check(*move, move->entry);
      }
      before = move;
      stop = false;
    } else {
      stop = stop || std::holds_alternative<Dwell>(item) || std::get<Marker>(item).waits;
    }
  }
  ASSERT_NE(before, nullptr);
  if (!is_constant(*before)) {
    check(*before, before->exit);
  }
}

TEST_P(PlannerContract, RampsFitTheirMove) {
  for (const PlannedMove& move : moves_of(run())) {
    ASSERT_GE(move.cruise, std::max(move.entry, move.exit));
    ASSERT_GT(move.cruise, MmPerS(0));
    const Mm ramps = speed_change(move.entry, move.cruise, move.limits).distance +
                     speed_change(move.cruise, move.exit, move.limits).distance;
    constexpr Mm kNanometre{1e-6};
    ASSERT_LE(ramps, move.move.length + kNanometre) << "line " << move.move.line;
  }
}

TEST_P(PlannerContract, NoMoveExceedsALimitOfThePathTheJobOrAnAxis) {
  constexpr double kSlack = 1 + 1e-12;
  for (const PlannedMove& move : moves_of(run())) {
    const PerAxis<double> share = move.move.peak_direction();
    ASSERT_LE(move.cruise.v, move.move.speed.v * kSlack) << "line " << move.move.line;
    if (move.move.in_plane()) {
      ASSERT_LE(move.limits.acceleration.v, profile().path.acceleration.v * kSlack);
      ASSERT_LE(move.limits.acceleration.v, move.move.acceleration.v * kSlack);
    }
    for (Axis axis : kAllAxes) {
      const auto& spec = profile().axes[axis];
      ASSERT_LE(move.cruise.v * share[axis], spec.max_speed.v * kSlack);
      if (share[axis] > 0) {
        ASSERT_LE(move.limits.acceleration.v * share[axis], spec.max_acceleration.v * kSlack);
      }
      if (share[axis] > 0 && planner_name() != "marlin") {
        ASSERT_LE(move.limits.jerk.v * share[axis], spec.max_jerk.v * kSlack);
      }
    }
  }
}

TEST_P(PlannerContract, AxisSpeedLimitsHoldOnEverySampleBeforeAndAfterRounding) {
  const JobRun result = run();
  for (Axis axis : kAllAxes) {
    const double limit = profile().axes[axis].max_speed.v * (1 + kRounding);
    EXPECT_LE(largest_derivative(result.path_mm[axis], 1), limit) << axis_name(axis);
    EXPECT_LE(largest_derivative(result.plan_mm[axis], 1), limit) << axis_name(axis);
  }
}

TEST_P(PlannerContract, TheJobEndsExactlyWhereItShould) {
  const JobRun result = run();
  for (Axis axis : kAllAxes) {
    EXPECT_EQ(result.path_mm[axis].back(), result.end[axis].v) << axis_name(axis);
    EXPECT_EQ(result.plan_mm[axis].back(), result.end[axis].v) << axis_name(axis);
    EXPECT_EQ(result.path_mm[axis].front(), home_of(profile())[axis].v);
    EXPECT_EQ(result.plan_mm[axis].front(), home_of(profile())[axis].v);
  }
}

TEST_P(PlannerContract, TheDurationIsTheSumOfTheProfiles) {
  const JobRun result = run();
  double sum = 0;
  for (const PlannedItem& item : result.items) {
    if (const auto* move = std::get_if<PlannedMove>(&item)) {
      sum += move->profile().duration().v;
    } else if (const auto* dwell = std::get_if<Dwell>(&item)) {
      sum += dwell->duration.v;
    }
  }
  EXPECT_NEAR(result.planned_duration.v, sum, 1e-9);
  const planner::Sampler::Options rests;
  const double whole = sum + rests.lead_in.v + rests.lead_out.v;
  EXPECT_NEAR(static_cast<double>(result.samples()) * kSamplePeriod.v, whole, kSamplePeriod.v);
}

TEST_P(PlannerContract, FilamentNeverRunsBackWhileExtruding) {
  const JobRun result = run();
  double lowest_step = 0;
  for (const PlannedMove& move : moves_of(result)) {
    lowest_step = std::min(lowest_step, (move.move.end[Axis::kE] - move.move.start[Axis::kE]).v);
  }
  if (lowest_step < 0) {
    GTEST_SKIP() << "this job retracts";
  }
  constexpr double kNoise_mm = 1e-12;  // of sums around some mm of filament
  const auto& e = result.plan_mm[Axis::kE];
  for (std::size_t k = 1; k < e.size(); ++k) {
    ASSERT_GE(e[k], e[k - 1] - kNoise_mm) << k;
    ASSERT_GE(result.path_mm[Axis::kE][k], result.path_mm[Axis::kE][k - 1] - kNoise_mm) << k;
  }
}

TEST_P(PlannerContract, PlanningTwiceGivesTheSameSamples) {
  const JobRun first = run();
  const JobRun second = run();
  EXPECT_EQ(first.path_mm, second.path_mm);
  EXPECT_EQ(first.plan_mm, second.plan_mm);
}

INSTANTIATE_TEST_SUITE_P(Registry, PlannerContract,
                         testing::Combine(testing::ValuesIn(planner_names()),
                                          testing::ValuesIn(machines()),
                                          testing::ValuesIn(named_jobs())),
                         [](const auto& parameters) {
                           return std::get<0>(parameters.param) + "_" +
                                  std::get<1>(parameters.param).name + "_" +
                                  std::get<2>(parameters.param).name;
                         });

// --- promises of single planners -----------------------------------------------------------------

class FullStopPlanner : public testing::TestWithParam<NamedJob> {};

TEST_P(FullStopPlanner, KeepsPathAccelerationAndJerkOnEverySample) {
  const machine::Profile profile = paper_machine();
  const JobRun result = run_job(GetParam().gcode, profile, "jlmcg").value();
  EXPECT_LE(largest_plane_derivative(result.path_mm, 2),
            profile.path.acceleration.v * (1 + kRounding));
  // On an arc the acceleration turns with the tool, faster than the jerk limit of the path.
  if (GetParam().name != std::string("Arcs")) {
    EXPECT_LE(largest_plane_derivative(result.path_mm, 3), profile.path.jerk.v * (1 + kRounding));
  }
}

TEST_P(FullStopPlanner, KeepsTheLimitsOfZAndEWhereTheyHaveSome) {
  const machine::Profile profile = limited_machine();
  const JobRun result = run_job(GetParam().gcode, profile, "jlmcg").value();
  for (Axis axis : {Axis::kZ, Axis::kE}) {
    EXPECT_LE(largest_derivative(result.path_mm[axis], 2),
              profile.axes[axis].max_acceleration.v * (1 + kRounding))
        << axis_name(axis);
    if (GetParam().name != std::string("Arcs")) {
      EXPECT_LE(largest_derivative(result.path_mm[axis], 3),
                profile.axes[axis].max_jerk.v * (1 + 1e-4))
          << axis_name(axis);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Jobs, FullStopPlanner, testing::ValuesIn(named_jobs()),
                         [](const auto& job) { return std::string(job.param.name); });

class JumpLimit : public testing::TestWithParam<std::tuple<std::string, NamedJob>> {};

// Classic jerk bounds the jump of every axis; the default planner that of Z and E.
TEST_P(JumpLimit, HoldsAtEveryCorner) {
  const auto& [name, job] = GetParam();
  const machine::Profile profile = limited_machine();
  const auto moves = moves_of(run_job(job.gcode, profile, name).value());
  for (std::size_t i = 1; i < moves.size(); ++i) {
    const PerAxis<double> in = moves[i - 1].move.end_direction();
    const PerAxis<double> out = moves[i].move.start_direction();
    for (Axis axis : kAllAxes) {
      if (name == "lookahead" && (axis == Axis::kX || axis == Axis::kY)) {
        continue;
      }
      const double jump = std::abs(out[axis] * moves[i].entry.v - in[axis] * moves[i - 1].exit.v);
      // At a stop either side may jump by as much.
      const bool stop = !moves[i].move.in_plane() || !moves[i - 1].move.in_plane();
      ASSERT_LE(jump, profile.axes[axis].instant_speed_change.v * (stop ? 2 : 1) * (1 + kRounding))
          << axis_name(axis) << " at line " << moves[i].move.line;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Jobs, JumpLimit,
                         testing::Combine(testing::Values("lookahead", "marlin"),
                                          testing::ValuesIn(named_jobs())),
                         [](const auto& test) {
                           return std::get<0>(test.param) + "_" + std::get<1>(test.param).name;
                         });

class Streaming : public testing::TestWithParam<std::string> {};

TEST_P(Streaming, HoldsABoundedPartOfAnEndlessJob) {
  // A wall without end that also changes its fan without end.
  class Endless final : public planner::MoveSource {
   public:
    Result<bool> next(planner::ToolpathItem& item) override {
      ++given;
      if (given % 7 == 0) {
        item = Marker{.kind = Marker::Kind::kFan};
        return true;
      }
      const double angle = 0.02 * static_cast<double>(given);
      PathBuilder next(at_);
      next.xy(100 + 20 * std::cos(angle), 100 + 20 * std::sin(angle));
      at_ = next.at();
      return next.source().next(item);
    }
    std::int64_t given = 0;

   private:
    PerAxis<Mm> at_{{Mm(120), Mm(100), Mm(0), Mm(0)}};
  };
  Endless source;
  const machine::Profile profile = paper_machine();
  const auto planner = planner::make_planner(GetParam(), profile, source).value();
  PlannedItem item;
  std::int64_t taken = 0;
  std::int64_t most_held = 0;
  constexpr std::int64_t kItems = 100'000;
  while (taken < kItems) {
    ASSERT_TRUE(planner->next(item).value());
    ++taken;
    most_held = std::max(most_held, source.given - taken);
  }
  constexpr std::int64_t kMostHeld = 1024 + 4096;  // moves and what stands between them
  EXPECT_LE(most_held, kMostHeld);
}

INSTANTIATE_TEST_SUITE_P(Registry, Streaming, testing::ValuesIn(planner_names()),
                         [](const auto& name) { return name.param; });

TEST(Classic, BrakesInTimeForACornerThatTheWindowDidNotShow) {
  // The last move of the first window is tiny and the next one turns back: the tool must not have
  // counted on a stop from classic jerk at the end of the window.
  PathBuilder path;
  double x = 0;
  constexpr int kWindow = 1024;
  for (int i = 1; i < kWindow; ++i) {
    path.xy(x += 0.05, 0);
  }
  path.xy(x + 0.001, 0).xy(x - 30, 0);
  machine::Profile profile = paper_machine();
  profile.path.acceleration = MmPerS2(500);
  MoveList source = path.source();
  const auto planner = planner::make_planner("marlin", profile, source).value();
  for (const PlannedMove& move : planned_moves(*planner)) {
    ASSERT_LE(speed_change(move.entry, move.exit, move.limits).distance.v,
              move.move.length.v + 1e-9);
  }
}

}  // namespace
}  // namespace stepcast::test
