// Prints that outlive the process that began them.
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stepcast/control/motion_source.hpp"
#include "stepcast/printer/streamed_printer.hpp"
#include "stepcast/stream/console_client.hpp"

#include "control_run.hpp"
#include "device_process.hpp"
#include "planned_ticks.hpp"
#include "print_journal.hpp"
#include "printer_watch.hpp"
#include "streamed_job.hpp"
#include "test_profile.hpp"

extern char** environ;

namespace stepcast::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using printer::PrintResult;
using printer::State;
using printer::StreamedPrinter;
using ::testing::Each;
using ::testing::HasSubstr;

StreamedPrinter::Options options_for(std::uint16_t port, const fs::path& folder) {
  constexpr std::uint32_t kPace = 40;
  auto options = streamed_options(port, kPace);
  options.state_folder = folder;
  return options;
}

/// The link of a process that was killed may still be up for a moment.
Result<void> connect(StreamedPrinter& printer) {
  Result<void> connected = printer.connect();
  for (int i = 0; i < 500 && !connected && connected.error().code == Errc::kBusy; ++i) {
    std::this_thread::sleep_for(10ms);
    connected = printer.connect();
  }
  return connected;
}

std::vector<std::uint8_t> ticks_of(const fs::path& file,
                                   const std::vector<planner::LiveChange>& changes) {
  const machine::Profile profile = limited_machine();
  const auto plan = control::plan_job(file, profile, {}).value();
  return planned_ticks(plan, profile, changes);
}

// What the process under test does; run by ContinuePrint as a process of its own.
TEST(PrintProcess, DISABLED_Serve) {
  const char* const port = std::getenv("STEPCAST_TEST_PORT");
  const char* const job = std::getenv("STEPCAST_TEST_JOB");
  const char* const folder = std::getenv("STEPCAST_TEST_FOLDER");
  const char* const change = std::getenv("STEPCAST_TEST_CHANGE");
  ASSERT_TRUE(port != nullptr && job != nullptr && folder != nullptr && change != nullptr);
  PrinterWatch watch;
  StreamedPrinter printer(options_for(static_cast<std::uint16_t>(std::stoi(port)), folder));
  printer.observe(watch.observer());
  ASSERT_TRUE(connect(printer));
  const printer::PrintRequest request{.job_id = "1", .file = job};
  const bool again = fs::exists(fs::path(folder) / "taz.print");
  const auto begun = again ? printer.continue_print(request) : printer.start(request);
  ASSERT_TRUE(begun) << begun.error().to_string();
  if (std::stod(change) > 0) {
    ASSERT_TRUE(watch.wait_for_state(State::kPrinting)) << watch.log();
    ASSERT_TRUE(printer.set_feed_rate(std::stod(change)));
    ASSERT_TRUE(printer.set_flow(0.9));
  }
  ASSERT_TRUE(watch.wait_for_results(1)) << watch.log();
  const PrintResult result = watch.results()[0];
  EXPECT_EQ(result.outcome, PrintResult::Outcome::kDone) << result.reason;
  ASSERT_TRUE(result.position_error);
  EXPECT_THAT(result.position_error->values, Each(0));
}

class ContinuePrint : public ::testing::Test {
 protected:
  ContinuePrint() { fs::create_directories(folder); }
  ~ContinuePrint() override {
    std::error_code ignored;
    fs::remove_all(folder, ignored);
  }

  /// A server process that begins the print, or takes it up.
  pid_t serve(double change) {
    ::setenv("STEPCAST_TEST_PORT", std::to_string(device.port()).c_str(), 1);
    ::setenv("STEPCAST_TEST_JOB", job.path().c_str(), 1);
    ::setenv("STEPCAST_TEST_FOLDER", folder.c_str(), 1);
    ::setenv("STEPCAST_TEST_CHANGE", std::to_string(change).c_str(), 1);
    std::string name = "/proc/self/exe";
    std::string filter = "--gtest_filter=PrintProcess.DISABLED_Serve";
    std::string all = "--gtest_also_run_disabled_tests";
    std::array<char*, 4> arguments{name.data(), filter.data(), all.data(), nullptr};
    pid_t process = 0;
    EXPECT_EQ(::posix_spawn(&process, name.c_str(), nullptr, nullptr, arguments.data(), environ),
              0);
    return process;
  }
  [[nodiscard]] bool reach(std::size_t ticks) {
    return device.wait_until([&](const auto& s) { return s.progress.executed >= ticks; });
  }
  static void kill(pid_t process) {
    ::kill(process, SIGKILL);
    int status = 0;
    ::waitpid(process, &status, 0);
  }
  static void expect_success(pid_t process) {
    int status = 0;
    ASSERT_EQ(::waitpid(process, &status, 0), process);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  }
  [[nodiscard]] fs::path journal() const { return folder / "taz.print"; }

  JobFile job{zigzag(120)};
  testing::DeviceProcess device;
  fs::path folder =
      fs::path(::testing::TempDir()) /
      ("stepcast-continue-" + std::to_string(::getpid()) + "-" + std::to_string(device.port()));
};

TEST_F(ContinuePrint, KilledAtRandomMomentsThePrintIsTheSameToTheByte) {
  const auto planned = ticks_of(job.path(), {});
  std::mt19937 random(20'261'121);
  std::size_t at = 0;
  for (int i = 0; i < 3; ++i) {
    at +=
        std::uniform_int_distribution<std::size_t>(planned.size() / 50, planned.size() / 5)(random);
    const pid_t process = serve(0.0);
    ASSERT_TRUE(reach(at));
    kill(process);
  }
  expect_success(serve(0.0));
  EXPECT_TRUE(device.executed() == planned);
  EXPECT_FALSE(fs::exists(journal())) << "the print is over";
}

TEST_F(ContinuePrint, ChangesMadeBeforeAndAfterTheKillAreRepeatedExactly) {
  const std::size_t total = ticks_of(job.path(), {}).size();
  const pid_t first = serve(1.6);
  // Late enough for the change to have been sent.
  ASSERT_TRUE(reach(total / 5));
  kill(first);
  const auto before = printer::PrintJournal::read(journal()).value();
  ASSERT_TRUE(before);
  ASSERT_FALSE(before->changes.empty());
  const pid_t second = serve(0.7);
  ASSERT_TRUE(reach(total / 2));
  kill(second);
  const auto after = printer::PrintJournal::read(journal()).value();
  ASSERT_TRUE(after);
  ASSERT_GT(after->changes.size(), before->changes.size());
  expect_success(serve(0.0));
  EXPECT_TRUE(device.executed() == ticks_of(job.path(), after->changes));
}

TEST_F(ContinuePrint, AGracefulEndLeavesThePrintToTheDeviceAndTheNextServerGoesOn) {
  const auto planned = ticks_of(job.path(), {});
  {
    PrinterWatch watch;
    StreamedPrinter printer(options_for(device.port(), folder));
    printer.observe(watch.observer());
    ASSERT_TRUE(printer.connect());
    ASSERT_TRUE(printer.start({.job_id = "1", .file = job.path()}));
    ASSERT_TRUE(reach(planned.size() / 5));
  }
  // It plays out what it has, and waits.
  ASSERT_TRUE(device.wait_until([](const auto& s) {
    return s.state == wire::DeviceState::kPaused || s.state == wire::DeviceState::kHeld;
  }));
  PrinterWatch watch;
  StreamedPrinter printer(options_for(device.port(), folder));
  printer.observe(watch.observer());
  ASSERT_TRUE(connect(printer));
  ASSERT_TRUE(printer.continue_print({.job_id = "1", .file = job.path()}));
  ASSERT_TRUE(watch.wait_for_results(1)) << watch.log();
  EXPECT_EQ(watch.results()[0].outcome, PrintResult::Outcome::kDone) << watch.results()[0].reason;
  EXPECT_TRUE(device.executed() == planned);
}

TEST_F(ContinuePrint, APausedPrintIsStillPausedAfterwards) {
  const auto planned = ticks_of(job.path(), {});
  {
    PrinterWatch watch;
    StreamedPrinter printer(options_for(device.port(), folder));
    printer.observe(watch.observer());
    ASSERT_TRUE(printer.connect());
    ASSERT_TRUE(printer.start({.job_id = "1", .file = job.path()}));
    ASSERT_TRUE(reach(planned.size() / 5));
    ASSERT_TRUE(printer.pause());
    ASSERT_TRUE(watch.wait_for_state(State::kPaused));
  }
  const auto stood = device.executed().size();
  PrinterWatch watch;
  StreamedPrinter printer(options_for(device.port(), folder));
  printer.observe(watch.observer());
  ASSERT_TRUE(connect(printer));
  ASSERT_TRUE(printer.continue_print({.job_id = "1", .file = job.path()}));
  ASSERT_TRUE(watch.wait_for_state(State::kPaused)) << watch.log();
  EXPECT_EQ(device.executed().size(), stood);
  ASSERT_TRUE(printer.resume());
  ASSERT_TRUE(watch.wait_for_results(1)) << watch.log();
  EXPECT_EQ(watch.results()[0].outcome, PrintResult::Outcome::kDone) << watch.results()[0].reason;
  EXPECT_TRUE(device.executed() == planned);
}

TEST_F(ContinuePrint, ADeviceThatWasSwitchedOffKnowsNothingOfThePrint) {
  {
    PrinterWatch watch;
    StreamedPrinter printer(options_for(device.port(), folder));
    printer.observe(watch.observer());
    ASSERT_TRUE(printer.connect());
    ASSERT_TRUE(printer.start({.job_id = "1", .file = job.path()}));
    ASSERT_TRUE(reach(500'000));
  }
  testing::DeviceProcess another;
  PrinterWatch watch;
  StreamedPrinter printer(options_for(another.port(), folder));
  printer.observe(watch.observer());
  ASSERT_TRUE(printer.connect());
  const auto continued = printer.continue_print({.job_id = "1", .file = job.path()});
  ASSERT_FALSE(continued);
  EXPECT_EQ(continued.error().code, Errc::kNotFound);
  EXPECT_THAT(continued.error().message, HasSubstr("switched off"));
  EXPECT_THAT(continued.error().message, HasSubstr("layer"));
  const auto unknown = printer.continue_print({.job_id = "2", .file = job.path()});
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, Errc::kNotFound);
}

TEST_F(ContinuePrint, RefusesToGoOnWithAnotherMotion) {
  const auto planned = ticks_of(job.path(), {});
  {
    PrinterWatch watch;
    StreamedPrinter printer(options_for(device.port(), folder));
    printer.observe(watch.observer());
    ASSERT_TRUE(printer.connect());
    ASSERT_TRUE(printer.start({.job_id = "1", .file = job.path()}));
    ASSERT_TRUE(reach(planned.size() / 5));
  }
  // The same size and time, but mirrored at its first line.
  std::string text = zigzag(120);
  text.replace(text.find("Y20.7"), 5, "Y20.6");
  std::ofstream(job.path(), std::ios::binary) << text;
  PrinterWatch watch;
  StreamedPrinter printer(options_for(device.port(), folder));
  printer.observe(watch.observer());
  ASSERT_TRUE(connect(printer));
  ASSERT_TRUE(printer.continue_print({.job_id = "1", .file = job.path()}));
  ASSERT_TRUE(watch.wait_for_results(1)) << watch.log();
  EXPECT_EQ(watch.results()[0].outcome, PrintResult::Outcome::kFailed);
  EXPECT_THAT(watch.results()[0].reason, HasSubstr("plan"));
  const auto executed = device.executed();
  EXPECT_TRUE(std::equal(executed.begin(), executed.end(), planned.begin())) << "nothing of it";
}

TEST_F(ContinuePrint, WhereTheMachineStandsOutlivesTheServer) {
  PerAxis<std::optional<Mm>> stood;
  {
    PrinterWatch watch;
    StreamedPrinter printer(options_for(device.port(), folder));
    printer.observe(watch.observer());
    ASSERT_TRUE(printer.connect());
    printer::Printer::Jog jog;
    jog.axes[Axis::kX] = Mm(12.5);
    ASSERT_TRUE(printer.jog(jog));
    ASSERT_TRUE(watch.wait_for_picture(
        [](const printer::Status& s) { return s.position[Axis::kX] > Mm(12.49); }));
    ASSERT_TRUE(
        device.wait_until([](const auto& s) { return s.state == wire::DeviceState::kIdle; }));
    stood = printer.status().position;
  }
  StreamedPrinter printer(options_for(device.port(), folder));
  ASSERT_TRUE(printer.connect());
  EXPECT_EQ(printer.status().position, stood);
}

}  // namespace
}  // namespace stepcast::test
