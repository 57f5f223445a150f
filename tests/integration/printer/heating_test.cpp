// Heaters and fan of a streamed printer, on a device with simulated heaters and real sockets.
#include <chrono>
#include <cmath>
#include <filesystem>
#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "stepcast/control/job_plan.hpp"
#include "stepcast/printer/streamed_printer.hpp"
#include "stepcast/stream/console_client.hpp"
#include "stepcast/wire/control_line.hpp"

#include "control_run.hpp"
#include "hot_device.hpp"
#include "printer_watch.hpp"
#include "test_profile.hpp"
#include "udp_relay.hpp"

namespace stepcast::test {
namespace {

using namespace std::chrono_literals;
using printer::Feature;
using printer::PrintResult;
using printer::State;
using printer::Status;
using printer::StreamedPrinter;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::HasSubstr;

constexpr std::uint32_t kPace = 100;

/// Heats as slicers do, and changes the fan and the temperature on the way.
std::string hot_job(int seconds) {
  std::string job =
      "M83\nM140 S50\nM104 S160\nM190 S50\nM109 S200\nG1 Z0.3 F300\nG1 X20 Y20 F6000\n";
  for (int i = 0; i < seconds; ++i) {
    job += "M106 S" + std::to_string(i * 37 % 256) + "\nG1 X" +
           std::to_string(i % 2 == 0 ? 70 : 20) + " Y" + std::to_string(20 + i % 50) +
           " E1.01 F3000\n" + (i == seconds / 2 ? "M104 S210\n" : "");
  }
  return job;
}

struct HotPrinter {
  explicit HotPrinter(StreamedPrinter::HeatPolicy policy = {},
                      device::LinuxDevice::Options options = testing::hot_device_options(),
                      std::uint32_t speed = kPace)
      : device(options) {
    policy.interval = policy.interval == 1'000ms ? 5ms : policy.interval;
    make(device.port(), policy, speed);
  }
  void make(std::uint16_t port, const StreamedPrinter::HeatPolicy& policy, std::uint32_t speed) {
    printer = std::make_unique<StreamedPrinter>(
        StreamedPrinter::Options{.id = "hot",
                                 .profile = limited_machine(),
                                 .device = {.host = "127.0.0.1", .port = port},
                                 .controller = {},
                                 .speed = speed,
                                 .connect_timeout = 2s,
                                 .status_interval = 5ms,
                                 .heat_policy = policy});
    printer->observe(watch.observer());
  }
  void start(const JobFile& job) {
    ASSERT_TRUE(printer->connect());
    ASSERT_TRUE(printer->start({.job_id = "1", .file = job.path()}));
  }
  [[nodiscard]] bool wait_for_share(double share) {
    return watch.wait_for_picture([share](const Status& s) {
      return s.state == State::kPrinting && s.progress.share > share;
    });
  }
  [[nodiscard]] PrintResult result() {
    EXPECT_TRUE(watch.wait_for_results(1)) << watch.log();
    return watch.results().empty() ? PrintResult{} : watch.results()[0];
  }
  [[nodiscard]] bool wait_until_off() const {
    return device.wait_until([](const auto& s) { return s.targets[0] == 0 && s.targets[1] == 0; });
  }

  testing::DeviceProcess device;
  PrinterWatch watch;
  std::unique_ptr<StreamedPrinter> printer;  // last: it calls the watch
};

double nozzle(const Status& status) {
  const auto found = status.heaters.find("tool0");
  return found == status.heaters.end() ? 0.0 : found->second.actual.value_or(Celsius{}).v;
}

class HotPrint : public ::testing::TestWithParam<int> {};

TEST_P(HotPrint, HeatsWaitsPrintsToTheStepAndGoesCold) {
  const JobFile job(hot_job(60));
  const auto plan = control::plan_job(job.path(), limited_machine(), {}).value();
  HotPrinter hot;
  const double loss = GetParam() / 100.0;
  const testing::LossyLink::Options link{.loss = loss, .delay = 200us, .straggle_by = 2ms};
  testing::UdpRelay relay(hot.device.port(), link, link);
  hot.make(relay.port(), {.interval = 5ms}, kPace);
  hot.start(job);
  const PrintResult result = hot.result();
  EXPECT_EQ(result.outcome, PrintResult::Outcome::kDone) << result.reason;
  ASSERT_TRUE(result.position_error);
  EXPECT_THAT(result.position_error->values, Each(0));
  EXPECT_EQ(static_cast<Ticks>(hot.device.executed().size()), plan.motion.ticks);
  // The first pictures behind the wait were taken with a hot nozzle.
  const Seconds wait_s(static_cast<double>(plan.heat[3].tick) / 20'000);
  ASSERT_EQ(plan.heat[3].wait, control::HeatEvent::Wait::kReach);
  bool moved = false;
  for (const Status& s : hot.watch.pictures()) {
    if (s.state == State::kPrinting && s.progress.elapsed > wait_s &&
        s.heaters.at("tool0").target.v > 0) {
      EXPECT_GT(nozzle(s), 195.0) << s.progress.elapsed.v;
      moved = true;
    }
  }
  EXPECT_TRUE(moved);
  EXPECT_TRUE(hot.wait_until_off()) << "however it ends";
  EXPECT_EQ(hot.printer->status().heaters.at("tool0").target, Celsius{0});
}

INSTANTIATE_TEST_SUITE_P(LossPercent, HotPrint, ::testing::Values(0, 5, 20));

TEST(Heating, RunsAsFastAsTheDeviceTakesIt) {
  const JobFile job(hot_job(30));
  HotPrinter hot({}, testing::hot_device_options(), wire::kSpeedMax);
  hot.start(job);
  const PrintResult result = hot.result();
  EXPECT_EQ(result.outcome, PrintResult::Outcome::kDone) << result.reason;
  EXPECT_THAT(result.position_error->values, Each(0));
}

TEST(Heating, IsThereOnlyWhereTheDeviceHasIt) {
  HotPrinter hot;
  EXPECT_FALSE(hot.printer->can(Feature::kHeaters)) << "nobody knows before it is connected";
  ASSERT_TRUE(hot.printer->connect());
  EXPECT_TRUE(hot.printer->can(Feature::kHeaters));
  EXPECT_TRUE(hot.printer->can(Feature::kFan));
  EXPECT_EQ(hot.printer->status().heaters.size(), 2U);
  EXPECT_NEAR(nozzle(hot.printer->status()), 25.0, 1.0);
  HotPrinter cold({}, {});
  ASSERT_TRUE(cold.printer->connect());
  EXPECT_FALSE(cold.printer->can(Feature::kHeaters));
  EXPECT_EQ(cold.printer->set_target("tool0", Celsius{100}).error().code, Errc::kUnsupported);
}

TEST(Heating, NamesTheHeaterTheValueAndTheLimit) {
  HotPrinter hot;
  EXPECT_EQ(hot.printer->set_target("tool0", Celsius{100}).error().code, Errc::kBusy) << "offline";
  ASSERT_TRUE(hot.printer->connect());
  const auto hotter = hot.printer->set_target("bed", Celsius{121});
  ASSERT_FALSE(hotter);
  EXPECT_EQ(hotter.error().code, Errc::kOutOfRange);
  EXPECT_THAT(hotter.error().to_string(),
              AllOf(HasSubstr("bed"), HasSubstr("121"), HasSubstr("120")));
  EXPECT_EQ(hot.printer->set_target("bed", Celsius{-1}).error().code, Errc::kOutOfRange);
  EXPECT_EQ(hot.printer->set_target("bed", Celsius{std::nan("")}).error().code, Errc::kOutOfRange);
  EXPECT_EQ(hot.printer->set_target("chamber", Celsius{30}).error().code, Errc::kNotFound);
  EXPECT_EQ(hot.printer->set_fan(1.1).error().code, Errc::kOutOfRange);
}

TEST(Heating, HeatsByHandAndKeepsTheLeaseUntilNobodyPrints) {
  auto options = testing::hot_device_options();
  options.core.heat.lease_ms = 300;
  HotPrinter hot({.interval = 20ms, .idle_off_after = 1s}, options);
  ASSERT_TRUE(hot.printer->connect());
  ASSERT_TRUE(hot.printer->set_target("tool0", Celsius{200}));
  ASSERT_TRUE(hot.printer->set_fan(0.5));
  ASSERT_TRUE(hot.watch.wait_for_picture([](const Status& s) { return nozzle(s) > 198; }))
      << hot.watch.log();
  EXPECT_NEAR(hot.printer->status().fan.value_or(0), 0.5, 0.01);
  ASSERT_TRUE(hot.watch.wait_for_picture(
      [](const Status& s) { return s.heaters.at("tool0").target.v == 0; }));
  EXPECT_THAT(hot.watch.log(), HasSubstr("Nothing has been printed for a while"));
  EXPECT_TRUE(hot.wait_until_off());
}

TEST(Heating, RefusesToExtrudeColdBeforeAnythingMoves) {
  const JobFile job("M83\nM104 S200\nG1 X10 F3000\nG1 X20 E1\n");
  HotPrinter hot;
  hot.start(job);
  const PrintResult result = hot.result();
  EXPECT_EQ(result.outcome, PrintResult::Outcome::kFailed);
  EXPECT_THAT(result.reason, AllOf(HasSubstr(":4"), HasSubstr("170"), HasSubstr("M109")));
  EXPECT_TRUE(hot.device.executed().empty());
}

TEST(Heating, APreheatedNozzleNeedsNoWait) {
  const JobFile job("M83\nM104 S200\nG1 X10 F3000\nG1 X20 E1\n");
  HotPrinter hot;
  ASSERT_TRUE(hot.printer->connect());
  ASSERT_TRUE(hot.printer->set_target("tool0", Celsius{200}));
  ASSERT_TRUE(hot.watch.wait_for_picture([](const Status& s) { return nozzle(s) > 190; }));
  ASSERT_TRUE(hot.printer->start({.job_id = "1", .file = job.path()}));
  EXPECT_EQ(hot.result().outcome, PrintResult::Outcome::kDone) << hot.result().reason;
}

TEST(Heating, RefusesAJobThatIsTooHotOrForAnotherMachine) {
  for (const char* text : {"M109 S301\nG1 X10 F3000\n", "M190 S121\nG1 X10 F3000\n"}) {
    const JobFile job(text);
    HotPrinter hot;
    hot.start(job);
    EXPECT_EQ(hot.result().outcome, PrintResult::Outcome::kFailed);
    EXPECT_THAT(hot.result().reason, HasSubstr(":1"));
    EXPECT_TRUE(hot.device.executed().empty());
    EXPECT_TRUE(hot.wait_until_off());
  }
  auto options = testing::hot_device_options();
  options.core.heat.heaters[1] = {};
  const JobFile job("G28\nM190 S60\nG1 X10 F3000\n");
  HotPrinter no_bed({}, options);
  no_bed.start(job);
  EXPECT_THAT(no_bed.result().reason, AllOf(HasSubstr(":2"), HasSubstr("bed")));
}

TEST(Heating, ABrokenSensorStopsThePrintWithItsCause) {
  const JobFile job(hot_job(120));
  HotPrinter hot;
  hot.start(job);
  ASSERT_TRUE(hot.wait_for_share(0.2));
  hot.device.set_defect(0, device::ThermalPlant::Defect::kOpenSensor);
  const PrintResult result = hot.result();
  EXPECT_EQ(result.outcome, PrintResult::Outcome::kFailed);
  EXPECT_THAT(result.reason, AllOf(HasSubstr("tool0"), HasSubstr("open circuit")));
  EXPECT_TRUE(hot.wait_until_off()) << "the bed too";
  // Where it stands is known, and nothing starts until a person has looked at it.
  EXPECT_TRUE(hot.printer->status().position[Axis::kX]);
  EXPECT_EQ(hot.printer->start({.job_id = "2", .file = job.path()}).error().code, Errc::kFault);
  hot.device.set_defect(0, device::ThermalPlant::Defect::kNone);
  ASSERT_TRUE(hot.printer->disconnect());
  ASSERT_TRUE(hot.printer->connect());
  ASSERT_TRUE(hot.device.wait_until(
      [](const auto& s) { return s.heat_fault.cause == device::HeatFault::kNone; }));
}

TEST(Heating, ALostLeaseStopsThePrintWithItsCause) {
  auto options = testing::hot_device_options();
  options.core.heat.lease_ms = 1'500;
  const JobFile job(hot_job(600));
  HotPrinter hot({.interval = 1h}, options, 20);
  hot.start(job);
  const PrintResult result = hot.result();
  EXPECT_EQ(result.outcome, PrintResult::Outcome::kFailed);
  EXPECT_THAT(result.reason, HasSubstr("lease"));
  EXPECT_TRUE(hot.wait_until_off());
}

TEST(Heating, APauseKeepsTheBedAndResumingReheats) {
  const JobFile job(hot_job(120));
  HotPrinter hot({.nozzle_standby = Celsius{120}, .nozzle_off_after = 0s});
  hot.start(job);
  ASSERT_TRUE(hot.wait_for_share(0.2));
  ASSERT_TRUE(hot.printer->pause());
  ASSERT_TRUE(hot.watch.wait_for_picture([](const Status& s) {
    return s.state == State::kPaused && s.heaters.at("tool0").target.v == 0 && nozzle(s) < 150;
  })) << hot.watch.log();
  EXPECT_EQ(hot.printer->status().heaters.at("bed").target, Celsius{50});
  EXPECT_THAT(hot.watch.log(), HasSubstr("heat tool0 120.00"));
  ASSERT_TRUE(hot.printer->resume());
  ASSERT_TRUE(hot.watch.wait_for_state(State::kPrinting)) << hot.watch.log();
  EXPECT_GT(nozzle(hot.printer->status()), 190.0);
  const PrintResult result = hot.result();
  EXPECT_EQ(result.outcome, PrintResult::Outcome::kDone) << result.reason;
  EXPECT_THAT(result.position_error->values, Each(0));
}

TEST(Heating, CancellingAndLeavingGoCold) {
  const JobFile job(hot_job(120));
  HotPrinter hot;
  hot.start(job);
  ASSERT_TRUE(hot.wait_for_share(0.2));
  EXPECT_EQ(hot.printer->set_target("tool0", Celsius{100}).error().code, Errc::kOutOfRange)
      << "it would extrude cold";
  ASSERT_TRUE(hot.printer->set_target("tool0", Celsius{205}));
  ASSERT_TRUE(hot.watch.wait_for_picture(
      [](const Status& s) { return s.heaters.at("tool0").target.v == 205; }));
  ASSERT_TRUE(hot.printer->cancel());
  EXPECT_EQ(hot.result().outcome, PrintResult::Outcome::kCancelled);
  EXPECT_TRUE(hot.wait_until_off());

  ASSERT_TRUE(hot.printer->set_target("bed", Celsius{60}));
  ASSERT_TRUE(hot.device.wait_until([](const auto& s) { return s.targets[1] == 6'000; }));
  hot.printer.reset();
  EXPECT_TRUE(hot.wait_until_off());
}

/// A printer whose prints outlive it, on a device that stays.
struct Lasting {
  explicit Lasting(device::LinuxDevice::Options options = testing::hot_device_options())
      : device(options),
        folder(
            std::filesystem::path(::testing::TempDir()) /
            ("stepcast-hot-" + std::to_string(::getpid()) + "-" + std::to_string(device.port()))) {}
  ~Lasting() {
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
  }
  [[nodiscard]] std::unique_ptr<StreamedPrinter> serve(PrinterWatch& watch) const {
    auto printer = std::make_unique<StreamedPrinter>(
        StreamedPrinter::Options{.id = "hot",
                                 .profile = limited_machine(),
                                 .device = {.host = "127.0.0.1", .port = device.port()},
                                 .controller = {},
                                 .speed = kPace,
                                 .connect_timeout = 2s,
                                 .status_interval = 5ms,
                                 .state_folder = folder,
                                 .heat_policy = {.interval = 5ms}});
    printer->observe(watch.observer());
    return printer;
  }
  /// Then its server ends.
  void print_a_third_of(const JobFile& job) const {
    PrinterWatch watch;
    const auto printer = serve(watch);
    ASSERT_TRUE(printer->connect());
    ASSERT_TRUE(printer->start({.job_id = "1", .file = job.path()}));
    ASSERT_TRUE(watch.wait_for_picture([](const Status& s) {
      return s.state == State::kPrinting && s.progress.share > 0.3;
    })) << watch.log();
  }

  testing::DeviceProcess device;
  std::filesystem::path folder;
};

TEST(Heating, APrintThatIsTakenUpAgainCarriesOutEveryActionOnce) {
  const JobFile job(hot_job(120));
  const auto plan = control::plan_job(job.path(), limited_machine(), {}).value();
  const Lasting hot;
  ASSERT_NO_FATAL_FAILURE(hot.print_a_third_of(job));
  EXPECT_GT(hot.device.statistics().targets[0], 0) << "the next server has the lease's time";
  PrinterWatch watch;
  const auto second = hot.serve(watch);
  ASSERT_TRUE(second->connect());
  ASSERT_TRUE(second->continue_print({.job_id = "1", .file = job.path()}));
  ASSERT_TRUE(watch.wait_for_results(1)) << watch.log();
  const PrintResult result = watch.results()[0];
  EXPECT_EQ(result.outcome, PrintResult::Outcome::kDone) << result.reason;
  EXPECT_THAT(result.position_error->values, Each(0));
  EXPECT_EQ(hot.device.statistics().actions, plan.heat.size());
  EXPECT_TRUE(
      hot.device.wait_until([](const auto& s) { return s.targets[0] == 0 && s.targets[1] == 0; }));
}

TEST(Heating, APrintThatWentColdWithoutAServerWaitsForAPersonAndReheats) {
  auto options = testing::hot_device_options();
  options.core.heat.lease_ms = 300;
  const JobFile job(hot_job(120));
  const Lasting hot(options);
  ASSERT_NO_FATAL_FAILURE(hot.print_a_third_of(job));
  ASSERT_TRUE(
      hot.device.wait_until([](const auto& s) { return s.targets[0] == 0 && s.targets[1] == 0; }));
  PrinterWatch watch;
  const auto second = hot.serve(watch);
  ASSERT_TRUE(second->connect());
  const auto stood = hot.device.executed().size();
  ASSERT_TRUE(second->continue_print({.job_id = "1", .file = job.path()}));
  ASSERT_TRUE(watch.wait_for_state(State::kPaused)) << watch.log();
  EXPECT_THAT(watch.log(), HasSubstr("The tool0 is off, and the job wants it at 200 C"));
  EXPECT_EQ(hot.device.executed().size(), stood) << "nothing is dragged along cold";
  ASSERT_TRUE(second->resume());
  ASSERT_TRUE(watch.wait_for_state(State::kPrinting)) << watch.log();
  EXPECT_GT(nozzle(second->status()), 190.0);
  ASSERT_TRUE(watch.wait_for_results(1)) << watch.log();
  EXPECT_EQ(watch.results()[0].outcome, PrintResult::Outcome::kDone) << watch.results()[0].reason;
  EXPECT_THAT(watch.results()[0].position_error->values, Each(0));
}

}  // namespace
}  // namespace stepcast::test
