// What every back end of a printer promises.
#include <atomic>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stepcast/printer/printer.hpp"

#include "control_run.hpp"
#include "octoprint_back_end.hpp"
#include "printer_watch.hpp"
#include "streamed_back_end.hpp"

namespace stepcast::test {
namespace {

using printer::Feature;
using printer::PrintResult;
using printer::State;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// Back and forth, for about `seconds`.
template <class BackEnd>
std::string job_of(int seconds) {
  std::string job = "M83\n;LAYER:0\nG1 Z0.2 F300\nG1 X10 Y10 F6000\n";
  for (int i = 0; i < seconds; ++i) {
    job += ";LAYER:" + std::to_string(i + 1) + "\nG1 X" + std::to_string(i % 2 == 0 ? 60 : 10) +
           " E1 F3000\n" + BackEnd::dwell();
  }
  return job;
}

template <class BackEnd>
class PrinterContract : public ::testing::Test {
 protected:
  PrinterContract() : subject(back_end.make_printer()) { subject->observe(watch.observer()); }

  [[nodiscard]] printer::PrintRequest request(const std::string& id = "job-1") const {
    return {.job_id = id, .file = job.path()};
  }
  /// Connected and in the middle of a print of a minute.
  void print() {
    ASSERT_TRUE(subject->connect());
    ASSERT_TRUE(subject->start({.job_id = "job-1", .file = long_job.path()}));
    ASSERT_TRUE(watch.wait_for_picture([](const printer::Status& s) {
      return s.state == State::kPrinting && s.progress.elapsed > Seconds(0.5);
    })) << watch.log();
  }

  JobFile job{job_of<BackEnd>(5)};
  JobFile long_job{job_of<BackEnd>(60)};
  BackEnd back_end;
  PrinterWatch watch;
  std::unique_ptr<printer::Printer> subject;  // last: it calls the watch
};

// One line for each back end.
using BackEnds = ::testing::Types<StreamedBackEnd, OctoPrintBackEnd>;
struct BackEndNames {
  template <class BackEnd>
  static std::string GetName(int /*index*/) {
    return BackEnd::kName;
  }
};
TYPED_TEST_SUITE(PrinterContract, BackEnds, BackEndNames);

Errc code_of(const Result<void>& result) {
  EXPECT_FALSE(result);
  return result ? Errc{} : result.error().code;
}

TYPED_TEST(PrinterContract, StartsOfflineAndRefusesWhatNeedsAPrinter) {
  auto& printer = *this->subject;
  EXPECT_EQ(printer.status().state, State::kOffline);
  EXPECT_EQ(code_of(printer.start(this->request())), Errc::kBusy);
  EXPECT_EQ(code_of(printer.pause()), Errc::kBusy);
  EXPECT_EQ(code_of(printer.resume()), Errc::kBusy);
  EXPECT_EQ(code_of(printer.cancel()), Errc::kBusy);
  EXPECT_TRUE(printer.disconnect());
  EXPECT_EQ(printer.status().state, State::kOffline);
}

TYPED_TEST(PrinterContract, ConnectsAndDisconnectsAsOftenAsItIsAsked) {
  auto& printer = *this->subject;
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(printer.connect());
    EXPECT_EQ(printer.status().state, State::kOperational);
    ASSERT_TRUE(printer.connect());
    ASSERT_TRUE(printer.disconnect());
    EXPECT_EQ(printer.status().state, State::kOffline);
  }
}

TYPED_TEST(PrinterContract, SaysWhyThereIsNoConnection) {
  this->back_end.switch_off();
  const auto connected = this->subject->connect();
  EXPECT_EQ(code_of(connected), Errc::kNetwork);
  EXPECT_EQ(this->subject->status().state, State::kOffline);
  EXPECT_EQ(this->subject->status().error, connected.error().to_string());
}

TYPED_TEST(PrinterContract, PrintsAJobAndTellsEveryChangeInOrder) {
  auto& printer = *this->subject;
  ASSERT_TRUE(printer.connect());
  ASSERT_TRUE(printer.start(this->request()));
  ASSERT_TRUE(this->watch.wait_for_results(1));
  const auto results = this->watch.results();
  EXPECT_EQ(results[0].outcome, PrintResult::Outcome::kDone) << results[0].reason;
  EXPECT_EQ(results[0].job_id, "job-1");
  EXPECT_GT(results[0].duration, 4 * TypeParam::kSecond);
  EXPECT_THAT(this->watch.states(),
              ElementsAre(State::kOperational, State::kStarting, State::kPrinting,
                          State::kFinishing, State::kOperational));
  const auto status = printer.status();
  EXPECT_EQ(status.state, State::kOperational);
  EXPECT_EQ(status.job_id, "job-1");
  EXPECT_EQ(status.progress.share, 1.0);
}

TYPED_TEST(PrinterContract, RaisesTheVersionWithEveryChangeOfStateAndOnlyThen) {
  this->print();
  ASSERT_TRUE(this->subject->cancel());
  ASSERT_TRUE(this->watch.wait_for_results(1));
  const auto pictures = this->watch.pictures();
  for (std::size_t i = 1; i < pictures.size(); ++i) {
    const bool changed = pictures[i].state != pictures[i - 1].state;
    EXPECT_EQ(pictures[i].version, pictures[i - 1].version + (changed ? 1 : 0)) << i;
  }
}

TYPED_TEST(PrinterContract, ProgressOnlyGrows) {
  auto& printer = *this->subject;
  ASSERT_TRUE(printer.connect());
  ASSERT_TRUE(printer.start(this->request()));
  ASSERT_TRUE(this->watch.wait_for_results(1));
  double share = 0;
  Seconds elapsed;
  std::int64_t position = 0;
  for (const printer::Status& picture : this->watch.pictures()) {
    EXPECT_GE(picture.progress.share, share);
    EXPECT_LE(picture.progress.share, 1.0);
    EXPECT_GE(picture.progress.elapsed, elapsed);
    EXPECT_GE(picture.progress.file_position, position);
    share = picture.progress.share;
    elapsed = picture.progress.elapsed;
    position = picture.progress.file_position;
  }
  EXPECT_EQ(position, static_cast<std::int64_t>(std::filesystem::file_size(this->job.path())));
}

TYPED_TEST(PrinterContract, StartsOneOfManyRequestsAtOnce) {
  auto& printer = *this->subject;
  ASSERT_TRUE(printer.connect());
  std::atomic<int> accepted = 0;
  std::atomic<int> busy = 0;
  {
    std::vector<std::jthread> callers;
    for (int i = 0; i < 8; ++i) {
      callers.emplace_back([&, i] {
        const auto started = printer.start(this->request("job-" + std::to_string(i)));
        accepted += started ? 1 : 0;
        busy += !started && started.error().code == Errc::kBusy ? 1 : 0;
      });
    }
  }
  EXPECT_EQ(accepted, 1);
  EXPECT_EQ(busy, 7);
  ASSERT_TRUE(this->watch.wait_for_results(1));
  ASSERT_TRUE(printer.disconnect());
  EXPECT_EQ(this->watch.results().size(), 1U);
}

TYPED_TEST(PrinterContract, RefusesAJobThatIsNotThere) {
  auto& printer = *this->subject;
  ASSERT_TRUE(printer.connect());
  EXPECT_EQ(code_of(printer.start({.job_id = "x", .file = "/nowhere/x.gcode"})), Errc::kNotFound);
  EXPECT_EQ(printer.status().state, State::kOperational);
}

TYPED_TEST(PrinterContract, ABrokenJobStopsNoOther) {
  auto& printer = *this->subject;
  const JobFile broken("G1 X10 F3000\nG1 Xten\n");
  ASSERT_TRUE(printer.connect());
  ASSERT_TRUE(printer.start({.job_id = "broken", .file = broken.path()}));
  ASSERT_TRUE(this->watch.wait_for_results(1));
  if (TypeParam::kChecksJobs) {
    EXPECT_EQ(this->watch.results()[0].outcome, PrintResult::Outcome::kFailed);
    EXPECT_THAT(this->watch.results()[0].reason, HasSubstr(":2:"));
  }
  ASSERT_TRUE(printer.start(this->request()));
  ASSERT_TRUE(this->watch.wait_for_results(2));
  EXPECT_EQ(this->watch.results()[1].outcome, PrintResult::Outcome::kDone)
      << this->watch.results()[1].reason;
}

TYPED_TEST(PrinterContract, PausesAndGoesOn) {
  this->print();
  auto& printer = *this->subject;
  ASSERT_TRUE(printer.pause());
  EXPECT_EQ(code_of(printer.pause()), Errc::kBusy);
  ASSERT_TRUE(this->watch.wait_for_state(State::kPaused));
  EXPECT_EQ(code_of(printer.pause()), Errc::kBusy);
  EXPECT_EQ(code_of(printer.start(this->request())), Errc::kBusy);
  EXPECT_EQ(code_of(printer.disconnect()), Errc::kBusy);
  ASSERT_TRUE(printer.resume());
  EXPECT_EQ(code_of(printer.resume()), Errc::kBusy);
  ASSERT_TRUE(this->watch.wait_for_results(1));
  EXPECT_EQ(this->watch.results()[0].outcome, PrintResult::Outcome::kDone);
  EXPECT_THAT(this->watch.states(),
              ElementsAre(State::kOperational, State::kStarting, State::kPrinting, State::kPausing,
                          State::kPaused, State::kResuming, State::kPrinting, State::kFinishing,
                          State::kOperational));
}

TYPED_TEST(PrinterContract, CancelsInTheMiddleAndPrintsAgain) {
  this->print();
  auto& printer = *this->subject;
  ASSERT_TRUE(printer.cancel());
  EXPECT_EQ(code_of(printer.cancel()), Errc::kBusy);
  ASSERT_TRUE(this->watch.wait_for_results(1));
  EXPECT_EQ(this->watch.results()[0].outcome, PrintResult::Outcome::kCancelled);
  EXPECT_LT(this->watch.results()[0].duration, Seconds(60));
  EXPECT_THAT(this->watch.states(),
              ElementsAre(State::kOperational, State::kStarting, State::kPrinting,
                          State::kCancelling, State::kOperational));
  ASSERT_TRUE(printer.start(this->request("job-2")));
  ASSERT_TRUE(this->watch.wait_for_results(2));
  EXPECT_EQ(this->watch.results()[1].outcome, PrintResult::Outcome::kDone)
      << this->watch.results()[1].reason;
}

TYPED_TEST(PrinterContract, CancelsWhatIsPaused) {
  this->print();
  ASSERT_TRUE(this->subject->pause());
  ASSERT_TRUE(this->watch.wait_for_state(State::kPaused));
  ASSERT_TRUE(this->subject->cancel());
  ASSERT_TRUE(this->watch.wait_for_results(1));
  EXPECT_EQ(this->watch.results()[0].outcome, PrintResult::Outcome::kCancelled);
  EXPECT_EQ(this->subject->status().state, State::kOperational);
}

TYPED_TEST(PrinterContract, CancelsWhatHasJustBeenStarted) {
  ASSERT_TRUE(this->subject->connect());
  ASSERT_TRUE(this->subject->start({.job_id = "job-1", .file = this->long_job.path()}));
  ASSERT_TRUE(this->subject->cancel());
  ASSERT_TRUE(this->watch.wait_for_results(1));
  EXPECT_EQ(this->watch.results()[0].outcome, PrintResult::Outcome::kCancelled);
}

TYPED_TEST(PrinterContract, APeerThatDiesInThePrintIsToldWithAReason) {
  this->print();
  this->back_end.switch_off();
  ASSERT_TRUE(this->watch.wait_for_picture([](const printer::Status& s) {
    return s.state == (TypeParam::kPrintsOnAlone ? State::kOffline : State::kError);
  }));
  const auto status = this->subject->status();
  EXPECT_FALSE(status.error.empty());
  EXPECT_EQ(status.job_id, "job-1");
  EXPECT_FALSE(status.position[Axis::kX]) << "nobody can know";
  EXPECT_EQ(code_of(this->subject->start(this->request())), Errc::kBusy);
  EXPECT_EQ(code_of(this->subject->pause()), Errc::kBusy);
  EXPECT_EQ(code_of(this->subject->connect()), Errc::kNetwork);
  EXPECT_TRUE(this->subject->disconnect());
  ASSERT_TRUE(this->watch.wait_for_results(1));
  EXPECT_EQ(this->watch.results()[0].outcome, PrintResult::Outcome::kFailed);
  EXPECT_FALSE(this->watch.results()[0].reason.empty());
}

TYPED_TEST(PrinterContract, EndsItsPrintWhenItGoesAwayOrTakesItUpAgain) {
  this->print();
  this->subject.reset();
  if (!TypeParam::kPrintsOnAlone) {
    ASSERT_EQ(this->watch.results().size(), 1U);
    EXPECT_EQ(this->watch.results()[0].outcome, PrintResult::Outcome::kCancelled);
    return;
  }
  EXPECT_EQ(this->watch.results().size(), 0U);
  PrinterWatch later;
  this->subject = this->back_end.make_printer();
  this->subject->observe(later.observer());
  ASSERT_TRUE(this->subject->can(Feature::kContinue));
  const printer::PrintRequest same{.job_id = "job-1", .file = this->long_job.path()};
  EXPECT_EQ(code_of(this->subject->continue_print(same)), Errc::kBusy) << "not connected";
  ASSERT_TRUE(this->subject->connect());
  EXPECT_EQ(this->subject->status().state, State::kPrinting);
  EXPECT_EQ(code_of(this->subject->continue_print(this->request("job-2"))), Errc::kNotFound);
  const auto continued = this->subject->continue_print(same);
  ASSERT_TRUE(continued) << continued.error().to_string();
  EXPECT_EQ(this->subject->status().job_id, "job-1");
  ASSERT_TRUE(later.wait_for_results(1));
  EXPECT_EQ(later.results()[0].outcome, PrintResult::Outcome::kDone);
  EXPECT_EQ(later.results()[0].job_id, "job-1");
  this->subject.reset();  // before what it calls
}

TYPED_TEST(PrinterContract, RefusesToDisconnectWhilePrinting) {
  this->print();
  EXPECT_EQ(code_of(this->subject->disconnect()), Errc::kBusy);
  EXPECT_EQ(this->subject->status().state, State::kPrinting);
  ASSERT_TRUE(this->subject->cancel());
  ASSERT_TRUE(this->watch.wait_for_results(1));
}

TYPED_TEST(PrinterContract, HeatsWhatItHas) {
  auto& printer = *this->subject;
  EXPECT_FALSE(printer.set_target("tool0", Celsius{50})) << "not connected";
  ASSERT_TRUE(printer.connect());
  if (!printer.can(Feature::kHeaters)) {
    EXPECT_EQ(code_of(printer.set_target("tool0", Celsius{50})), Errc::kUnsupported);
    EXPECT_TRUE(printer.status().heaters.empty());
    return;
  }
  ASSERT_TRUE(printer.set_target("tool0", Celsius{50}));
  EXPECT_TRUE(this->watch.wait_for_picture([](const printer::Status& s) {
    const auto tool = s.heaters.find("tool0");
    return tool != s.heaters.end() && tool->second.target == Celsius{50} &&
           tool->second.actual.value_or(Celsius{0}) > Celsius{25};
  }));
  EXPECT_EQ(code_of(printer.set_target("tool9", Celsius{50})), Errc::kNotFound);
  EXPECT_EQ(code_of(printer.set_target("tool0", Celsius{-1})), Errc::kOutOfRange);
  EXPECT_EQ(printer.status().heaters.at("tool0").target, Celsius{50});
  ASSERT_TRUE(printer.set_target("tool0", Celsius{0}));
  EXPECT_TRUE(this->watch.wait_for_picture([](const printer::Status& s) {
    const auto tool = s.heaters.find("tool0");
    return tool != s.heaters.end() && tool->second.target == Celsius{0};
  }));
}

TYPED_TEST(PrinterContract, ChangesSpeedFlowFanAndHeightWithinTheirLimits) {
  auto& printer = *this->subject;
  this->print();
  const auto check = [&](Feature feature, const Result<void>& within, const Result<void>& above) {
    if (printer.can(feature)) {
      EXPECT_TRUE(within) << within.error().to_string();
      EXPECT_EQ(code_of(above), Errc::kOutOfRange);
    } else {
      EXPECT_EQ(code_of(within), Errc::kUnsupported);
      EXPECT_EQ(code_of(above), Errc::kUnsupported);
    }
  };
  check(Feature::kFeedRate, printer.set_feed_rate(1.5), printer.set_feed_rate(2.01));
  check(Feature::kFlow, printer.set_flow(0.9), printer.set_flow(0.74));
  check(Feature::kFan, printer.set_fan(0.5), printer.set_fan(1.1));
  check(Feature::kZOffset, printer.set_z_offset(Mm(0.1)), printer.set_z_offset(Mm(-2.1)));
  const auto status = printer.status();
  EXPECT_EQ(status.feed_rate_factor, printer.can(Feature::kFeedRate) ? 1.5 : 1.0);
  EXPECT_EQ(status.flow_factor, printer.can(Feature::kFlow) ? 0.9 : 1.0);
  EXPECT_EQ(status.z_offset, printer.can(Feature::kZOffset) ? Mm(0.1) : Mm(0));
  if (printer.can(Feature::kFan)) {
    constexpr double kStep = 1.0 / 255;  // of M106
    EXPECT_TRUE(this->watch.wait_for_picture(
        [](const printer::Status& s) { return std::abs(s.fan.value_or(0.0) - 0.5) < kStep; }));
  }
  ASSERT_TRUE(printer.cancel());
  ASSERT_TRUE(this->watch.wait_for_results(1));
}

TYPED_TEST(PrinterContract, MovesByHandAtRestAndWithinItsTravel) {
  auto& printer = *this->subject;
  const auto jog = [&](Axis axis, double mm, bool absolute) {
    printer::Printer::Jog where;
    where.axes[axis] = Mm(mm);
    where.absolute = absolute;
    return printer.jog(where);
  };
  EXPECT_EQ(code_of(jog(Axis::kX, 1, false)), Errc::kBusy) << "not connected";
  ASSERT_TRUE(printer.connect());
  ASSERT_TRUE(printer.home({}));
  const auto rests_at = [&](double x) {
    return this->watch.wait_for_picture([x](const printer::Status& s) {
      const auto& position = s.position[Axis::kX];
      return position && std::abs(position->v - x) < 0.01;
    });
  };
  ASSERT_TRUE(rests_at(0)) << this->watch.log();
  // A move by hand may still be under way when its position is already told.
  const auto jog_after = [&](Axis axis, double mm, bool absolute) {
    Result<void> done;
    EXPECT_TRUE(this->watch.wait_for_picture([&](const printer::Status&) {
      done = jog(axis, mm, absolute);
      return done || done.error().code != Errc::kBusy;
    }));
    return done;
  };
  ASSERT_TRUE(jog_after(Axis::kX, 20, true));
  ASSERT_TRUE(rests_at(20)) << this->watch.log();
  ASSERT_TRUE(jog_after(Axis::kX, -5, false));
  EXPECT_TRUE(rests_at(15)) << printer.status().position[Axis::kX].value_or(Mm(-1)).v << "\n"
                            << this->watch.log();
  EXPECT_EQ(code_of(jog_after(Axis::kX, 5000, true)), Errc::kOutOfRange);
  EXPECT_EQ(code_of(jog_after(Axis::kX, -500, false)), Errc::kOutOfRange);
  EXPECT_EQ(code_of(jog_after(Axis::kE, 1, false)), Errc::kInvalidArgument);
  EXPECT_EQ(code_of(printer.jog({})), Errc::kInvalidArgument);
  EXPECT_TRUE(rests_at(15));
  ASSERT_TRUE(printer.start({.job_id = "job-1", .file = this->long_job.path()}));
  ASSERT_TRUE(this->watch.wait_for_state(State::kPrinting));
  EXPECT_EQ(code_of(jog(Axis::kX, 1, false)), Errc::kBusy);
  EXPECT_EQ(code_of(printer.home({})), Errc::kBusy);
  ASSERT_TRUE(printer.cancel());
  ASSERT_TRUE(this->watch.wait_for_results(1));
}

TYPED_TEST(PrinterContract, RefusesWhatItCannotDo) {
  auto& printer = *this->subject;
  ASSERT_TRUE(printer.connect());
  const auto check = [&](Feature feature, const Result<void>& result) {
    if (!printer.can(feature)) {
      EXPECT_EQ(code_of(result), Errc::kUnsupported);
    }
  };
  check(Feature::kHeaters, printer.set_target("tool0", Celsius{200}));
  check(Feature::kExtrude, printer.extrude(Mm(1), std::nullopt));
  check(Feature::kFeedRate, printer.set_feed_rate(1.0));
  check(Feature::kFlow, printer.set_flow(1.0));
  check(Feature::kGcode, printer.send_gcode({"M115"}));
  check(Feature::kHome, printer.home({}));
  check(Feature::kJog, printer.jog({}));
  EXPECT_EQ(printer.can(Feature::kHeaters), !printer.status().heaters.empty());
  EXPECT_EQ(code_of(printer.cancel_object("no such object")),
            printer.can(Feature::kCancelObject) ? Errc::kBusy : Errc::kUnsupported);
  if (printer.can(Feature::kPosition)) {
    EXPECT_TRUE(this->watch.wait_for_picture(
        [](const printer::Status& s) { return s.position[Axis::kX].has_value(); }));
  } else {
    EXPECT_FALSE(printer.status().position[Axis::kX]);
  }
}

TYPED_TEST(PrinterContract, HeatsWhatItIsToldAndShowsIt) {
  auto& printer = *this->subject;
  ASSERT_TRUE(printer.connect());
  if (!printer.can(Feature::kHeaters)) {
    GTEST_SKIP() << "it has no heaters";
  }
  const auto shows = [&](const std::string& heater, auto condition) {
    return this->watch.wait_for_picture([&](const printer::Status& s) {
      const auto found = s.heaters.find(heater);
      return found != s.heaters.end() && condition(found->second);
    });
  };
  for (const auto& [heater, before] : printer.status().heaters) {
    ASSERT_TRUE(printer.set_target(heater, Celsius{60}));
    EXPECT_TRUE(shows(heater, [](const auto& h) { return h.target == Celsius{60}; })) << heater;
    EXPECT_TRUE(shows(heater, [](const auto& h) { return h.actual && h.actual->v > 50; }))
        << heater;
    ASSERT_TRUE(printer.set_target(heater, Celsius{0}));
    EXPECT_TRUE(shows(heater, [](const auto& h) { return h.target == Celsius{0}; })) << heater;
  }
}

TYPED_TEST(PrinterContract, RefusesTargetsThatNoHeaterHas) {
  auto& printer = *this->subject;
  ASSERT_TRUE(printer.connect());
  if (!printer.can(Feature::kHeaters)) {
    GTEST_SKIP() << "it has no heaters";
  }
  EXPECT_FALSE(printer.set_target("tool9", Celsius{50}));
  EXPECT_FALSE(printer.set_target("tool0", Celsius{9999}));
  EXPECT_FALSE(printer.set_target("tool0", Celsius{-1}));
  for (const auto& [heater, state] : printer.status().heaters) {
    EXPECT_EQ(state.target, Celsius{0}) << heater;
  }
}

TYPED_TEST(PrinterContract, RefusesFanSpeedsThatAreNone) {
  auto& printer = *this->subject;
  ASSERT_TRUE(printer.connect());
  if (!printer.can(Feature::kFan)) {
    GTEST_SKIP() << "it has no fan";
  }
  EXPECT_EQ(code_of(printer.set_fan(1.5)), Errc::kOutOfRange);
  EXPECT_EQ(code_of(printer.set_fan(-0.1)), Errc::kOutOfRange);
  ASSERT_TRUE(printer.set_fan(1.0));
  EXPECT_TRUE(this->watch.wait_for_picture([](const printer::Status& s) { return s.fan == 1.0; }));
}

TYPED_TEST(PrinterContract, RecoversNothingThatNoLossOfPowerHasBrokenOff) {
  auto& printer = *this->subject;
  ASSERT_TRUE(printer.connect());
  const bool able = printer.can(Feature::kRecover);
  EXPECT_FALSE(printer.status().recovery);
  EXPECT_EQ(code_of(printer.recover(this->request("job-2"), {.of_job = "job-1"})),
            able ? Errc::kNotFound : Errc::kUnsupported);
  EXPECT_EQ(printer.status().state, State::kOperational);
  EXPECT_EQ(this->watch.results().size(), 0U);
}

TYPED_TEST(PrinterContract, EverybodyMayCallAtTheSameTime) {
  auto& printer = *this->subject;
  ASSERT_TRUE(printer.connect());
  ASSERT_TRUE(printer.start({.job_id = "job-1", .file = this->long_job.path()}));
  {
    std::vector<std::jthread> callers;
    for (int i = 0; i < 4; ++i) {
      callers.emplace_back([&, i] {
        for (int k = 0; k < 200; ++k) {
          // Whether it is accepted depends on the others.
          static_cast<void>((k + i) % 2 == 0 ? printer.pause() : printer.resume());
          static_cast<void>(printer.status());
          static_cast<void>(printer.connect());
          std::this_thread::yield();
        }
      });
    }
  }
  static_cast<void>(printer.cancel());
  ASSERT_TRUE(this->watch.wait_for_results(1));
  EXPECT_NE(this->watch.results()[0].outcome, PrintResult::Outcome::kFailed)
      << this->watch.results()[0].reason;
  EXPECT_EQ(printer.status().state, State::kOperational);
}

}  // namespace
}  // namespace stepcast::test
