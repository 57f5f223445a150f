#include "stepcast/stream/session.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <numeric>
#include <random>
#include <string>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stepcast/stream/console_client.hpp"
#include "stepcast/wire/control_line.hpp"

#include "device_process.hpp"
#include "tick_sources.hpp"
#include "udp_relay.hpp"

namespace stepcast::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
namespace asio = boost::asio;

/// The step counts that `ticks` add up to.
PerAxis<Steps> steps_in(const std::vector<std::uint8_t>& ticks) {
  PerAxis<Steps> sum;
  for (const std::uint8_t tick : ticks) {
    for (const Axis axis : kAllAxes) {
      sum[axis] += wire::tick_delta(tick, index(axis));
    }
  }
  return sum;
}

stream::Session::Options to(std::uint16_t port, std::uint32_t speed) {
  stream::Session::Options options;
  options.device = {.host = "127.0.0.1", .port = port};
  options.speed = speed;
  return options;
}

constexpr std::uint32_t kFast = 100;
constexpr std::size_t kTenSeconds = 10 * 20'000;

class SessionOverABadNetwork : public ::testing::TestWithParam<int> {};

TEST_P(SessionOverABadNetwork, ExecutesExactlyWhatWasSent) {
  const double loss = GetParam() / 100.0;
  DeviceProcess device;
  const LossyLink::Options link{.loss = loss,
                                .duplicate = loss / 2,
                                .straggle = loss / 2,
                                .delay = 200us,
                                .straggle_by = 2ms};
  UdpRelay relay(device.port(), link, link);
  // 20 s, at a speed that the lossy link can keep up with.
  const auto ticks = random_ticks(2 * kTenSeconds + 17);
  VectorSource source(ticks);
  const auto report = stream::Session(to(relay.port(), 20)).run(source, {});
  ASSERT_TRUE(report) << report.error().to_string();
  EXPECT_TRUE(report->finished);
  EXPECT_TRUE(device.executed() == ticks);
  EXPECT_EQ(report->executed, static_cast<Ticks>(ticks.size()));
  EXPECT_EQ(report->positions_after, steps_in(ticks));
  EXPECT_EQ(loss > 0, relay.lost() > 0);
  if (loss > 0) {
    EXPECT_GT(report->statistics.retransmissions, 0U);
  }
  EXPECT_TRUE(device.wait_until([](const auto& s) { return s.state == wire::DeviceState::kIdle; }));
}

INSTANTIATE_TEST_SUITE_P(LossPercent, SessionOverABadNetwork, ::testing::Values(0, 5, 20));

TEST(Session, RunsAsFastAsTheDataArrivesWithoutPauses) {
  DeviceProcess device;
  const auto ticks = random_ticks(60 * kTenSeconds);
  VectorSource source(ticks);
  const auto report = stream::Session(to(device.port(), wire::kSpeedMax)).run(source, {});
  ASSERT_TRUE(report) << report.error().to_string();
  EXPECT_TRUE(device.executed() == ticks);
  EXPECT_EQ(report->statistics.pauses, 0U);
}

TEST(Session, KeepsThePositionsOfEarlierPrints) {
  DeviceProcess device;
  const auto ticks = random_ticks(5000);
  for (int print = 1; print <= 2; ++print) {
    VectorSource source(ticks);
    const auto report = stream::Session(to(device.port(), kFast)).run(source, {});
    ASSERT_TRUE(report) << report.error().to_string();
    EXPECT_EQ(report->executed, 5000);
    for (const Axis axis : kAllAxes) {
      EXPECT_EQ(report->positions_before[axis], (print - 1) * steps_in(ticks)[axis]);
      EXPECT_EQ(report->positions_after[axis], print * steps_in(ticks)[axis]);
    }
  }
}

TEST(Session, ReportsProgressThatOnlyGrows) {
  DeviceProcess device;
  VectorSource source(random_ticks(kTenSeconds));
  auto options = to(device.port(), 20);
  options.progress_interval = 20ms;
  std::vector<Ticks> seen;
  options.on_progress = [&](const stream::SenderStatistics& s) { seen.push_back(s.executed); };
  const auto report = stream::Session(options).run(source, {});
  ASSERT_TRUE(report) << report.error().to_string();
  EXPECT_GT(seen.size(), 3U);
  EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
  EXPECT_EQ(seen.back(), static_cast<Ticks>(kTenSeconds));
  EXPECT_GT(report->statistics.rtt_average_ms, 0);
  EXPECT_GE(report->statistics.rtt_max_ms, report->statistics.rtt_average_ms);
}

TEST(Session, StopsAtAnExactTickWhenAsked) {
  DeviceProcess device;
  const auto ticks = random_ticks(100 * kTenSeconds);
  VectorSource source(ticks);
  std::stop_source stop;
  auto options = to(device.port(), 10);
  options.progress_interval = 5ms;
  options.on_progress = [&](const stream::SenderStatistics& s) {
    if (s.executed > 20'000) {
      stop.request_stop();
    }
  };
  const auto report = stream::Session(options).run(source, stop.get_token());
  ASSERT_TRUE(report) << report.error().to_string();
  EXPECT_FALSE(report->finished);
  const auto executed = device.executed();
  EXPECT_GT(executed.size(), 20'000U);
  EXPECT_EQ(report->executed, static_cast<Ticks>(executed.size()));
  EXPECT_TRUE(std::equal(executed.begin(), executed.end(), ticks.begin()));
  EXPECT_EQ(report->positions_after, steps_in(executed));
}

class SessionThatIsHeld : public ::testing::TestWithParam<int> {};

TEST_P(SessionThatIsHeld, GoesOnFromTheSameTickAsOftenAsItIsAsked) {
  constexpr int kHolds = 6;
  DeviceProcess device;
  const double loss = GetParam() / 100.0;
  const LossyLink::Options link{.loss = loss, .delay = 200us, .straggle_by = 2ms};
  UdpRelay relay(device.port(), link, link);
  const auto ticks = random_ticks(10 * kTenSeconds + 17);
  VectorSource source(ticks);
  std::mt19937 random(static_cast<std::uint32_t>(GetParam()) + 1);
  auto options = to(relay.port(), 50);
  options.progress_interval = 2ms;
  stream::HoldSwitch hold;
  options.hold_switch = &hold;
  int holds = 0;
  int starts = 0;
  Ticks hold_at = 0;
  bool moves = false;
  options.on_running = [&] {
    moves = true;
    ++starts;
    hold_at += std::uniform_int_distribution<Ticks>(0, kTenSeconds)(random);
  };
  options.on_progress = [&](const stream::SenderStatistics& s) {
    if (!moves) {
      hold.release();
    } else if (holds < kHolds && s.executed >= hold_at) {
      hold.hold();
    }
  };
  options.on_hold = [&](const stream::Standstill& here) {
    moves = false;
    ++holds;
    // Nothing moves now, so both sides count the same.
    const auto executed = device.executed();
    EXPECT_EQ(here.executed, static_cast<Ticks>(executed.size()));
    EXPECT_EQ(here.positions, steps_in(executed));
    hold_at = here.executed;
  };
  const auto report = stream::Session(options).run(source, {});
  ASSERT_TRUE(report) << report.error().to_string();
  EXPECT_TRUE(report->finished);
  EXPECT_EQ(holds, kHolds);
  EXPECT_EQ(starts, kHolds + 1);
  EXPECT_TRUE(device.executed() == ticks);
  EXPECT_EQ(report->positions_after, steps_in(ticks));
}

INSTANTIATE_TEST_SUITE_P(LossPercent, SessionThatIsHeld, ::testing::Values(0, 20));

TEST(Session, StopsWhereItIsHeld) {
  DeviceProcess device;
  const auto ticks = random_ticks(20 * kTenSeconds);
  VectorSource source(ticks);
  std::stop_source stop;
  stream::HoldSwitch hold;
  auto options = to(device.port(), 10);
  options.hold_switch = &hold;
  stream::Standstill held;
  options.on_running = [&] { hold.hold(); };
  options.on_hold = [&](const stream::Standstill& here) {
    held = here;
    stop.request_stop();
  };
  const auto report = stream::Session(options).run(source, stop.get_token());
  ASSERT_TRUE(report) << report.error().to_string();
  EXPECT_FALSE(report->finished);
  EXPECT_EQ(report->executed, held.executed);
  EXPECT_EQ(report->positions_after, held.positions);
  EXPECT_EQ(static_cast<Ticks>(device.executed().size()), held.executed);
}

TEST(Session, MovesNothingWhenItIsHeldBeforeItBegins) {
  DeviceProcess device;
  VectorSource source(random_ticks(kTenSeconds));
  std::stop_source stop;
  stream::HoldSwitch hold;
  hold.hold();
  auto options = to(device.port(), kFast);
  options.progress_interval = 2ms;
  options.hold_switch = &hold;
  int rounds = 0;
  options.on_progress = [&](const stream::SenderStatistics& s) {
    if (s.fill == wire::kPaperFifoPackets && ++rounds == 10) {
      stop.request_stop();
    }
  };
  const auto report = stream::Session(options).run(source, stop.get_token());
  ASSERT_TRUE(report) << report.error().to_string();
  EXPECT_EQ(report->executed, 0);
  EXPECT_TRUE(device.executed().empty());
}

TEST(Session, DrainsWhatIsWholeWhenTheSourceBreaks) {
  DeviceProcess device;
  const auto ticks = random_ticks(kTenSeconds);
  VectorSource source(ticks);
  source.fail_after(150 * 1200 + 600);
  const auto report = stream::Session(to(device.port(), 20)).run(source, {});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, Errc::kOutOfRange);
  EXPECT_EQ(report.error().location, "part.gcode:17");
  EXPECT_THAT(report.error().message, HasSubstr("stopped after tick 180000"));
  const auto executed = device.executed();
  EXPECT_EQ(executed.size(), 150U * 1200U);
  EXPECT_TRUE(std::equal(executed.begin(), executed.end(), ticks.begin()));
}

TEST(Session, MovesNothingWhenTheSourceBreaksWhileFilling) {
  DeviceProcess device;
  VectorSource source(random_ticks(kTenSeconds));
  source.fail_after(3000);
  const auto report = stream::Session(to(device.port(), kFast)).run(source, {});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, Errc::kOutOfRange);
  EXPECT_TRUE(device.executed().empty());
}

TEST(Session, SaysThatNobodyIsThere) {
  std::uint16_t port = 0;
  {
    DeviceProcess device;
    port = device.port();
    device.shut_down();
  }
  VectorSource source(random_ticks(10));
  const auto report = stream::Session(to(port, 1)).run(source, {});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, Errc::kNetwork);
  EXPECT_THAT(report.error().to_string(), HasSubstr("127.0.0.1:" + std::to_string(port)));
}

TEST(Session, SaysThatTheDeviceIsBusy) {
  DeviceProcess device;
  auto other = stream::ConsoleClient::connect({.host = "127.0.0.1", .port = device.port()}, {});
  ASSERT_TRUE(other);
  ASSERT_TRUE(other->command("status"));
  VectorSource source(random_ticks(10));
  const auto report = stream::Session(to(device.port(), 1)).run(source, {});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, Errc::kBusy);
}

TEST(Session, RefusesSpeedWithRealMotors) {
  device::LinuxDevice::Options options;
  options.core.virtual_motors = false;
  DeviceProcess device(options);
  VectorSource source(random_ticks(10));
  const auto report = stream::Session(to(device.port(), 2)).run(source, {});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, Errc::kUnsupported);
}

TEST(Session, RefusesADeviceWithAnotherStepGrid) {
  device::LinuxDevice::Options options;
  options.core.tick_hz = 40'000;
  DeviceProcess device(options);
  VectorSource source(random_ticks(10));
  const auto report = stream::Session(to(device.port(), 1)).run(source, {});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, Errc::kUnsupported);
  EXPECT_THAT(report.error().message, HasSubstr("40000"));
}

/// Answers every line with the same text.
class FakeDevice {
 public:
  explicit FakeDevice(std::string reply)
      : thread_([this, reply = std::move(reply)] {
          asio::ip::tcp::socket socket(io_);
          boost::system::error_code error;
          acceptor_.accept(socket, error);
          std::string input;
          asio::read_until(socket, asio::dynamic_buffer(input), '\n', error);
          asio::write(socket, asio::buffer(reply), error);
          asio::read_until(socket, asio::dynamic_buffer(input), "never", error);
        }) {}
  [[nodiscard]] std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

 private:
  asio::io_context io_;
  asio::ip::tcp::acceptor acceptor_{io_, {asio::ip::address_v4::loopback(), 0}};
  std::jthread thread_;
};

TEST(Session, NamesBothVersionsWhenTheyDiffer) {
  FakeDevice device("ok init protocol=paper version=7 session=0123456789abcdef\n");
  VectorSource source(random_ticks(10));
  const auto report = stream::Session(to(device.port(), 1)).run(source, {});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, Errc::kProtocol);
  EXPECT_THAT(report.error().message, HasSubstr("paper version 7"));
  EXPECT_THAT(report.error().message, HasSubstr("paper version 1"));
  EXPECT_FALSE(report.error().remedy.empty());
}

TEST(Session, RecognisesAServerThatIsNoDevice) {
  FakeDevice device("HTTP/1.1 400 Bad Request\r\n\r\n");
  VectorSource source(random_ticks(10));
  const auto report = stream::Session(to(device.port(), 1)).run(source, {});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, Errc::kProtocol);
}

TEST(Session, GivesUpOnADeviceThatNeverAnswers) {
  FakeDevice device("");
  VectorSource source(random_ticks(10));
  auto options = to(device.port(), 1);
  options.reply_timeout = 100ms;
  const auto report = stream::Session(options).run(source, {});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, Errc::kNetwork);
}

TEST(Session, NamesTheTickWhenTheDeviceVanishes) {
  DeviceProcess device;
  UdpRelay relay(device.port(), {.delay = 0us}, {.delay = 0us});
  VectorSource source(random_ticks(100 * kTenSeconds));
  auto options = to(relay.port(), 2);
  options.vanished_after = 300ms;
  options.progress_interval = 10ms;
  Ticks reported = 0;
  options.on_progress = [&](const stream::SenderStatistics& s) {
    reported = s.executed;
    if (reported > 0) {
      relay.set_loss(1);
    }
  };
  const auto report = stream::Session(options).run(source, {});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, Errc::kNetwork);
  EXPECT_THAT(report.error().message, HasSubstr("vanished"));
  EXPECT_THAT(report.error().message, HasSubstr("reported is " + std::to_string(reported)));
}

TEST(Session, SaysThatTheControlLinkBroke) {
  DeviceProcess device;
  UdpRelay relay(device.port(), {.delay = 0us}, {.delay = 0us});
  VectorSource source(random_ticks(100 * kTenSeconds));
  auto options = to(relay.port(), 2);
  options.progress_interval = 10ms;
  options.on_progress = [&](const stream::SenderStatistics& s) {
    if (s.executed > 0) {
      relay.cut_control();
    }
  };
  const auto report = stream::Session(options).run(source, {});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, Errc::kNetwork);
}

TEST(Session, IsNotDisturbedByAFloodOfGarbage) {
  DeviceProcess device;
  const auto ticks = random_ticks(2 * kTenSeconds);
  std::jthread flood([port = device.port()](const std::stop_token& stop) {
    asio::io_context io;
    asio::ip::udp::socket socket(io, asio::ip::udp::v4());
    const asio::ip::udp::endpoint target(asio::ip::address_v4::loopback(), port);
    std::mt19937 random(7);
    std::array<std::uint8_t, 1400> junk{};
    while (!stop.stop_requested()) {
      for (std::uint8_t& byte : junk) {
        byte = static_cast<std::uint8_t>(random());
      }
      if ((random() & 1U) != 0) {
        wire::put_u32(junk.data(), wire::kPaperMagic);
        junk[4] = wire::kPaperVersion;
        junk[5] = 1;
      }
      boost::system::error_code ignored;
      socket.send_to(asio::buffer(junk, random() % junk.size()), target, 0, ignored);
      std::this_thread::sleep_for(200us);
    }
  });
  VectorSource source(ticks);
  const auto report = stream::Session(to(device.port(), 20)).run(source, {});
  ASSERT_TRUE(report) << report.error().to_string();
  EXPECT_TRUE(device.executed() == ticks);
  EXPECT_GT(device.statistics().network.malformed, 100U);
}

TEST(LinuxDevice, RefusesToListenToTheNetworkUnlessTheUserAccepts) {
  device::LinuxDevice::Options options;
  options.bind_address = "0.0.0.0";
  const auto refused = device::LinuxDevice::open(options);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::kInvalidArgument);
  options.accept_unauthenticated_network = true;
  EXPECT_TRUE(device::LinuxDevice::open(options));
}

TEST(LinuxDevice, HoldsWhenTheControllerDoesNotComeBack) {
  device::LinuxDevice::Options options;
  options.core.grace_ms = 50;
  DeviceProcess device(options);
  {
    VectorSource source(random_ticks(100 * kTenSeconds));
    auto session = to(device.port(), 2);
    session.progress_interval = 10ms;
    UdpRelay relay(device.port(), {.delay = 0us}, {.delay = 0us});
    session.device.port = relay.port();
    session.on_progress = [&](const stream::SenderStatistics& s) {
      if (s.executed > 0) {
        relay.cut_control();
      }
    };
    ASSERT_FALSE(stream::Session(session).run(source, {}));
  }
  EXPECT_TRUE(device.wait_until([](const auto& s) { return s.state == wire::DeviceState::kHeld; }));
  EXPECT_EQ(device.statistics().progress.executed, device.executed().size());
}

TEST(ConsoleClient, CarriesTheCommandsOfThePaper) {
  DeviceProcess device;
  auto console = stream::ConsoleClient::connect({.host = "localhost", .port = device.port()}, {});
  ASSERT_TRUE(console) << console.error().to_string();
  EXPECT_THAT(console->command("init").value(), HasSubstr("ok init protocol=paper version=1"));
  EXPECT_THAT(console->command("jog x +100").value(), HasSubstr("ok jog"));
  ASSERT_TRUE(device.wait_until([](const auto& s) { return s.progress.positions[0] == 100; }));
  EXPECT_THAT(console->command("jog x 100").value(), HasSubstr("err argument"));
  EXPECT_THAT(console->command("stop").value(), HasSubstr("x=100"));
  EXPECT_THAT(console->command(std::string(120, 'a')).value(), HasSubstr("err command"));
  EXPECT_FALSE(console->command("init\ninit"));
  EXPECT_THAT(console->command("exit").value(), HasSubstr("ok exit"));
  EXPECT_FALSE(console->command("status"));
}

}  // namespace
}  // namespace stepcast::testing
