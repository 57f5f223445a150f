#include "stepcast/control/motion_source.hpp"

#include <algorithm>
#include <filesystem>

#include <gtest/gtest.h>

#include "control_run.hpp"
#include "sample_job.hpp"

namespace stepcast::test {
namespace {

using control::ControllerChoice;
using control::MotionSource;
using control::plan_job;

std::vector<std::uint8_t> read_all(MotionSource& source, std::size_t chunk) {
  std::vector<std::uint8_t> ticks;
  std::vector<std::uint8_t> part(chunk);
  for (;;) {
    const std::size_t got = source.read(part).value();
    ticks.insert(ticks.end(), part.begin(), part.begin() + static_cast<std::ptrdiff_t>(got));
    if (got < chunk) {
      return ticks;
    }
  }
}

class MotionSourceOf : public ::testing::TestWithParam<const char*> {};

TEST_P(MotionSourceOf, ThePlanGivesTheTicksOfThePlanHoweverItIsRead) {
  const machine::Profile profile = printer("taz6");
  const JobFile job(kSampleJob);
  std::vector<std::uint8_t> planned_ticks;
  const auto plan =
      plan_job(job.path(), profile, controller("lookahead", GetParam()),
               [&](const control::MotionBlock& block) { append_ticks(block, planned_ticks); });
  ASSERT_TRUE(plan) << plan.error().to_string();
  for (const std::size_t chunk : {std::size_t{1}, std::size_t{1200}, std::size_t{7919}}) {
    auto source = MotionSource::create(*plan, profile).value();
    EXPECT_TRUE(read_all(*source, chunk) == planned_ticks) << chunk;
  }
}

INSTANTIATE_TEST_SUITE_P(Compensators, MotionSourceOf, ::testing::Values("none", "lpfbs-sharp"),
                         [](const auto& param) {
                           std::string name = param.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(MotionSource, RunsWithTheSlowStretchesThatThePlanFound) {
  const machine::Profile profile = printer("taz6");
  const JobFile job("G1 X20 Y20 F6000\nG1 X260 F11760\nG1 X20\n");
  const auto plan = plan_job(job.path(), profile, controller("lookahead", "lpfbs-sharp"));
  ASSERT_TRUE(plan) << plan.error().to_string();
  ASSERT_FALSE(plan->choice.stretches.empty());
  auto source = MotionSource::create(*plan, profile).value();
  const auto ticks = read_all(*source, 1200);
  EXPECT_EQ(static_cast<Ticks>(ticks.size()), plan->motion.ticks);
  EXPECT_EQ(decode(ticks).net.values, plan->motion.steps.values);
}

TEST(MotionSource, GivesNothingMoreAfterTheEnd) {
  const machine::Profile profile = printer("taz6");
  const JobFile job(kSampleJob);
  const auto plan = plan_job(job.path(), profile, {}).value();
  auto source = MotionSource::create(plan, profile).value();
  read_all(*source, 1200);
  std::vector<std::uint8_t> more(100);
  EXPECT_EQ(source->read(more).value(), 0U);
}

TEST(MotionSource, SaysThatTheFileIsGone) {
  const machine::Profile profile = printer("taz6");
  auto plan = [&] {
    const JobFile job(kSampleJob);
    return plan_job(job.path(), profile, {}).value();
  }();
  const auto source = MotionSource::create(plan, profile);
  ASSERT_FALSE(source);
  EXPECT_EQ(source.error().code, Errc::kNotFound);
}

}  // namespace
}  // namespace stepcast::test
