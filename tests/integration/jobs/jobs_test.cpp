// Real jobs from their text to the steps that a device has executed, over a network with a manual
// clock that loses, doubles and re-orders datagrams.
#include <algorithm>
#include <cctype>
#include <chrono>
#include <string>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include "paper_rig.hpp"
#include "planned_job.hpp"

namespace stepcast::test {
namespace {

using control::MotionSource;
using stepcast::testing::LossyLink;
using stepcast::testing::PaperRig;

struct Weather {
  const char* name;
  double loss;
  double duplicate;
  double straggle;
};
// Stragglers arrive after packets that were sent later.
constexpr Weather kClear{"no loss", 0, 0, 0};
constexpr Weather kFivePercent{"5 % loss", 0.05, 0.02, 0.05};
constexpr Weather kTwentyPercent{"20 % loss", 0.2, 0.02, 0.05};
constexpr Weather kShuffled{"re-ordering and duplication", 0, 0.1, 0.3};

/// How the device runs: at the pace of real motors, or as fast as the stream arrives, which is
/// fifty times as fast to test.
enum class Pace { kReal, kMax };

PaperRig::Options over(const Weather& weather, Pace pace) {
  PaperRig::Options options;
  options.start = pace == Pace::kReal ? "start" : "start speed=max";
  options.down = {
      .loss = weather.loss, .duplicate = weather.duplicate, .straggle = weather.straggle};
  options.up = options.down;
  options.up.seed = 2;
  return options;
}

/// Prints over that network.
void expect_printed(stepgen::TickSource& source, const PlannedJob& job, const Weather& weather,
                    Pace pace, const PerAxis<Steps>& end) {
  SCOPED_TRACE(weather.name);
  PaperRig rig(source, over(weather, pace));
  const std::chrono::seconds print(job.ticks.size() / 20'000);
  ASSERT_TRUE(rig.run(print + std::chrono::minutes(1))) << wire::state_name(rig.core().state());
  EXPECT_TRUE(rig.executed() == job.ticks) << "executed " << rig.executed().size();
  const auto progress = rig.core().progress();
  EXPECT_EQ(progress.executed, job.ticks.size());
  for (Axis motor : kAllAxes) {
    EXPECT_EQ(progress.positions[index(motor)], end[motor]) << axis_name(motor);
  }
  const auto statistics = rig.sender().statistics();
  EXPECT_EQ(statistics.pauses, 0U);
  if (weather.loss > 0) {
    EXPECT_GT(statistics.retransmissions, 0U);
    EXPECT_GT(rig.down().lost(), 0U);
  }
}

using Setting = std::tuple<const char*, const char*>;  // file, compensator

class SharedJob : public ::testing::TestWithParam<Setting> {};

TEST_P(SharedJob, ExecutesTheSameStepsOverEveryNetworkAndEndsWhereItsTextEnds) {
  const auto [name, compensator] = GetParam();
  const std::filesystem::path file = shared_jobs() / name;
  if (!std::filesystem::exists(file)) {
    GTEST_SKIP() << file << " is not there";
  }
  const machine::Profile profile = printer("taz6");
  const auto job = plan_with_ticks(file, profile, controller("lookahead", compensator));
  ASSERT_TRUE(job) << job.error().to_string();

  const PerAxis<Steps> end = expected_steps(file, profile);
  EXPECT_EQ(job->plan.motion.steps.values, end.values);
  const DecodedTicks decoded = decode(job->ticks);
  EXPECT_EQ(decoded.net.values, end.values);
  EXPECT_EQ(decoded.count.values, job->plan.motion.step_count.values);

  // Planned a second time while it is streamed, as in a print.
  auto source = MotionSource::create(job->plan, profile);
  ASSERT_TRUE(source) << source.error().to_string();
  expect_printed(**source, *job, kClear, Pace::kMax, end);
  for (const Weather& weather : {kFivePercent, kTwentyPercent, kShuffled}) {
    SpanSource again(job->ticks);
    expect_printed(again, *job, weather, Pace::kMax, end);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Taz6, SharedJob,
    ::testing::Combine(::testing::Values("benchy_prusaslicer_0.2mm.gcode", "cube_cura.gcode",
                                         "cube_prusaslicer.gcode", "ender3pro_cura_job.gcode",
                                         "slic3r_1.3_stringing_test.gcode",
                                         "slic3r_reprap_snowman.gcode"),
                       ::testing::Values("none", "lpfbs-sharp")),
    [](const auto& param) {
      std::string name = std::string(std::get<0>(param.param)) + "_" + std::get<1>(param.param);
      std::replace_if(
          name.begin(), name.end(), [](char c) { return std::isalnum(c) == 0; }, '_');
      return name;
    });

// Minutes of the motors' time need many turns of the clock: one job stands for all.
TEST(SharedJobs, RunAtThePaceOfRealMotorsWithoutAPause) {
  const std::filesystem::path file = shared_jobs() / "slic3r_1.3_stringing_test.gcode";
  if (!std::filesystem::exists(file)) {
    GTEST_SKIP() << file << " is not there";
  }
  const machine::Profile profile = printer("taz6");
  const auto job = plan_with_ticks(file, profile, controller("lookahead", "lpfbs-sharp"));
  ASSERT_TRUE(job) << job.error().to_string();
  const PerAxis<Steps> end = expected_steps(file, profile);
  for (const Weather& weather : {kClear, kFivePercent, kTwentyPercent, kShuffled}) {
    SpanSource source(job->ticks);
    expect_printed(source, *job, weather, Pace::kReal, end);
  }
}

TEST(SharedJobs, AreAllTested) {
  if (!std::filesystem::exists(shared_jobs())) {
    GTEST_SKIP() << shared_jobs() << " is not there";
  }
  const auto count = std::distance(std::filesystem::directory_iterator(shared_jobs()),
                                   std::filesystem::directory_iterator());
  EXPECT_EQ(count, 6) << "a job was added or removed: adapt the list above";
}

// --- the test's own reader of G-code -------------------------------------------------------------

PerAxis<Steps> read_by_test(const char* text) {
  const JobFile job(text);
  return expected_steps(job.path(), printer("taz6"));
}

TEST(GcodeEnd, FollowsAbsoluteRelativeAndResetCoordinates) {
  const PerAxis<Steps> end = read_by_test(
      "G1 X10 Y20 Z1 E5 ; E6\nG92 E0\nG1 E2\nG91\nG1 X-1 E1\nG90\nM83\nG1 E.5 X4\nG92 X0\nG1 X1\n"
      "G28 Y0\nG1 F600 E-1\n");
  EXPECT_EQ(end[Axis::kX], 508);  // 5 mm at 101.5 is 507.5, half up
  EXPECT_EQ(end[Axis::kY], 0);
  EXPECT_EQ(end[Axis::kZ], 1600);
  EXPECT_EQ(end[Axis::kE], 5700);  // 5 + 2 + 1 + 0.5 - 1 mm at 760
}

TEST(GcodeEnd, RefusesWhatItDoesNotKnow) {
  EXPECT_THROW(read_by_test("G1 X1\nG11\n"), std::runtime_error);
  EXPECT_THROW(read_by_test("G10\n"), std::runtime_error);
  EXPECT_THROW(read_by_test("M221 S95\n"), std::runtime_error);
}

}  // namespace
}  // namespace stepcast::test
