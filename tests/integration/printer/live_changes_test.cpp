// A print that is changed while a device makes it.
#include <chrono>
#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stepcast/printer/streamed_printer.hpp"

#include "control_run.hpp"
#include "device_process.hpp"
#include "printer_watch.hpp"
#include "streamed_job.hpp"
#include "test_profile.hpp"

namespace stepcast::test {
namespace {

using namespace std::chrono_literals;
using printer::PrintResult;
using printer::State;
using printer::StreamedPrinter;
using ::testing::Each;
using ::testing::HasSubstr;

/// Two labelled objects, a line each a second, for about `seconds`.
std::string two_objects(int seconds) {
  std::string job = "M83\n;LAYER:0\nG1 Z0.3 F300\nG1 X20.3 Y20.7 F6000\n";
  for (int i = 0; i < seconds; ++i) {
    const int object = i / 10 % 2;
    job += i % 20 == 0 ? ";LAYER:" + std::to_string(i / 20 + 1) + "\n" : "";
    job += i % 10 == 0 ? "M486 S" + std::to_string(object) + "\n" : "";
    job += "G1 X" + std::to_string((i % 2 == 0 ? 70 : 20) + 100 * object) + " Y" +
           std::to_string(20 + i % 50) + " E1.01 F3000\n";
  }
  return job;
}

class LivePrint : public ::testing::Test {
 protected:
  explicit LivePrint(int seconds = 120, std::uint32_t speed = 40)
      : job(two_objects(seconds)), printer(streamed_options(device.port(), speed)) {
    printer.observe(watch.observer());
  }
  void begin() {
    ASSERT_TRUE(printer.connect());
    ASSERT_TRUE(printer.start({.job_id = "1", .file = job.path()}));
  }
  [[nodiscard]] bool reach(double seconds) {
    return watch.wait_for_picture([&](const printer::Status& s) {
      return s.state == State::kPrinting && s.progress.elapsed > Seconds(seconds);
    });
  }
  /// Done, and not a step off what was planned.
  void expect_exact() {
    ASSERT_TRUE(watch.wait_for_results(1));
    const PrintResult result = watch.results()[0];
    EXPECT_EQ(result.outcome, PrintResult::Outcome::kDone) << result.reason;
    ASSERT_TRUE(result.position_error);
    EXPECT_THAT(result.position_error->values, Each(0));
    EXPECT_EQ(result.duration, Seconds(static_cast<double>(device.executed().size()) / 20'000));
  }

  JobFile job;
  testing::DeviceProcess device;
  PrinterWatch watch;
  StreamedPrinter printer;  // last: it calls the watch
};

TEST_F(LivePrint, ChangedAtRandomMomentsIsExactToTheStep) {
  begin();
  std::mt19937 random(20'261'121);
  const auto between = [&](double low, double high) {
    return std::uniform_real_distribution<double>(low, high)(random);
  };
  double at = 0.0;
  for (int i = 0; i < 5; ++i) {
    at += between(1.0, 8.0);
    ASSERT_TRUE(reach(at)) << watch.log();
    const double speed = between(0.5, 2.0);
    const double flow = between(0.75, 1.25);
    const Mm offset(between(-0.2, 0.2));
    ASSERT_TRUE(printer.set_feed_rate(speed));
    ASSERT_TRUE(printer.set_flow(flow));
    ASSERT_TRUE(printer.set_z_offset(offset));
    const auto status = printer.status();
    EXPECT_EQ(status.feed_rate_factor, speed);
    EXPECT_EQ(status.flow_factor, flow);
    EXPECT_EQ(status.z_offset, offset);
    ASSERT_TRUE(status.change_delay);
    EXPECT_GT(*status.change_delay, Seconds(0));
  }
  ASSERT_TRUE(printer.cancel_object("1"));
  EXPECT_TRUE(printer.status().objects[1].cancelled);
  expect_exact();
  const auto after = printer.status();
  EXPECT_EQ(after.feed_rate_factor, 1.0) << "a print ends its changes";
  EXPECT_EQ(after.z_offset, Mm(0));
}

TEST_F(LivePrint, TellsTheNewTimeLeft) {
  begin();
  ASSERT_TRUE(reach(1.0));
  const Seconds total = printer.status().progress.elapsed + *printer.status().progress.left;
  ASSERT_TRUE(printer.set_feed_rate(2.0));
  ASSERT_TRUE(watch.wait_for_picture([&](const printer::Status& s) {
    return s.progress.exact && s.progress.left &&
           s.progress.elapsed + *s.progress.left < total * 0.75;
  })) << watch.log();
  const Seconds promised = printer.status().progress.elapsed + *printer.status().progress.left;
  expect_exact();
  const double half_a_tick = 0.5 / limited_machine().tick_rate.v;
  EXPECT_NEAR(watch.results()[0].duration.v, promised.v, half_a_tick)
      << "the sum of both rounds its last bit";
}

TEST_F(LivePrint, ChangesMadeWhilePausedActAfterIt) {
  begin();
  ASSERT_TRUE(reach(2.0));
  ASSERT_TRUE(printer.pause());
  ASSERT_TRUE(watch.wait_for_state(State::kPaused));
  ASSERT_TRUE(printer.set_feed_rate(0.5));
  ASSERT_TRUE(printer.resume());
  expect_exact();
  EXPECT_GT(watch.results()[0].duration, Seconds(160));
}

TEST_F(LivePrint, RefusesWhatTheMachineOrTheStateDoesNotAllow) {
  const auto code_of = [](const Result<void>& result) {
    return result ? Errc{} : result.error().code;
  };
  EXPECT_EQ(code_of(printer.set_feed_rate(1.5)), Errc::kBusy) << "offline";
  begin();
  ASSERT_TRUE(reach(1.0));
  for (const double factor : {0.0, 0.49, 2.01, std::numeric_limits<double>::quiet_NaN()}) {
    EXPECT_EQ(code_of(printer.set_feed_rate(factor)), Errc::kOutOfRange) << factor;
    EXPECT_EQ(code_of(printer.set_flow(factor)), Errc::kOutOfRange) << factor;
  }
  EXPECT_EQ(code_of(printer.set_z_offset(Mm(2.1))), Errc::kOutOfRange);
  EXPECT_EQ(code_of(printer.set_z_offset(Mm(-2.1))), Errc::kOutOfRange);
  EXPECT_EQ(code_of(printer.cancel_object("7")), Errc::kNotFound);
  ASSERT_TRUE(printer.cancel());
  ASSERT_TRUE(watch.wait_for_results(1));
  EXPECT_EQ(code_of(printer.cancel_object("1")), Errc::kBusy) << "nothing prints";
}

TEST_F(LivePrint, WhatIsSetBeforeAPrintHoldsForIt) {
  ASSERT_TRUE(printer.connect());
  ASSERT_TRUE(printer.set_feed_rate(2.0));
  ASSERT_TRUE(printer.set_z_offset(Mm(0.1)));
  begin();
  expect_exact();
  EXPECT_LT(watch.results()[0].duration, Seconds(90));
}

}  // namespace
}  // namespace stepcast::test
