#include "stepcast/printer/streamed_printer.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <limits>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stepcast/control/job_plan.hpp"
#include "stepcast/stream/console_client.hpp"
#include "stepcast/wire/control_line.hpp"

#include "control_run.hpp"
#include "device_process.hpp"
#include "printer_watch.hpp"
#include "streamed_job.hpp"
#include "test_profile.hpp"
#include "udp_relay.hpp"

namespace stepcast::test {
namespace {

using namespace std::chrono_literals;
using printer::PrintResult;
using printer::State;
using printer::StreamedPrinter;
using ::testing::Each;
using ::testing::HasSubstr;

/// A zigzag of about `seconds`, with layers and filament, that ends somewhere on the bed.

constexpr std::string_view kHeats = "M104 S200\n";

struct Planned {
  control::JobPlan plan;
  std::vector<std::uint8_t> ticks;
};

Planned plan(const std::filesystem::path& file, const machine::Profile& profile) {
  Planned planned;
  planned.plan = control::plan_job(file, profile, {}, [&](const control::MotionBlock& block) {
                   append_ticks(block, planned.ticks);
                 }).value();
  return planned;
}

PerAxis<Steps> counters_of(const testing::DeviceProcess& device) {
  PerAxis<Steps> counters;
  const auto progress = device.statistics().progress;
  for (const Axis motor : kAllAxes) {
    counters[motor] = progress.positions[index(motor)];
  }
  return counters;
}

// The claim that makes a pause worth having: not a single step is lost, added or moved.
class PauseAndResume : public ::testing::TestWithParam<int> {};

TEST_P(PauseAndResume, ExecutesThePlanToTheStep) {
  const JobFile job(zigzag(120, kHeats));
  const Planned planned = plan(job.path(), limited_machine());
  testing::DeviceProcess device;
  const double loss = GetParam() / 100.0;
  const testing::LossyLink::Options link{.loss = loss, .delay = 200us, .straggle_by = 2ms};
  testing::UdpRelay relay(device.port(), link, link);
  PrinterWatch watch;
  StreamedPrinter printer(streamed_options(relay.port(), 40));
  printer.observe(watch.observer());
  ASSERT_TRUE(printer.connect());
  ASSERT_TRUE(printer.start({.job_id = "1", .file = job.path()}));
  std::mt19937 random(static_cast<std::uint32_t>(GetParam()) + 20'261'121);
  constexpr int kPauses = 5;
  double share = 0.0;
  for (int i = 0; i < kPauses; ++i) {
    share += std::uniform_real_distribution<double>(0.01, 0.15)(random);
    ASSERT_TRUE(watch.wait_for_picture([&](const printer::Status& s) {
      return s.state == State::kPrinting && s.progress.share > share;
    })) << watch.log();
    ASSERT_TRUE(printer.pause());
    ASSERT_TRUE(watch.wait_for_state(State::kPaused));
    const auto status = printer.status();
    const auto executed = device.executed();
    EXPECT_EQ(status.progress.elapsed, Seconds(static_cast<double>(executed.size()) / 20'000));
    EXPECT_NEAR(status.position[Axis::kX]->v,
                static_cast<double>(counters_of(device)[Axis::kX]) / 101.5, 1e-9);
    share = status.progress.share;
    ASSERT_TRUE(printer.resume());
  }
  ASSERT_TRUE(watch.wait_for_results(1));
  const PrintResult result = watch.results()[0];
  EXPECT_EQ(result.outcome, PrintResult::Outcome::kDone) << result.reason;
  ASSERT_TRUE(result.position_error);
  EXPECT_THAT(result.position_error->values, Each(0));
  EXPECT_TRUE(device.executed() == planned.ticks);
  EXPECT_EQ(counters_of(device), planned.plan.motion.steps);
}

INSTANTIATE_TEST_SUITE_P(LossPercent, PauseAndResume, ::testing::Values(0, 10));

TEST(StreamedPrinter, PrintsAsFastAsTheDeviceTakesItAndEndsOnThePlan) {
  const JobFile job(zigzag(120, kHeats));
  const Planned planned = plan(job.path(), limited_machine());
  testing::DeviceProcess device;
  PrinterWatch watch;
  StreamedPrinter printer(streamed_options(device.port(), wire::kSpeedMax));
  printer.observe(watch.observer());
  ASSERT_TRUE(printer.connect());
  ASSERT_TRUE(printer.start({.job_id = "1", .file = job.path()}));
  ASSERT_TRUE(watch.wait_for_results(1));
  EXPECT_EQ(watch.results()[0].outcome, PrintResult::Outcome::kDone) << watch.results()[0].reason;
  EXPECT_TRUE(device.executed() == planned.ticks);
  const auto status = printer.status();
  EXPECT_TRUE(status.virtual_motors);
  EXPECT_TRUE(status.link);
  EXPECT_EQ(status.progress.layer, planned.plan.layers.back().layer);
  EXPECT_NEAR(status.position[Axis::kX]->v, planned.plan.toolpath.end[Axis::kX].v, 0.01);
  EXPECT_THAT(watch.log(), HasSubstr("no heaters: 1 temperatures"));
}

TEST(StreamedPrinter, KnowsWhereItIsAfterACancelAndBeginsTheNextJobAtHome) {
  const JobFile job(zigzag(60, kHeats));
  const Planned planned = plan(job.path(), limited_machine());
  testing::DeviceProcess device;
  PrinterWatch watch;
  StreamedPrinter printer(streamed_options(device.port(), 40));
  printer.observe(watch.observer());
  ASSERT_TRUE(printer.connect());
  ASSERT_TRUE(printer.start({.job_id = "1", .file = job.path()}));
  ASSERT_TRUE(
      watch.wait_for_picture([](const printer::Status& s) { return s.progress.share > 0.3; }));
  ASSERT_TRUE(printer.cancel());
  ASSERT_TRUE(watch.wait_for_results(1));
  const auto stopped = device.executed();
  ASSERT_LT(stopped.size(), planned.ticks.size());
  EXPECT_TRUE(std::equal(stopped.begin(), stopped.end(), planned.ticks.begin()));
  EXPECT_NEAR(printer.status().position[Axis::kX]->v,
              static_cast<double>(counters_of(device)[Axis::kX]) / 101.5, 1e-9);

  ASSERT_TRUE(printer.start({.job_id = "2", .file = job.path()}));
  ASSERT_TRUE(watch.wait_for_results(2));
  EXPECT_EQ(watch.results()[1].outcome, PrintResult::Outcome::kDone) << watch.results()[1].reason;
  const auto all = device.executed();
  ASSERT_GT(all.size(), stopped.size() + planned.ticks.size()) << "the way home is missing";
  EXPECT_TRUE(std::equal(planned.ticks.rbegin(), planned.ticks.rend(), all.rbegin()));
  PerAxis<Steps> end = counters_of(device);
  end[Axis::kE] = planned.plan.motion.steps[Axis::kE];  // it counts both prints
  EXPECT_EQ(end, planned.plan.motion.steps);
}

TEST(StreamedPrinter, PlansAWholeJobBeforeAnythingMoves) {
  const JobFile job(zigzag(5, kHeats) + "G1 X9999 F3000\n");
  testing::DeviceProcess device;
  PrinterWatch watch;
  StreamedPrinter printer(streamed_options(device.port(), wire::kSpeedMax));
  printer.observe(watch.observer());
  ASSERT_TRUE(printer.connect());
  ASSERT_TRUE(printer.start({.job_id = "1", .file = job.path()}));
  ASSERT_TRUE(watch.wait_for_results(1));
  EXPECT_EQ(watch.results()[0].outcome, PrintResult::Outcome::kFailed);
  EXPECT_THAT(watch.results()[0].reason, HasSubstr("9999"));
  EXPECT_TRUE(device.executed().empty());
  EXPECT_EQ(printer.status().state, State::kOperational);
}

TEST(StreamedPrinter, JogsAndGoesHomeToTheStep) {
  testing::DeviceProcess device;
  PrinterWatch watch;
  StreamedPrinter printer(streamed_options(device.port(), 40));
  printer.observe(watch.observer());
  ASSERT_TRUE(printer.connect());
  printer::Printer::Jog jog;
  jog.axes[Axis::kX] = Mm(12.5);
  jog.axes[Axis::kZ] = Mm(1);
  ASSERT_TRUE(printer.jog(jog));
  ASSERT_TRUE(printer.home({})) << "it comes home when the jog has ended";
  ASSERT_TRUE(watch.wait_for_picture([](const printer::Status& s) {
    return s.position[Axis::kX] && std::abs(s.position[Axis::kX]->v - 12.5) < 0.01;
  })) << watch.log();
  ASSERT_TRUE(device.wait_until([](const auto& s) {
    return s.state == wire::DeviceState::kIdle && s.progress.positions[0] == 0 &&
           s.progress.positions[2] == 0;
  })) << watch.log();
}

TEST(StreamedPrinter, RefusesImpossibleJogsAtOnce) {
  testing::DeviceProcess device;
  StreamedPrinter printer(streamed_options(device.port(), 1));
  ASSERT_TRUE(printer.connect());
  const auto code_of = [&](const printer::Printer::Jog& jog) {
    const auto result = printer.jog(jog);
    return result ? Errc{} : result.error().code;
  };
  printer::Printer::Jog jog;
  EXPECT_EQ(code_of(jog), Errc::kInvalidArgument) << "nothing";
  jog.axes[Axis::kX] = Mm(-1);
  EXPECT_EQ(code_of(jog), Errc::kOutOfRange) << "off the bed";
  jog.axes[Axis::kX] = Mm(1);
  jog.speed = MmPerS(500);
  EXPECT_EQ(code_of(jog), Errc::kOutOfRange) << "too fast";
  jog.speed = MmPerS(0);
  EXPECT_EQ(code_of(jog), Errc::kInvalidArgument);
  jog.speed.reset();
  jog.axes[Axis::kX] = Mm(std::numeric_limits<double>::quiet_NaN());
  EXPECT_EQ(code_of(jog), Errc::kInvalidArgument);
  jog.axes = {};
  jog.axes[Axis::kE] = Mm(1);
  EXPECT_EQ(code_of(jog), Errc::kInvalidArgument);
  EXPECT_TRUE(device.executed().empty());
}

TEST(StreamedPrinter, SaysThatSomebodyElseHasTheDevice) {
  testing::DeviceProcess device;
  StreamedPrinter printer(streamed_options(device.port(), 1));
  {
    auto console = stream::ConsoleClient::connect({.host = "127.0.0.1", .port = device.port()}, {});
    ASSERT_TRUE(console);
    ASSERT_TRUE(console->command("status"));
    const auto connected = printer.connect();
    ASSERT_FALSE(connected);
    EXPECT_EQ(connected.error().code, Errc::kBusy);
    ASSERT_TRUE(console->command("exit"));
    EXPECT_FALSE(console->command("status"));
  }
  EXPECT_TRUE(printer.connect());
}

TEST(StreamedPrinter, LeavesTheDeviceFreeBetweenPrints) {
  testing::DeviceProcess device;
  StreamedPrinter printer(streamed_options(device.port(), 1));
  ASSERT_TRUE(printer.connect());
  auto console = stream::ConsoleClient::connect({.host = "127.0.0.1", .port = device.port()}, {});
  ASSERT_TRUE(console);
  EXPECT_THAT(console->command("status").value(), HasSubstr("state=idle"));
}

TEST(StreamedPrinter, RefusesSpeedWithRealMotors) {
  testing::DeviceProcess device(device::LinuxDevice::Options{.core = {.virtual_motors = false}});
  StreamedPrinter printer(streamed_options(device.port(), 2));
  const auto connected = printer.connect();
  ASSERT_FALSE(connected);
  EXPECT_EQ(connected.error().code, Errc::kUnsupported);
  EXPECT_EQ(printer.status().state, State::kOffline);
}

TEST(StreamedPrinter, RefusesAnotherStepGrid) {
  testing::DeviceProcess device(
      device::LinuxDevice::Options{.core = {.tick_hz = 40'000, .virtual_motors = true}});
  StreamedPrinter printer(streamed_options(device.port(), 1));
  const auto connected = printer.connect();
  ASSERT_FALSE(connected);
  EXPECT_EQ(connected.error().code, Errc::kUnsupported);
}

TEST(StreamedPrinter, NoticesThatAnIdleDeviceIsGone) {
  testing::DeviceProcess device;
  auto options = streamed_options(device.port(), 1);
  options.idle_probe = 20ms;
  PrinterWatch watch;
  StreamedPrinter printer(options);
  printer.observe(watch.observer());
  ASSERT_TRUE(printer.connect());
  device.shut_down();
  ASSERT_TRUE(watch.wait_for_state(State::kOffline));
  EXPECT_FALSE(printer.status().error.empty());
}

TEST(StreamedPrinter, AVanishedDeviceIsAnErrorAndNotAPlace) {
  const JobFile job(zigzag(60, kHeats));
  testing::DeviceProcess device;
  testing::UdpRelay relay(device.port(), {.delay = 0us}, {.delay = 0us});
  auto options = streamed_options(relay.port(), 10);
  options.vanished_after = 200ms;
  PrinterWatch watch;
  StreamedPrinter printer(options);
  printer.observe(watch.observer());
  ASSERT_TRUE(printer.connect());
  ASSERT_TRUE(printer.start({.job_id = "1", .file = job.path()}));
  ASSERT_TRUE(
      watch.wait_for_picture([](const printer::Status& s) { return s.progress.share > 0.05; }));
  relay.set_loss(1);
  ASSERT_TRUE(watch.wait_for_results(1));
  EXPECT_EQ(watch.results()[0].outcome, PrintResult::Outcome::kFailed);
  EXPECT_THAT(watch.results()[0].reason, HasSubstr("vanished"));
  const auto status = printer.status();
  EXPECT_EQ(status.state, State::kError);
  EXPECT_THAT(status.error, HasSubstr("vanished"));
  EXPECT_FALSE(status.position[Axis::kX]);
}

}  // namespace
}  // namespace stepcast::test
