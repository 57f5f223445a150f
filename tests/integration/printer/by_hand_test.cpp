// Moves, filament and single lines of G-code by hand on a streamed printer: real sockets, a virtual
// device with simulated heaters.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stepcast/printer/streamed_printer.hpp"
#include "stepcast/wire/control_line.hpp"

#include "control_run.hpp"
#include "device_process.hpp"
#include "hot_device.hpp"
#include "printer_watch.hpp"
#include "streamed_job.hpp"
#include "test_profile.hpp"

namespace stepcast::test {
namespace {

using namespace std::chrono_literals;
using printer::Feature;
using printer::State;
using printer::Status;
using printer::StreamedPrinter;
using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr std::uint32_t kHandPace = 100;
constexpr std::string_view kHeatsFirst = "M140 S60\nM109 S200\n";

Errc code_of(const Result<void>& result) {
  return result ? Errc{} : result.error().code;
}

/// A connected printer, which runs as fast as it can.
struct ByHand {
  explicit ByHand(bool heats = false, std::uint32_t speed = wire::kSpeedMax)
      : device(heats ? testing::hot_device_options() : device::LinuxDevice::Options{}),
        printer(options(device.port(), speed)) {
    printer.observe(watch.observer());
    EXPECT_TRUE(printer.connect());
  }
  static StreamedPrinter::Options options(std::uint16_t port, std::uint32_t speed) {
    auto options = streamed_options(port, speed);
    options.heat_policy.interval = 5ms;
    return options;
  }
  [[nodiscard]] bool rests_at(Axis axis, double mm) {
    constexpr double kAStep = 0.02;
    return watch.wait_for_picture([&](const Status& s) {
      return s.position[axis] && std::abs(s.position[axis]->v - mm) < kAStep;
    });
  }
  /// Of filament, as the device has counted it.
  [[nodiscard]] bool filament_is(double mm) {
    const machine::Profile profile = limited_machine();
    const auto steps = std::llround(mm * profile.axes[Axis::kE].steps_per_mm);
    return device.wait_until(
        [&](const auto& s) { return s.progress.positions[index(Axis::kE)] == steps; });
  }
  [[nodiscard]] bool nozzle_above(double celsius) {
    return watch.wait_for_picture([&](const Status& s) {
      const auto found = s.heaters.find("tool0");
      return found != s.heaters.end() && found->second.actual.value_or(Celsius{0}).v > celsius;
    });
  }

  testing::DeviceProcess device;
  PrinterWatch watch;
  StreamedPrinter printer;  // last: it calls the watch
};

TEST(MovesByHand, WaitForEachOther) {
  ByHand hand;
  for (int i = 0; i < 5; ++i) {  // impatient clicks
    printer::Printer::Jog jog;
    jog.axes[Axis::kX] = Mm(10);
    ASSERT_TRUE(hand.printer.jog(jog)) << i;
  }
  EXPECT_TRUE(hand.rests_at(Axis::kX, 50)) << hand.watch.log();
  ASSERT_TRUE(hand.printer.home({}));
  EXPECT_TRUE(hand.rests_at(Axis::kX, 0)) << hand.watch.log();
}

TEST(MovesByHand, AreNotAcceptedWithoutEnd) {
  ByHand hand(false, 1);
  printer::Printer::Jog jog;
  jog.axes[Axis::kX] = Mm(1);
  jog.speed = MmPerS(1);
  Result<void> done;
  int accepted = 0;
  for (; accepted < 100 && (done = hand.printer.jog(jog)); ++accepted) {
    jog.axes[Axis::kX] = Mm(-jog.axes[Axis::kX]->v);
  }
  EXPECT_EQ(code_of(done), Errc::kBusy);
  EXPECT_GE(accepted, 8);
  ASSERT_TRUE(hand.printer.send_gcode({"M410"}));
  EXPECT_TRUE(hand.watch.wait_for_log("The moves by hand were stopped.")) << hand.watch.log();
}

TEST(Extrude, PushesAndPullsFilamentToTheStep) {
  ByHand hand;
  ASSERT_TRUE(hand.printer.can(Feature::kExtrude));
  ASSERT_TRUE(hand.printer.extrude(Mm(12.5), std::nullopt));
  EXPECT_TRUE(hand.filament_is(12.5));
  ASSERT_TRUE(hand.printer.extrude(Mm(-2.5), MmPerS(20)));
  EXPECT_TRUE(hand.filament_is(10));
}

TEST(Extrude, NamesTheValueAndTheLimit) {
  ByHand hand;
  EXPECT_EQ(code_of(hand.printer.extrude(Mm(0), std::nullopt)), Errc::kInvalidArgument);
  EXPECT_EQ(code_of(hand.printer.extrude(Mm(std::nan("")), std::nullopt)), Errc::kInvalidArgument);
  EXPECT_EQ(code_of(hand.printer.extrude(Mm(1), MmPerS(0))), Errc::kOutOfRange);
  const auto fast = hand.printer.extrude(Mm(1), MmPerS(4000));
  EXPECT_EQ(code_of(fast), Errc::kOutOfRange);
  EXPECT_THAT(fast.error().to_string(), HasSubstr("4000"));
  EXPECT_EQ(code_of(hand.printer.extrude(Mm(1e6), std::nullopt)), Errc::kOutOfRange);
  EXPECT_TRUE(hand.device.executed().empty());
}

TEST(Extrude, NeverCold) {
  ByHand hand(true);
  const auto cold = hand.printer.extrude(Mm(1), std::nullopt);
  EXPECT_EQ(code_of(cold), Errc::kOutOfRange);
  EXPECT_THAT(cold.error().to_string(), AllOf(HasSubstr("extrude"), HasSubstr("170")));
  EXPECT_EQ(code_of(hand.printer.send_gcode({"M83", "G1 E1 F60"})), Errc::kOutOfRange);
  ASSERT_TRUE(hand.printer.set_target("tool0", Celsius{200}));
  ASSERT_TRUE(hand.nozzle_above(195));
  ASSERT_TRUE(hand.printer.extrude(Mm(5), std::nullopt));
  EXPECT_TRUE(hand.filament_is(5));
  ASSERT_TRUE(hand.printer.set_target("tool0", Celsius{0}));
  ASSERT_TRUE(hand.watch.wait_for_picture(
      [](const Status& s) { return s.heaters.at("tool0").target == Celsius{0}; }));
  EXPECT_EQ(code_of(hand.printer.extrude(Mm(1), std::nullopt)), Errc::kOutOfRange)
      << "hot still, but not for long";
}

TEST(GcodeByHand, KeepsItsModesFromLineToLine) {
  ByHand hand;
  for (const char* const line : {"G91", "G1 X10 F6000", "G1 X10", "G90", "G1 X5", "G92 X0",
                                 "G1 X20", "M83", "G1 E4 F300", "G1 E4"}) {
    ASSERT_TRUE(hand.printer.send_gcode({line})) << line;
  }
  EXPECT_TRUE(hand.rests_at(Axis::kX, 25)) << hand.watch.log();
  EXPECT_TRUE(hand.filament_is(8));
  ASSERT_TRUE(hand.printer.send_gcode({"M114"}));
  EXPECT_TRUE(hand.watch.wait_for_log("Recv: X:20.00")) << hand.watch.log();
  ASSERT_TRUE(hand.printer.send_gcode({"G28"}));
  EXPECT_TRUE(hand.rests_at(Axis::kX, 0)) << hand.watch.log();
}

TEST(GcodeByHand, RefusesAllLinesForOne) {
  ByHand hand(true);
  for (const auto& lines : {std::vector<std::string>{"M104 S100", "G1 X10", "G1 X9999"},
                            {"M220 S110", "M104 S100", "M104 S999"},
                            {"M104 S100", "M220 S999"},
                            {"G91", "M300"}}) {
    const auto done = hand.printer.send_gcode(lines);
    ASSERT_FALSE(done);
    EXPECT_THAT(done.error().to_string(),
                AllOf(::testing::AnyOf(HasSubstr("999"), HasSubstr("M300"))));
  }
  ASSERT_TRUE(hand.printer.send_gcode({"G1 X3 F6000"})) << "absolute still";
  EXPECT_TRUE(hand.rests_at(Axis::kX, 3)) << hand.watch.log();
  ASSERT_TRUE(hand.printer.send_gcode({"G1 X4"}));
  EXPECT_TRUE(hand.rests_at(Axis::kX, 4)) << hand.watch.log();
  EXPECT_EQ(hand.printer.status().feed_rate_factor, 1.0);
  EXPECT_EQ(hand.printer.status().heaters.at("tool0").target, Celsius{0});
}

TEST(GcodeByHand, WaitsForHeatBeforeTheNextMove) {
  ByHand hand(true);
  ASSERT_TRUE(hand.printer.send_gcode({"M83", "M109 S200", "G1 E3 F300", "M104 S0", "M106 S128"}));
  EXPECT_TRUE(hand.filament_is(3));
  EXPECT_GT(hand.device.statistics().progress.positions[index(Axis::kE)], 0);
  EXPECT_TRUE(hand.watch.wait_for_picture([](const Status& s) {
    return s.heaters.at("tool0").target == Celsius{0} && std::abs(s.fan.value_or(0) - 0.5) < 0.01;
  })) << hand.watch.log();
  double hottest = 0;
  for (const Status& s : hand.watch.pictures()) {
    hottest = std::max(hottest, s.heaters.at("tool0").actual.value_or(Celsius{0}).v);
  }
  EXPECT_GT(hottest, 195);
}

TEST(GcodeByHand, FilamentFollowsAWaitOfAnEarlierRequest) {
  ByHand hand(true);
  ASSERT_TRUE(hand.printer.send_gcode({"M109 S200"}));
  ASSERT_TRUE(hand.printer.extrude(Mm(2), std::nullopt)) << "it will be hot then";
  EXPECT_TRUE(hand.filament_is(2)) << hand.watch.log();
}

TEST(GcodeByHand, FilamentStaysWhereItIsWhenTheNozzleWasSwitchedOffMeanwhile) {
  ByHand hand(true, kHandPace);
  ASSERT_TRUE(hand.printer.send_gcode({"M109 S200"}));
  ASSERT_TRUE(hand.nozzle_above(195));
  ASSERT_TRUE(hand.printer.send_gcode({"G4 S200"}));
  ASSERT_TRUE(hand.printer.extrude(Mm(2), std::nullopt));
  ASSERT_TRUE(hand.printer.set_target("tool0", Celsius{0}));
  EXPECT_TRUE(hand.watch.wait_for_log("no longer kept at 170 C")) << hand.watch.log();
  EXPECT_TRUE(hand.filament_is(0));
}

TEST(GcodeByHand, ABreakEndsAWait) {
  ByHand hand(true, 1);
  ASSERT_TRUE(hand.printer.send_gcode({"M109 S240", "G1 X10 F6000"}));
  ASSERT_TRUE(hand.watch.wait_for_picture([](const Status& s) {
    const auto found = s.heaters.find("tool0");
    return found != s.heaters.end() && found->second.target == Celsius{240};
  }));
  ASSERT_TRUE(hand.printer.send_gcode({"M108"}));
  EXPECT_TRUE(hand.watch.wait_for_log("The moves by hand were stopped.")) << hand.watch.log();
  ASSERT_TRUE(hand.printer.send_gcode({"G1 X2 F6000"})) << "where it stands is known";
  EXPECT_TRUE(hand.rests_at(Axis::kX, 2)) << hand.watch.log();
}

TEST(GcodeByHand, ChangesAPrintUnderWayAndMovesNothingOfIt) {
  const JobFile job(zigzag(240, kHeatsFirst));
  ByHand hand(true, kHandPace);
  ASSERT_TRUE(hand.printer.start({.job_id = "1", .file = job.path()}));
  // The file's own heating has begun: it would overrule a temperature set before it.
  ASSERT_TRUE(hand.watch.wait_for_picture([](const Status& s) {
    return s.state == State::kPrinting && s.heaters.at("bed").target == Celsius{60};
  })) << hand.watch.log();
  EXPECT_EQ(code_of(hand.printer.send_gcode({"G1 X10"})), Errc::kBusy);
  EXPECT_EQ(code_of(hand.printer.extrude(Mm(1), std::nullopt)), Errc::kBusy);
  ASSERT_TRUE(hand.printer.send_gcode({"M220 S120", "M221 S95", "M106 S255", "M140 S50", "M105"}));
  const Status status = hand.printer.status();
  EXPECT_DOUBLE_EQ(status.feed_rate_factor, 1.2);
  EXPECT_DOUBLE_EQ(status.flow_factor, 0.95);
  EXPECT_TRUE(hand.watch.wait_for_picture([](const Status& s) {
    return s.heaters.at("bed").target == Celsius{50} && s.fan.value_or(0) == 1.0;
  }));
  EXPECT_TRUE(hand.watch.wait_for_log("Recv: ok")) << hand.watch.log();
  ASSERT_TRUE(hand.printer.cancel());
  ASSERT_TRUE(hand.watch.wait_for_results(1));
}

TEST(EmergencyStop, EndsAPrintColdAndLetsNothingBeginByItself) {
  const JobFile job(zigzag(240, kHeatsFirst));
  ByHand hand(true, kHandPace);
  ASSERT_TRUE(hand.printer.start({.job_id = "1", .file = job.path()}));
  ASSERT_TRUE(hand.watch.wait_for_picture([](const Status& s) {
    return s.state == State::kPrinting && s.heaters.at("bed").target == Celsius{60};
  })) << hand.watch.log();
  ASSERT_TRUE(hand.printer.send_gcode({"M112"}));
  ASSERT_TRUE(hand.watch.wait_for_results(1));
  EXPECT_EQ(hand.watch.results()[0].outcome, printer::PrintResult::Outcome::kCancelled);
  EXPECT_TRUE(hand.watch.wait_for_state(State::kError));
  EXPECT_THAT(hand.printer.status().error, HasSubstr("M112"));
  EXPECT_TRUE(hand.watch.wait_for_picture([](const Status& s) {
    return s.heaters.at("tool0").actual.value_or(Celsius{999}) < Celsius{100};
  })) << "one can see it cool";
  EXPECT_EQ(code_of(hand.printer.start({.job_id = "2", .file = job.path()})), Errc::kBusy);
  EXPECT_TRUE(hand.device.wait_until([](const auto& s) { return s.targets[1] == 0; }));
  ASSERT_TRUE(hand.printer.connect());
  EXPECT_EQ(hand.printer.status().state, State::kOperational);
  EXPECT_TRUE(hand.printer.status().position[Axis::kX]) << "where it stands is known";
}

TEST(EmergencyStop, StopsMovesByHandAndColdsWhatIsHot) {
  ByHand hand(true, 1);
  ASSERT_TRUE(hand.printer.set_target("bed", Celsius{60}));
  ASSERT_TRUE(hand.watch.wait_for_picture(
      [](const Status& s) { return s.heaters.at("bed").target == Celsius{60}; }));
  ASSERT_TRUE(hand.printer.send_gcode({"G1 X60 F600", "G1 X0", "G1 X60"}));
  ASSERT_TRUE(hand.watch.wait_for_picture(
      [](const Status& s) { return s.position[Axis::kX] && *s.position[Axis::kX] > Mm(0.5); }));
  ASSERT_TRUE(hand.printer.send_gcode({"M112"}));
  EXPECT_TRUE(hand.watch.wait_for_state(State::kError)) << hand.watch.log();
  EXPECT_TRUE(hand.device.wait_until([](const auto& s) { return s.targets[1] == 0; }));
  EXPECT_LT(hand.printer.status().position[Axis::kX]->v, 59);
  EXPECT_EQ(code_of(hand.printer.jog({})), Errc::kBusy);
}

TEST(EmergencyStop, EndsAPrintThatWaitsForMovesByHand) {
  const JobFile job(zigzag(10));
  ByHand hand(false, 1);
  ASSERT_TRUE(hand.printer.send_gcode({"G1 X60 F600"}));
  ASSERT_TRUE(hand.printer.start({.job_id = "1", .file = job.path()}));
  ASSERT_TRUE(hand.printer.send_gcode({"M112"}));
  ASSERT_TRUE(hand.watch.wait_for_results(1));
  EXPECT_EQ(hand.watch.results()[0].outcome, printer::PrintResult::Outcome::kCancelled);
  EXPECT_TRUE(hand.watch.wait_for_state(State::kError)) << hand.watch.log();
}

TEST(EmergencyStop, OfAnIdlePrinterWaitsForAPerson) {
  ByHand hand;
  ASSERT_TRUE(hand.printer.send_gcode({"M112"}));
  EXPECT_EQ(hand.printer.status().state, State::kError);
  ASSERT_TRUE(hand.printer.connect());
  EXPECT_EQ(hand.printer.status().state, State::kOperational);
}

}  // namespace
}  // namespace stepcast::test
