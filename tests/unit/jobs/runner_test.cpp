#include "stepcast/jobs/runner.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "jobs_rig.hpp"

namespace stepcast::testing {
namespace {

using printer::PrintResult;
using printer::State;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::chrono::seconds kPatience{60};

class RunnerTest : public ::testing::Test {
 protected:
  RunnerTest() {
    rig.upload("cube.gcode");
    open();
    rig.types_heard();
    rig.heard.clear();
  }
  void open() { runner = rig.open_runner(script, machine); }
  /// The server stops in mid-air and is started again; the machine is another object then.
  void restart_server() {
    runner.reset();
    rig.open();
    open();
    rig.types_heard();
    rig.heard.clear();
  }
  void start() {
    ASSERT_TRUE(runner->connect());
    ASSERT_TRUE(runner->select(take(files::LibraryPath::parse("cube.gcode")), "ada"));
    const auto started = runner->start("bob");
    ASSERT_TRUE(started) << started.error().to_string();
  }
  /// A print of cube.gcode is broken off by a loss of power.
  void break_off() {
    start();
    machine->enter(State::kPrinting);
    machine->end(PrintResult::Outcome::kFailed, "the device was lost", 4);
    machine->break_off(rig.rows()[0].id);
    rig.types_heard();
    rig.heard.clear();
  }
  [[nodiscard]] Result<void> remove_file() {
    return rig.library->remove(take(files::LibraryPath::parse("cube.gcode")));
  }

  JobsRig rig;
  std::shared_ptr<PrinterScript> script = std::make_shared<PrinterScript>();
  ScriptedPrinter* machine = nullptr;
  std::unique_ptr<jobs::Runner> runner;
};

TEST_F(RunnerTest, TellsAPrintFromItsStartToItsEnd) {
  start();
  machine->enter(State::kPrinting);
  ASSERT_TRUE(runner->pause("eve"));
  machine->enter(State::kPaused);
  ASSERT_TRUE(runner->resume("eve"));
  machine->enter(State::kPrinting);
  machine->end_well();
  std::vector<std::string> types;
  for (const std::string& type : rig.types_heard()) {
    if (type != "PrinterStateChanged") {
      types.push_back(type);
    }
  }
  EXPECT_THAT(types, ElementsAre("Connected", "FileSelected", "PrintStarted", "PrintPaused",
                                 "PrintResumed", "PrintDone"));
  const events::Event& done = rig.heard[rig.heard.size() - 2];
  EXPECT_EQ(done.type, "PrintDone");
  EXPECT_EQ(done.printer, "taz6");
  EXPECT_EQ(done.job, script->starts.at(0).job_id);
  EXPECT_THAT(done.payload, HasSubstr(R"("path":"cube.gcode")"));
  EXPECT_THAT(done.payload, HasSubstr(R"("time":10.0)"));
  EXPECT_THAT(done.payload, HasSubstr(R"("owner":"bob")"));
}

/// The file is there, and its analysis takes as long as the test wants.
class UnanalysedTest : public RunnerTest {
 protected:
  UnanalysedTest() {
    rig.upload_unanalysed("new.gcode", "G28\nG1 X11 F3000\n");
    EXPECT_TRUE(runner->connect());
    EXPECT_TRUE(runner->select(take(files::LibraryPath::parse("new.gcode")), "ada"));
    const auto started = runner->start("bob");
    EXPECT_TRUE(started) << started.error().to_string();
  }
  void wait_for_the_end_of_the_start() {
    analysing.unlock();
    const auto has_ended = [this] {
      const auto types = rig.types_heard();
      return std::any_of(types.begin(), types.end(), [](const std::string& type) {
        return type == "PrintFailed" || type == "PrintCancelled";
      });
    };
    while (script->started == 0 && !has_ended()) {
      std::this_thread::yield();
    }
  }
  std::unique_lock<std::mutex> analysing{rig.analysing};
};

TEST_F(UnanalysedTest, StartsOnceItsFileIsAnalysed) {
  EXPECT_EQ(runner->status().state, State::kStarting);
  EXPECT_TRUE(script->starts.empty());
  EXPECT_FALSE(runner->start("eve")) << "one start at a time";
  EXPECT_FALSE(rig.library->remove(take(files::LibraryPath::parse("new.gcode"))));
  rig.analysis.print_time_s = 77;
  wait_for_the_end_of_the_start();
  ASSERT_EQ(script->starts.size(), 1U);
  machine->enter(State::kPrinting);
  machine->end_well();
  EXPECT_EQ(rig.rows().at(0).state, "done");
  EXPECT_EQ(rig.rows().at(0).estimated_s, 77.0);
}

TEST_F(UnanalysedTest, FailsWithTheReasonIfItDoesNotFit) {
  rig.analysis.error = "X would go to 300 mm";
  wait_for_the_end_of_the_start();
  EXPECT_TRUE(script->starts.empty());
  EXPECT_EQ(runner->status().state, State::kOperational);
  EXPECT_EQ(rig.rows().at(0).state, "failed");
  EXPECT_EQ(rig.rows().at(0).reason, "X would go to 300 mm");
  EXPECT_THAT(rig.types_heard(), ::testing::Contains("PrintFailed"));
  EXPECT_TRUE(rig.library->remove(take(files::LibraryPath::parse("new.gcode"))));
}

TEST_F(UnanalysedTest, CanBeCancelled) {
  ASSERT_TRUE(runner->cancel("eve"));
  EXPECT_EQ(runner->status().state, State::kOperational);
  EXPECT_EQ(rig.rows().at(0).state, "cancelled");
  wait_for_the_end_of_the_start();
  EXPECT_TRUE(script->starts.empty());
}

TEST_F(UnanalysedTest, IsClosedByTheNextStartOfTheServer) {
  runner.reset();
  analysing.unlock();
  restart_server();
  script->refuse_continue = Error{Errc::kNotFound, "no such job", {}, {}};
  ASSERT_TRUE(runner->connect());
  EXPECT_EQ(rig.rows().at(0).state, "failed");
  EXPECT_TRUE(script->starts.empty());
}

TEST_F(RunnerTest, NamesWhoPaused) {
  start();
  machine->enter(State::kPrinting);
  ASSERT_TRUE(runner->pause("eve"));
  machine->enter(State::kPaused);
  rig.events->flush();
  for (const events::Event& event : rig.heard) {
    if (event.type == "PrintPaused") {
      EXPECT_THAT(event.payload, HasSubstr(R"("user":"eve")"));
      return;
    }
  }
  FAIL() << "nobody told of the pause";
}

TEST_F(RunnerTest, HasTheRowOnDiskBeforeThePrinterIsAsked) {
  std::vector<std::string> states;
  script->on_start = [&](const printer::PrintRequest& request) {
    for (const store::JobRow& row : rig.rows()) {
      EXPECT_EQ(row.id, request.job_id);
      states.push_back(row.state);
    }
  };
  start();
  EXPECT_THAT(states, ElementsAre("starting"));
}

TEST_F(RunnerTest, EntersHowAPrintEnded) {
  const std::vector<std::pair<PrintResult::Outcome, std::string>> ends{
      {PrintResult::Outcome::kDone, "done"},
      {PrintResult::Outcome::kCancelled, "cancelled"},
      {PrintResult::Outcome::kFailed, "failed"}};
  for (const auto& [outcome, state] : ends) {
    start();
    machine->enter(State::kPrinting);
    machine->end(outcome, "a reason");
    const store::JobRow row = rig.rows().at(0);
    EXPECT_EQ(row.state, state);
    EXPECT_EQ(row.reason, "a reason");
    EXPECT_EQ(row.actual_s, 10.0);
    EXPECT_TRUE(row.ended);
  }
  const auto counts = runner->view().counts;
  EXPECT_EQ(counts.done, 1);
  EXPECT_EQ(counts.failed, 2);
}

TEST_F(RunnerTest, ARefusedStartIsEnteredAsFailedAndLeavesThePrinterFree) {
  ASSERT_TRUE(runner->connect());
  ASSERT_TRUE(runner->select(take(files::LibraryPath::parse("cube.gcode")), "ada"));
  script->refuse_start = Error{Errc::kFault, "the lid is open", {}, {}};
  const auto refused = runner->start("ada");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "the lid is open");
  EXPECT_EQ(rig.rows().at(0).state, "failed");
  EXPECT_EQ(rig.rows().at(0).reason, "the lid is open");
  script->refuse_start.reset();
  EXPECT_TRUE(runner->start("ada"));
  EXPECT_EQ(script->starts.size(), 1U);
}

TEST_F(RunnerTest, StartsOnlyOnceWhateverIsAsked) {
  start();
  for (const State state :
       {State::kStarting, State::kPrinting, State::kPaused, State::kFinishing}) {
    if (state != State::kStarting) {
      machine->enter(state);
    }
    const auto again = runner->start("eve");
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, Errc::kBusy);
  }
  EXPECT_EQ(script->starts.size(), 1U);
}

TEST_F(RunnerTest, StartsNothingWithoutAFileOrOffline) {
  EXPECT_FALSE(runner->start("ada"));
  ASSERT_TRUE(runner->connect());
  const auto nothing = runner->start("ada");
  ASSERT_FALSE(nothing);
  EXPECT_EQ(nothing.error().message, "no file is selected");
  EXPECT_THAT(rig.rows(), IsEmpty());
}

TEST_F(RunnerTest, KeepsTheFileOfAPrintUntilItHasEnded) {
  start();
  machine->enter(State::kPrinting);
  EXPECT_EQ(remove_file().error().code, Errc::kBusy);
  machine->end_well();
  EXPECT_TRUE(remove_file());
}

TEST_F(RunnerTest, BeginsAPausedPrintAnew) {
  start();
  machine->enter(State::kPrinting);
  EXPECT_FALSE(runner->restart("ada")) << "it is not paused";
  ASSERT_TRUE(runner->pause());
  machine->enter(State::kPaused);
  std::thread gives_in([&] {
    while (machine->status().state != State::kCancelling) {
      std::this_thread::yield();
    }
    machine->end(PrintResult::Outcome::kCancelled);
  });
  // The end of the print and its return to Operational are two steps of the machine.
  const auto again = runner->restart("ada");
  gives_in.join();
  EXPECT_TRUE(again) << again.error().to_string();
  EXPECT_EQ(script->starts.size(), 2U);
}

TEST_F(RunnerTest, TheRestOfABrokenOffPrintIsAJobOfItsOwnAndBooksWhatIsLeft) {
  {
    const std::scoped_lock lock(rig.analysing);
    rig.analysis.print_time_s = 100;
    rig.analysis.filament_mm = 1000;
  }
  rig.upload("part.gcode", "G28\nG1 X12 F3000\n");
  ASSERT_TRUE(runner->connect());
  const auto nothing = runner->recover({}, "eve", kPatience);
  ASSERT_FALSE(nothing);
  EXPECT_EQ(nothing.error().code, Errc::kNotFound);
  ASSERT_TRUE(runner->select(take(files::LibraryPath::parse("part.gcode")), "ada"));
  ASSERT_TRUE(runner->start("bob"));
  machine->enter(State::kPrinting);
  machine->end(PrintResult::Outcome::kFailed, "the device was lost", 40);
  const std::string former = rig.rows()[0].id;
  machine->break_off(former);

  // Somebody prints something else from another file meanwhile: that does not matter.
  ASSERT_TRUE(runner->select(take(files::LibraryPath::parse("cube.gcode")), "ada"));
  rig.types_heard();
  rig.heard.clear();
  ASSERT_TRUE(runner->recover(Mm(12.5), "eve", kPatience));
  ASSERT_EQ(script->recovered.size(), 1U);
  EXPECT_EQ(script->recovered[0].of_job, former);
  EXPECT_EQ(script->recovered[0].nozzle_height, Mm(12.5));
  EXPECT_EQ(runner->view().file->path, "part.gcode");
  const store::JobRow rest = rig.rows()[0];
  EXPECT_NE(rest.id, former);
  EXPECT_EQ(rest.recovers, former);
  EXPECT_EQ(rest.user, "eve");
  EXPECT_EQ(rest.estimated_s, 60);
  EXPECT_EQ(rest.filament_mm, 600);
  rig.types_heard();
  const auto told = std::find_if(rig.heard.begin(), rig.heard.end(),
                                 [](const events::Event& e) { return e.type == "PrintStarted"; });
  ASSERT_NE(told, rig.heard.end());
  EXPECT_THAT(told->payload, HasSubstr(former));
  machine->enter(State::kPrinting);
  machine->end_well();
  EXPECT_EQ(rig.rows()[0].state, "done");
  EXPECT_EQ(rig.rows()[1].state, "failed");
}

TEST_F(RunnerTest, RecoversNoPrintWhoseFileHasChangedOrGone) {
  start();
  machine->enter(State::kPrinting);
  machine->end(PrintResult::Outcome::kFailed, "the device was lost", 4);
  machine->break_off(rig.rows()[0].id);
  rig.upload("cube.gcode", "G28\nG1 X11 F3000\n");
  const auto changed = runner->recover({}, "eve", kPatience);
  ASSERT_FALSE(changed);
  EXPECT_EQ(changed.error().code, Errc::kOutOfRange);
  ASSERT_TRUE(remove_file());
  const auto gone = runner->recover({}, "eve", kPatience);
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code, Errc::kNotFound);
  EXPECT_THAT(script->recovered, IsEmpty());
  EXPECT_EQ(rig.rows().size(), 1U);
}

TEST_F(RunnerTest, AnAttemptToRecoverThatThePlanRefusesIsAnsweredAndInNoBooks) {
  break_off();
  script->refuse_recover = Error{.code = Errc::kInvalidArgument,
                                 .message = "nobody knows how high the nozzle is",
                                 .location = std::string(printer::kNozzleHeight),
                                 .remedy = {}};
  rig.upload("other.gcode", "G28\n");
  ASSERT_TRUE(runner->select(take(files::LibraryPath::parse("other.gcode")), "ada"));
  rig.types_heard();
  rig.heard.clear();
  const auto refused = runner->recover({}, "eve", kPatience);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::kInvalidArgument);
  EXPECT_EQ(refused.error().location, printer::kNozzleHeight);
  EXPECT_EQ(runner->status().state, State::kOperational);
  EXPECT_EQ(runner->view().file->path, "other.gcode") << "nothing else was selected";
  EXPECT_EQ(rig.rows().size(), 1U);
  EXPECT_THAT(rig.types_heard(), ::testing::Each("PrinterStateChanged"));

  script->refuse_recover.reset();
  ASSERT_TRUE(runner->recover(Mm(3), "eve", kPatience)) << "it may be tried again";
  machine->enter(State::kPrinting);
  machine->end_well();
  EXPECT_EQ(rig.rows().size(), 2U);
  EXPECT_TRUE(remove_file()) << "every hold was released";
}

TEST_F(RunnerTest, WhileARecoveryIsPlannedItHasThePrinterAndIsInNoBooks) {
  break_off();
  script->plans_long = true;
  ASSERT_TRUE(runner->recover({}, "eve", {})) << "who asks is not kept waiting";
  EXPECT_EQ(runner->status().state, State::kStarting);
  EXPECT_EQ(rig.rows().size(), 1U);
  EXPECT_EQ(runner->start("bob").error().code, Errc::kBusy);
  EXPECT_EQ(runner->recover({}, "bob", kPatience).error().code, Errc::kBusy);
  EXPECT_EQ(remove_file().error().code, Errc::kBusy) << "its file is needed";
  machine->refuse_rest(
      {.code = Errc::kFault, .message = "other plan", .location = {}, .remedy = {}});
  EXPECT_EQ(runner->status().state, State::kOperational);
  EXPECT_EQ(rig.rows().size(), 1U);

  ASSERT_TRUE(runner->recover({}, "eve", {}));
  machine->begin_rest();
  EXPECT_EQ(rig.rows().at(0).state, "starting") << "before anything heats";
  EXPECT_EQ(rig.rows().at(0).recovers, rig.rows().at(1).id);
  std::vector<std::string> types = rig.types_heard();
  std::erase(types, "PrinterStateChanged");
  EXPECT_THAT(types, ElementsAre("PrintStarted"));
}

TEST_F(RunnerTest, ARecoveryThatIsCancelledOrCutOffWhileItIsPlannedHasNeverBeen) {
  break_off();
  script->plans_long = true;
  ASSERT_TRUE(runner->recover({}, "eve", {}));
  ASSERT_TRUE(runner->cancel("eve"));
  machine->refuse_rest({.code = Errc::kBusy, .message = "cancelled", .location = {}, .remedy = {}});
  EXPECT_EQ(rig.rows().size(), 1U);
  ASSERT_TRUE(runner->recover({}, "eve", {}));
  restart_server();
  EXPECT_EQ(rig.rows().size(), 1U);
  ASSERT_TRUE(runner->connect());
  EXPECT_THAT(script->continued, IsEmpty()) << "no print was under way";
  EXPECT_EQ(runner->status().state, State::kOperational);
}

TEST_F(RunnerTest, HandsAPrintUnderWayToThePrinterAfterARestart) {
  start();
  machine->enter(State::kPrinting);
  const std::string job = script->starts.at(0).job_id;
  restart_server();
  EXPECT_EQ(remove_file().error().code, Errc::kBusy) << "its file is needed";
  ASSERT_TRUE(runner->connect());
  ASSERT_EQ(script->continued.size(), 1U);
  EXPECT_EQ(script->continued[0].job_id, job);
  EXPECT_THAT(rig.types_heard(), ::testing::Contains("PrintContinued"));
  machine->end_well();
  EXPECT_EQ(rig.rows().at(0).state, "done");
  EXPECT_EQ(script->starts.size(), 1U);
}

TEST_F(RunnerTest, StillKnowsAfterARestartWhatIsPrinted) {
  start();
  machine->enter(State::kPrinting);
  const std::string job = script->starts.at(0).job_id;
  restart_server();
  ASSERT_TRUE(runner->connect());
  const jobs::Runner::View view = runner->view();
  ASSERT_TRUE(view.file.has_value());
  EXPECT_EQ(view.file->path, "cube.gcode");
  EXPECT_EQ(view.user, "bob");
  EXPECT_EQ(view.status.job_id, job);
  EXPECT_EQ(view.status.state, State::kPrinting);
}

TEST_F(RunnerTest, PrintsASelectedFileAsWhatItIsNow) {
  ASSERT_TRUE(runner->connect());
  ASSERT_TRUE(runner->select(take(files::LibraryPath::parse("cube.gcode")), "ada"));
  const std::string before = runner->view().file->sha256;
  rig.upload("cube.gcode", "G28\nG1 X22 F3000\n");
  const std::string now = runner->view().file->sha256;
  EXPECT_NE(now, before);
  ASSERT_TRUE(runner->start("bob"));
  EXPECT_EQ(rig.rows().at(0).sha256, now);
}

TEST_F(RunnerTest, SelectsNothingThatHasGone) {
  const auto select = [&](const char* path) {
    EXPECT_TRUE(runner->select(take(files::LibraryPath::parse(path)), "ada"));
  };
  select("cube.gcode");
  ASSERT_TRUE(rig.library->move(take(files::LibraryPath::parse("cube.gcode")),
                                take(files::LibraryPath::parse("parts/cube.gcode"))));
  EXPECT_FALSE(runner->view().file.has_value());
  select("parts/cube.gcode");
  ASSERT_TRUE(rig.library->remove(take(files::LibraryPath::parse("parts"))));
  EXPECT_FALSE(runner->view().file.has_value());
  EXPECT_THAT(rig.types_heard(), ::testing::Contains("FileDeselected"));
}

TEST_F(RunnerTest, ShowsNoFileWithTheProgressOfAnother) {
  start();
  machine->enter(State::kPrinting);
  machine->end_well();
  const std::string job = script->starts.at(0).job_id;
  EXPECT_EQ(runner->view().status.job_id, job) << "what was printed is still selected";
  EXPECT_EQ(runner->view().counts.done, 1);
  rig.upload("other.gcode");
  ASSERT_TRUE(runner->select(take(files::LibraryPath::parse("other.gcode")), "eve"));
  EXPECT_EQ(runner->view().status.job_id, "");
  EXPECT_EQ(runner->status().job_id, job) << "the last job of the printer";
  script->refuse_start = Error{Errc::kOutOfRange, "too wide", {}, {}};
  EXPECT_FALSE(runner->start("eve"));
  EXPECT_EQ(runner->view().status.job_id, "") << "a start that was refused printed nothing";
  ASSERT_TRUE(runner->unselect());
  EXPECT_EQ(runner->view().status.job_id, "");
  EXPECT_EQ(runner->view().user, "");
  EXPECT_EQ(runner->view().counts.done, 0);
}

TEST_F(RunnerTest, ClosesAPrintThatThePrinterDoesNotKnow) {
  start();
  machine->enter(State::kPrinting);
  restart_server();
  script->refuse_continue = Error{Errc::kNotFound, "no journal", {}, {}};
  ASSERT_TRUE(runner->connect());
  const store::JobRow row = rig.rows().at(0);
  EXPECT_EQ(row.state, "failed");
  EXPECT_THAT(row.reason, HasSubstr("the printer knows nothing of it"));
  EXPECT_THAT(rig.types_heard(), ::testing::Contains("PrintFailed"));
  EXPECT_EQ(runner->status().state, State::kOperational);
  EXPECT_TRUE(remove_file());
}

TEST_F(RunnerTest, WaitsWithAPrintUnderWayForAPrinterThatIsAway) {
  start();
  machine->enter(State::kPrinting);
  restart_server();
  script->refuse_connect = Error{Errc::kNetwork, "no answer", {}, {}};
  EXPECT_FALSE(runner->connect());
  EXPECT_EQ(rig.rows().at(0).state, "printing");
  script->refuse_connect.reset();
  script->refuse_continue = Error{Errc::kNetwork, "gone again", {}, {}};
  EXPECT_FALSE(runner->connect());
  EXPECT_EQ(rig.rows().at(0).state, "printing");
  script->refuse_continue.reset();
  ASSERT_TRUE(runner->connect());
  EXPECT_EQ(script->continued.size(), 1U);
}

TEST_F(RunnerTest, KeepsAPrinterConnectedUntilSomebodyDisconnectsIt) {
  open();
  script->refuse_connect = Error{Errc::kNetwork, "no answer", {}, {}};
  EXPECT_FALSE(runner->keep_connected());
  script->refuse_connect.reset();
  ASSERT_TRUE(runner->keep_connected());
  EXPECT_EQ(runner->status().state, State::kOperational);
  ASSERT_TRUE(runner->disconnect());
  ASSERT_TRUE(runner->keep_connected());
  EXPECT_EQ(runner->status().state, State::kOffline);
  ASSERT_TRUE(runner->connect());
  EXPECT_EQ(runner->status().state, State::kOperational);
}

TEST_F(RunnerTest, GivesUpAPrintWhosePrinterStaysAway) {
  start();
  machine->enter(State::kPrinting);
  restart_server();
  ASSERT_TRUE(runner->cancel("ada"));
  EXPECT_EQ(rig.rows().at(0).state, "cancelled");
  ASSERT_TRUE(runner->connect());
  EXPECT_THAT(script->continued, IsEmpty());
}

}  // namespace
}  // namespace stepcast::testing
