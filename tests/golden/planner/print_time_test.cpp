// Print times against the numpy models of motion_golden.json, key print_time_s.
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "stepcast/planner/lookahead_planner.hpp"
#include "stepcast/planner/planners.hpp"
#include "stepcast/planner/scurve.hpp"
#include "stepcast/planner/toolpath.hpp"

#include "test_profile.hpp"

namespace stepcast::planner {
namespace {

const std::filesystem::path kData =
    std::filesystem::path(STEPCAST_SOURCE_DIR) / "tests/golden/data";
// The oracle solves for speeds by bisection; both are exact to far less than this.
constexpr double kTolerance = 1e-6;

nlohmann::json golden() {
  std::ifstream file(kData / "motion_golden.json");
  return nlohmann::json::parse(file);
}

double print_time(const std::string& job, std::string_view planner_name, double acceleration) {
  machine::Profile profile = test::paper_machine();
  profile.path.acceleration = MmPerS2(acceleration);
  // The oracle knows no limit of E, and its vase stands around the origin.
  profile.axes[Axis::kE].max_speed = MmPerS(1000);
  profile.axes[Axis::kX].travel_min = Mm(-50);
  profile.axes[Axis::kY].travel_min = Mm(-50);
  Toolpath toolpath(gcode::Reader::open(kData / (job + ".gcode")).value(), profile, {});
  auto planner = make_planner(planner_name, profile, toolpath).value();
  if (planner_name == "lookahead") {
    // The oracle takes each corner for itself.
    planner = std::make_unique<LookaheadPlanner>(profile, toolpath,
                                                 LookaheadPlanner::Options{.limit_turning = false});
  }
  double time = 0;
  PlannedItem item;
  while (planner->next(item).value()) {
    if (const auto* move = std::get_if<PlannedMove>(&item)) {
      time += move->profile().duration().v;
    }
  }
  return time;
}

class PrintTime : public testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(PrintTime, EqualsTheOracleAtEveryAcceleration) {
  const auto& [name, model] = GetParam();
  const nlohmann::json oracle = golden()["print_time_s"];
  for (const auto& [job, entry] : oracle.items()) {
    for (const auto& [acceleration, seconds] : entry["times"][model].items()) {
      const double expected = seconds.get<double>();
      EXPECT_NEAR(print_time(job, name, std::stod(acceleration)), expected, kTolerance * expected)
          << job << " at " << acceleration << " mm/s2";
    }
  }
}

INSTANTIATE_TEST_SUITE_P(AllPlanners, PrintTime,
                         testing::Values(std::pair{"marlin", "trapezoid_jerk"},
                                         std::pair{"jlmcg", "full_stop"},
                                         std::pair{"lookahead", "lookahead_jd"}),
                         [](const auto& test) { return std::string(test.param.first); });

TEST(RestToRest, TakesTheTimeOfTheOracle) {
  const RampLimits paper{MmPerS2(1e4), MmPerS3(5e6)};
  const nlohmann::json oracle = golden()["rest_to_rest_time_s"];
  for (const auto& [length, seconds] : oracle.items()) {
    const Mm distance(std::stod(length));
    const MmPerS peak = peak_speed(distance, MmPerS(0), MmPerS(0), MmPerS(75), paper);
    const SpeedProfile profile(distance, MmPerS(0), peak, MmPerS(0), paper);
    EXPECT_NEAR(profile.duration().v, seconds.get<double>(), 1e-9);
  }
}

}  // namespace
}  // namespace stepcast::planner
