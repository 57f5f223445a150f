// A real job over real sockets and threads: the session of a print, a relay that loses datagrams,
// and a device with its step thread.
#include <gtest/gtest.h>

#include "stepcast/stream/session.hpp"

#include "device_process.hpp"
#include "planned_job.hpp"
#include "udp_relay.hpp"

namespace stepcast::test {
namespace {

using control::MotionSource;
using stepcast::testing::DeviceProcess;
using stepcast::testing::LossyLink;
using stepcast::testing::UdpRelay;

void expect_printed(const std::filesystem::path& file, const char* compensator, double loss) {
  if (!std::filesystem::exists(file)) {
    GTEST_SKIP() << file << " is not there";
  }
  const machine::Profile profile = printer("taz6");
  const auto job = plan_with_ticks(file, profile, controller("lookahead", compensator));
  ASSERT_TRUE(job) << job.error().to_string();
  DeviceProcess device;
  const LossyLink::Options weather{.loss = loss, .duplicate = 0.02, .straggle = 0.05};
  const UdpRelay relay(device.port(), weather, weather);
  auto source = MotionSource::create(job->plan, profile);
  ASSERT_TRUE(source) << source.error().to_string();
  stream::Session::Options options;
  options.device = {.host = "127.0.0.1", .port = relay.port()};
  options.speed = wire::kSpeedMax;
  const auto report = stream::Session(options).run(**source, {});
  ASSERT_TRUE(report) << report.error().to_string();
  EXPECT_TRUE(report->finished);
  EXPECT_EQ(report->executed, static_cast<Ticks>(job->ticks.size()));
  EXPECT_EQ(report->positions_after.values, expected_steps(file, profile).values);
  EXPECT_GT(report->statistics.retransmissions, 0U);
  device.shut_down();  // its recorder has seen everything then
  EXPECT_TRUE(device.executed() == job->ticks);
}

TEST(RealSockets, PrintAJobExactlyWithoutCompensation) {
  expect_printed(shared_jobs() / "slic3r_1.3_stringing_test.gcode", "none", 0.05);
}

TEST(RealSockets, PrintAJobExactlyWithCompensation) {
  expect_printed(shared_jobs() / "slic3r_1.3_stringing_test.gcode", "lpfbs-sharp", 0.05);
}

}  // namespace
}  // namespace stepcast::test
