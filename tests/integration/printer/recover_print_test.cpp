// Prints whose device loses its power.
#include <atomic>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "stepcast/control/motion_source.hpp"
#include "stepcast/printer/streamed_printer.hpp"

#include "control_run.hpp"
#include "hot_device.hpp"
#include "print_journal.hpp"
#include "printer_watch.hpp"
#include "streamed_job.hpp"
#include "test_profile.hpp"

namespace stepcast::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using printer::PrintResult;
using printer::Recovery;
using printer::State;
using printer::StreamedPrinter;
using ::testing::Each;
using ::testing::HasSubstr;

constexpr std::uint32_t kBrisk = 100;

/// Where a machine that begins `at` steps from home has been: once a millisecond, X, Y and Z in
/// steps, and the filament by then.
std::vector<PerAxis<Steps>> way_of(const std::vector<std::uint8_t>& ticks, PerAxis<Steps> at) {
  constexpr std::size_t kSample = 20;
  std::vector<PerAxis<Steps>> way;
  for (std::size_t tick = 0; tick < ticks.size(); ++tick) {
    for (const Axis motor : kAllAxes) {
      at[motor] += wire::tick_delta(ticks[tick], index(motor));
    }
    if (tick % kSample == 0) {
      way.push_back(at);
    }
  }
  return way;
}

std::vector<std::uint8_t> planned_ticks(const fs::path& file) {
  const machine::Profile profile = limited_machine();
  const auto plan = control::plan_job(file, profile, {}).value();
  auto source = control::MotionSource::create(plan, profile).value();
  std::vector<std::uint8_t> ticks(static_cast<std::size_t>(plan.motion.ticks));
  EXPECT_EQ(source->read(ticks).value(), ticks.size());
  return ticks;
}

class RecoverPrint : public ::testing::Test {
 protected:
  RecoverPrint() { fs::create_directories(folder); }
  ~RecoverPrint() override {
    server.reset();
    std::error_code ignored;
    fs::remove_all(folder, ignored);
  }

  void serve(std::uint16_t port) {
    server.reset();
    watch = std::make_unique<PrinterWatch>();
    auto options = streamed_options(port, kBrisk);
    options.state_folder = folder;
    options.vanished_after = 300ms;
    options.heat_policy.interval = 5ms;
    server = std::make_unique<StreamedPrinter>(options);
    server->observe(watch->observer());
  }
  /// Prints until `share` of the job is done; then the device loses its power, and a person brings
  /// X and Y home by hand.
  void break_off(double share) { break_off(share, job.path()); }
  void break_off(double share, const fs::path& file) {
    serve(device->port());
    ASSERT_TRUE(server->connect());
    ASSERT_TRUE(server->start({.job_id = "1", .file = file}));
    ASSERT_TRUE(watch->wait_for_picture([&](const printer::Status& s) {
      return s.progress.share > share;
    })) << watch->log();
    lose_power();
    ASSERT_TRUE(watch->wait_for_results(1)) << watch->log();
    EXPECT_EQ(watch->results()[0].outcome, PrintResult::Outcome::kFailed);
    ASSERT_TRUE(watch->wait_for_state(State::kError));
  }
  void lose_power() {
    const auto at = device->port();
    device->shut_down();
    made = device->executed();
    auto options = testing::hot_device_options();
    options.port = at;
    device = std::make_unique<testing::DeviceProcess>(options);
  }
  PrintResult outcome() {
    EXPECT_TRUE(watch->wait_for_results(2)) << watch->log();
    return watch->results().size() < 2 ? PrintResult{} : watch->results()[1];
  }

  const fs::path folder{fs::path(::testing::TempDir()) /
                        ("stepcast-recover-" + std::to_string(::getpid()))};
  const JobFile job{zigzag(60, "M140 S40\nM190 S40\nM109 S180\n")};
  std::unique_ptr<testing::DeviceProcess> device =
      std::make_unique<testing::DeviceProcess>(testing::hot_device_options());
  std::vector<std::uint8_t> made;  ///< By the device that lost its power.
  std::unique_ptr<PrinterWatch> watch;
  std::unique_ptr<StreamedPrinter> server;
};

TEST_F(RecoverPrint, GoesOnOverTheSamePathAndEndsWhereTheJobEnds) {
  break_off(0.4);
  ASSERT_TRUE(server->status().recovery);
  EXPECT_EQ(server->status().recovery->job_id, "1");
  EXPECT_TRUE(server->status().recovery->layer);
  ASSERT_TRUE(server->connect());
  ASSERT_TRUE(server->recover({.job_id = "2", .file = job.path()}, {.of_job = "1"}));
  const PrintResult result = outcome();
  EXPECT_EQ(result.job_id, "2");
  EXPECT_EQ(result.outcome, PrintResult::Outcome::kDone) << result.reason << watch->log();
  ASSERT_TRUE(result.position_error);
  EXPECT_THAT(result.position_error->values, Each(0));
  EXPECT_FALSE(server->status().recovery) << "it is used up";

  // The zigzag prints lines along X, each at a Y of its own but for every fiftieth: every point of
  // the plan that is printed was made by one device or the other, and the lines overlap by less
  // than the interval in which the power may have gone.
  const auto planned = way_of(planned_ticks(job.path()), {});
  const auto before = way_of(made, {});
  PerAxis<Steps> stood;
  stood[Axis::kZ] = before.back()[Axis::kZ];
  const auto after = way_of(device->executed(), stood);
  EXPECT_EQ(after.back()[Axis::kX], planned.back()[Axis::kX]);
  EXPECT_EQ(after.back()[Axis::kY], planned.back()[Axis::kY]);
  EXPECT_EQ(after.back()[Axis::kZ], planned.back()[Axis::kZ]);

  const auto y_at_rest = [](const PerAxis<Steps>& at) { return at[Axis::kY]; };
  const Steps cut_y = y_at_rest(before.back());
  // The rest: from the first time that the second device prints at the height of the part.
  std::size_t first = 0;
  while (first < after.size() &&
         !(after[first][Axis::kZ] == stood[Axis::kZ] && after[first][Axis::kX] != 0)) {
    ++first;
  }
  ASSERT_LT(first, after.size());
  for (std::size_t i = 0; i < first; ++i) {
    EXPECT_GE(after[i][Axis::kZ], stood[Axis::kZ]) << "on the way it is never lower";
  }
  EXPECT_LE(after[first][Axis::kY], cut_y) << "no gap";
  constexpr double kStepsPerMm = 101.5;
  constexpr double kMostLines = 8;  // 6 s in the device, and the line under way
  EXPECT_GE(after[first][Axis::kY], cut_y - static_cast<Steps>(kMostLines * kStepsPerMm));

  // From there on it is the job's own path, to its end.
  std::size_t at = planned.size();
  for (std::size_t i = 0; i < planned.size(); ++i) {
    if (std::abs(planned[i][Axis::kX] - after[first][Axis::kX]) <= 2 &&
        std::abs(planned[i][Axis::kY] - after[first][Axis::kY]) <= 2) {
      at = i;
      break;
    }
  }
  ASSERT_LT(at, planned.size());
  const Steps filament_left = planned.back()[Axis::kE] - planned[at][Axis::kE];
  const Steps filament_fed = after.back()[Axis::kE] - after[first][Axis::kE];
  constexpr Steps kRetractionSteps = 760 + 8;  // pushed forward again above the point
  EXPECT_NEAR(static_cast<double>(filament_fed), static_cast<double>(filament_left),
              kRetractionSteps);
}

TEST_F(RecoverPrint, HeatsBeforeItMovesAndIsCold) {
  break_off(0.3);
  ASSERT_TRUE(server->connect());
  ASSERT_TRUE(server->recover({.job_id = "2", .file = job.path()}, {.of_job = "1"}));
  bool looked = false;
  ASSERT_TRUE(watch->wait_for_picture([&](const printer::Status& s) {
    return s.state == State::kPrinting && s.heaters.at("tool0").target > Celsius{0};
  })) << watch->log();
  const PrintResult result = outcome();
  EXPECT_EQ(result.outcome, PrintResult::Outcome::kDone) << result.reason;
  for (const printer::Status& picture : watch->pictures()) {
    if (picture.job_id != "2" || !picture.position[Axis::kX]) {
      continue;
    }
    if (picture.position[Axis::kX]->v > 1.0 && picture.state == State::kPrinting) {
      looked = true;
      EXPECT_GT(picture.heaters.at("bed").actual->v, 38.0);
      EXPECT_GT(picture.heaters.at("tool0").actual->v, 170.0);
    }
  }
  EXPECT_TRUE(looked);
  EXPECT_TRUE(watch->wait_for_picture([](const printer::Status& s) {
    return !(s.heaters.at("tool0").target > Celsius{0}) &&
           !(s.heaters.at("bed").target > Celsius{0});
  }));
}

TEST_F(RecoverPrint, ThePointOutlivesTheServerAndALossOfBothAtOnce) {
  break_off(0.4);
  serve(device->port());
  ASSERT_TRUE(server->status().recovery) << "read before anything is asked";
  ASSERT_TRUE(server->connect());
  ASSERT_TRUE(server->recover({.job_id = "2", .file = job.path()}, {.of_job = "1"}));
  ASSERT_TRUE(watch->wait_for_picture([](const printer::Status& s) {
    return s.job_id == "2" && s.progress.share > 0.3;
  })) << watch->log();
  // Once more, and this time the server goes as well.
  server.reset();
  lose_power();
  serve(device->port());
  ASSERT_TRUE(server->connect());
  const auto continued = server->continue_print({.job_id = "2", .file = job.path()});
  ASSERT_FALSE(continued);
  EXPECT_EQ(continued.error().code, Errc::kNotFound);
  EXPECT_THAT(continued.error().remedy, HasSubstr("recover"));
  ASSERT_TRUE(server->status().recovery);
  EXPECT_EQ(server->status().recovery->job_id, "2");
  ASSERT_TRUE(server->recover({.job_id = "3", .file = job.path()}, {.of_job = "2"}));
  ASSERT_TRUE(watch->wait_for_results(1)) << watch->log();
  EXPECT_EQ(watch->results()[0].outcome, PrintResult::Outcome::kDone) << watch->results()[0].reason;
  const auto planned = way_of(planned_ticks(job.path()), {});
  const auto end = server->status().position;
  EXPECT_NEAR(end[Axis::kZ]->v, static_cast<double>(planned.back()[Axis::kZ]) / 1600, 1e-9);
}

TEST_F(RecoverPrint, AHeightThatNobodyKnowsIsAskedFor) {
  break_off(0.4);
  ASSERT_TRUE(server->connect());
  printer::Printer::Jog jog;
  jog.axes[Axis::kZ] = Mm(3);
  ASSERT_TRUE(server->jog(jog));
  ASSERT_TRUE(watch->wait_for_picture(
      [](const printer::Status& s) { return s.position[Axis::kZ] > Mm(2.99); }));
  ASSERT_TRUE(
      device->wait_until([](const auto& s) { return s.state == wire::DeviceState::kIdle; }));
  server.reset();
  lose_power();  // and with it goes what was jogged
  serve(device->port());
  ASSERT_TRUE(server->connect());
  const printer::PrintRequest rest{.job_id = "2", .file = job.path()};
  const auto refused = server->recover(rest, {.of_job = "1"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::kInvalidArgument);
  EXPECT_EQ(refused.error().location, printer::kNozzleHeight);
  EXPECT_TRUE(server->status().recovery->needs_height) << "before anybody asks";
  const auto outside = server->recover(rest, {.of_job = "1", .nozzle_height = Mm(251)});
  ASSERT_FALSE(outside);
  EXPECT_EQ(outside.error().code, Errc::kOutOfRange);
  ASSERT_TRUE(server->recover(rest, {.of_job = "1", .nozzle_height = Mm(3.3)}));
  ASSERT_TRUE(watch->wait_for_results(1)) << watch->log();
  EXPECT_EQ(watch->results()[0].outcome, PrintResult::Outcome::kDone) << watch->results()[0].reason;
}

TEST_F(RecoverPrint, AHeightThatChangedWhileThePowerMayHaveGoneIsAskedFor) {
  std::string hops = "M83\nM109 S180\nG1 Z0.3 F300\n";
  for (int i = 0; i < 40; ++i) {
    hops += "G1 X" + std::to_string(i % 2 == 0 ? 70 : 20) + " Y" + std::to_string(20 + i) +
            " E1 F3000\nG1 Z0.6 F300\nG1 Z0.3\n";
  }
  const JobFile hopping(hops);
  break_off(0.4, hopping.path());
  EXPECT_THAT(watch->results()[0].reason, HasSubstr("recover"));
  ASSERT_TRUE(server->connect());
  const printer::PrintRequest rest{.job_id = "2", .file = hopping.path()};
  EXPECT_FALSE(server->status().recovery->needs_height) << "nobody has looked";
  std::atomic<int> begun{0};
  const auto begin = [&]() -> Result<void> {
    ++begun;
    return {};
  };
  ASSERT_TRUE(server->recover(rest, {.of_job = "1", .nozzle_height = {}, .begin = begin}));
  const PrintResult refused = outcome();
  ASSERT_TRUE(refused.refused);
  EXPECT_EQ(refused.refused->location, printer::kNozzleHeight);
  EXPECT_THAT(refused.refused->message, HasSubstr("between 0.300 and 0.600 mm"));
  EXPECT_EQ(begun, 0);
  EXPECT_TRUE(server->status().recovery->needs_height);
  EXPECT_THAT(server->status().recovery->refused, HasSubstr("between 0.300 and 0.600 mm"));
  EXPECT_TRUE(device->executed().empty()) << "nothing has moved";
  ASSERT_TRUE(watch->wait_for_state(State::kOperational));
  for (const auto& [name, heater] : server->status().heaters) {
    EXPECT_EQ(heater.target, Celsius{0}) << name;
  }
  // Whoever keeps the books may still call it off.
  const auto no_room = [] { return Result<void>(fail(Errc::kFull, "no room for the books")); };
  ASSERT_TRUE(server->recover({.job_id = "3", .file = hopping.path()},
                              {.of_job = "1", .nozzle_height = Mm(0.3), .begin = no_room}));
  ASSERT_TRUE(watch->wait_for_results(3)) << watch->log();
  ASSERT_TRUE(watch->results()[2].refused);
  EXPECT_EQ(watch->results()[2].refused->code, Errc::kFull);
  EXPECT_TRUE(device->executed().empty()) << "nothing has moved";
  ASSERT_TRUE(watch->wait_for_state(State::kOperational));
  ASSERT_TRUE(server->recover({.job_id = "4", .file = hopping.path()},
                              {.of_job = "1", .nozzle_height = Mm(0.3), .begin = begin}));
  ASSERT_TRUE(watch->wait_for_results(4)) << watch->log();
  EXPECT_EQ(begun, 1);
  EXPECT_EQ(watch->results()[3].outcome, PrintResult::Outcome::kDone) << watch->results()[3].reason;
  EXPECT_FALSE(watch->results()[3].refused);
}

TEST_F(RecoverPrint, IsRefusedForOtherJobsAndOtherFilesAndKeepsThePoint) {
  break_off(0.4);
  const printer::PrintRequest rest{.job_id = "2", .file = job.path()};
  const auto offline = server->recover(rest, {.of_job = "1"});
  ASSERT_FALSE(offline);
  EXPECT_EQ(offline.error().code, Errc::kBusy);
  ASSERT_TRUE(server->connect());
  const auto other = server->recover(rest, {.of_job = "7"});
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, Errc::kNotFound);
  std::string mirrored = zigzag(60, "M140 S40\nM190 S40\nM109 S180\n");
  mirrored.replace(mirrored.find("Y20.7"), 5, "Y20.6");
  const JobFile another(mirrored);
  ASSERT_TRUE(server->recover({.job_id = "2", .file = another.path()}, {.of_job = "1"}));
  const PrintResult result = outcome();
  ASSERT_TRUE(result.refused);
  EXPECT_THAT(result.refused->message, HasSubstr("plan"));
  EXPECT_FALSE(server->status().recovery->needs_height);
  EXPECT_TRUE(device->executed().empty()) << "nothing has moved";
  EXPECT_TRUE(server->status().recovery);

  // A print that begins in its place takes the point with it.
  ASSERT_TRUE(watch->wait_for_state(State::kOperational));
  ASSERT_TRUE(server->start({.job_id = "3", .file = job.path()}));
  ASSERT_TRUE(watch->wait_for_picture(
      [](const printer::Status& s) { return s.job_id == "3" && s.state == State::kPrinting; }));
  EXPECT_FALSE(server->status().recovery);
  ASSERT_TRUE(server->cancel());
  ASSERT_TRUE(watch->wait_for_results(3));
  EXPECT_FALSE(server->status().recovery);
}

}  // namespace
}  // namespace stepcast::test
