#include "stepcast/jobs/queue.hpp"

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stepcast/store/queue.hpp"

#include "jobs_rig.hpp"

namespace stepcast::testing {
namespace {

using jobs::NewQueueEntry;
using jobs::Queue;
using jobs::QueueEntry;
using printer::PrintResult;
using printer::State;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// Two printers of a group and one that ejects its prints; nothing starts but by pass().
class QueueTest : public ::testing::Test {
 protected:
  struct Machine {
    explicit Machine(std::string name) : id(std::move(name)) {}
    std::string id;
    std::shared_ptr<PrinterScript> script = std::make_shared<PrinterScript>();
    ScriptedPrinter* printer = nullptr;
    std::unique_ptr<jobs::Runner> runner;
  };

  QueueTest() {
    rig.upload("cube.gcode");
    open();
    EXPECT_TRUE(queue->bed_cleared("left", "", "ada"));
    EXPECT_TRUE(queue->bed_cleared("right", "", "ada"));
  }
  ~QueueTest() override { close(); }

  void open() {
    std::vector<Queue::Printer> printers;
    for (Machine* machine : {&left, &right, &belt}) {
      machine->runner = rig.open_runner(machine->script, machine->printer, machine->id);
      EXPECT_TRUE(machine->runner->connect());
      const bool ejects = machine == &belt;
      printers.push_back({machine->runner.get(), ejects ? "" : "farm", ejects});
    }
    queue = take(Queue::open(*rig.store, *rig.library, *rig.events, printers, options));
  }
  void close() {
    queue.reset();
    for (Machine* machine : {&left, &right, &belt}) {
      machine->runner.reset();
    }
  }
  void restart_server() {
    close();
    rig.open();
    open();
  }

  QueueEntry add(NewQueueEntry entry) {
    entry.user = "ada";
    if (entry.file.empty()) {
      entry.file = "cube.gcode";
    }
    return take(queue->add(entry));
  }
  QueueEntry add_for(const std::string& printer, std::int64_t copies = 1) {
    NewQueueEntry entry;
    entry.target.printer = printer;
    entry.copies = copies;
    return add(entry);
  }
  int pass() { return take(queue->pass()); }
  std::vector<std::string> open_ids() {
    std::vector<std::string> ids;
    for (const QueueEntry& entry : take(queue->list())) {
      ids.push_back(entry.id);
    }
    return ids;
  }
  std::string why_not(const QueueEntry& entry, std::size_t printer = 0) {
    std::string text;
    const auto unmet = take(queue->find(entry.id)).unmet;
    for (const std::string& reason : unmet.at(printer).reasons) {
      text += reason + "|";
    }
    return text;
  }
  /// The job on the bed of a machine has ended well, and somebody has taken it off.
  void finish(Machine& machine) {
    machine.printer->enter(State::kPrinting);
    machine.printer->end_well();
    EXPECT_TRUE(queue->bed_cleared(machine.id, machine.script->starts.back().job_id, "ada"));
  }

  JobsRig rig;
  Machine left{"left"};
  Machine right{"right"};
  Machine belt{"belt"};
  Queue::Options options{.own_thread = false};
  std::unique_ptr<Queue> queue;
};

TEST_F(QueueTest, StartsWhatWaitsOnAPrinterThatIsReady) {
  const auto entry = add_for("left");
  EXPECT_EQ(entry.state, QueueEntry::State::kWaiting);
  EXPECT_EQ(pass(), 1);
  ASSERT_EQ(left.script->starts.size(), 1U);
  EXPECT_THAT(left.script->starts[0].file.string(), ::testing::EndsWith("cube.gcode"));
  EXPECT_EQ(take(queue->find(entry.id)).state, QueueEntry::State::kPrinting);
  left.printer->enter(State::kPrinting);
  left.printer->end_well();
  EXPECT_EQ(pass(), 0);
  const auto past = take(queue->past(10, 0));
  ASSERT_EQ(past.size(), 1U);
  EXPECT_EQ(past[0].state, QueueEntry::State::kDone);
  EXPECT_EQ(past[0].done, 1);
  EXPECT_EQ(past[0].starts.at(0).state, "done");
  EXPECT_THAT(open_ids(), IsEmpty());
}

TEST_F(QueueTest, WaitsUntilAPersonHasClearedTheBed) {
  const auto entry = add_for("left", 2);
  pass();
  left.printer->enter(State::kPrinting);
  left.printer->end_well();
  EXPECT_EQ(pass(), 0);
  EXPECT_THAT(why_not(entry), HasSubstr("bed has not been cleared since job"));
  const auto late = queue->bed_cleared("left", "another-job", "ada");
  ASSERT_FALSE(late) << "a confirmation for another print";
  EXPECT_EQ(late.error().code, Errc::kBusy);
  ASSERT_TRUE(queue->bed_cleared("left", left.script->starts[0].job_id, "ada"));
  EXPECT_EQ(pass(), 1);
  const auto too_early = queue->bed_cleared("left", left.script->starts[1].job_id, "ada");
  ASSERT_FALSE(too_early) << "it is printing";
  EXPECT_THAT(rig.types_heard(), Contains("BedCleared"));
}

TEST_F(QueueTest, TakesTheBedOfAPrinterOfWhichNothingIsKnownAsOccupied) {
  ASSERT_TRUE(rig.store->write(
      [](store::Session& session) { return store::put_on_bed(session, "left", "?"); }));
  const auto entry = add_for("left");
  EXPECT_EQ(pass(), 0);
  EXPECT_THAT(why_not(entry), HasSubstr("Nobody has said yet"));
  EXPECT_FALSE(take(queue->setup("left")).bed_clear);
  EXPECT_TRUE(take(queue->setup("belt")).bed_clear);
}

TEST_F(QueueTest, APrintThatAClientStartedOccupiesTheBedToo) {
  ASSERT_TRUE(left.runner->select(take(files::LibraryPath::parse("cube.gcode")), "ada"));
  ASSERT_TRUE(left.runner->start("ada"));
  left.printer->enter(State::kPrinting);
  left.printer->end_well();
  const auto entry = add_for("left");
  EXPECT_EQ(pass(), 0);
  EXPECT_THAT(why_not(entry), HasSubstr(left.script->starts[0].job_id));
}

TEST_F(QueueTest, APrinterThatEjectsGoesOnByItselfAfterAPrintThatIsDone) {
  add_for("belt", 3);
  EXPECT_EQ(pass(), 1);
  belt.printer->enter(State::kPrinting);
  belt.printer->end_well();
  EXPECT_EQ(pass(), 1);
  belt.printer->enter(State::kPrinting);
  belt.printer->end(PrintResult::Outcome::kFailed, "jam");
  EXPECT_EQ(pass(), 0) << "nobody knows what a failed print leaves behind";
}

TEST_F(QueueTest, SpreadsCopiesOverAGroup) {
  NewQueueEntry entry;
  entry.target.group = "farm";
  entry.copies = 3;
  const auto added = add(entry);
  EXPECT_EQ(pass(), 2);
  EXPECT_EQ(left.script->starts.size(), 1U);
  EXPECT_EQ(right.script->starts.size(), 1U);
  EXPECT_THAT(belt.script->starts, IsEmpty());
  EXPECT_EQ(take(queue->find(added.id)).waiting, 1);
  finish(right);
  EXPECT_EQ(pass(), 1);
  EXPECT_EQ(right.script->starts.size(), 2U);
}

TEST_F(QueueTest, ServesByPriorityAndThenInOrder) {
  const auto first = add_for("left");
  const auto second = add_for("left");
  NewQueueEntry urgent;
  urgent.target.printer = "left";
  urgent.priority = 5;
  const auto third = add(urgent);
  EXPECT_THAT(open_ids(), ElementsAre(third.id, first.id, second.id));
  ASSERT_TRUE(queue->move(second.id, first.id, "ada"));
  EXPECT_THAT(open_ids(), ElementsAre(third.id, second.id, first.id));
  ASSERT_TRUE(queue->move(first.id, third.id, "ada"));
  EXPECT_THAT(open_ids(), ElementsAre(first.id, third.id, second.id));
  EXPECT_EQ(take(queue->find(first.id)).priority, 5);
  ASSERT_TRUE(queue->move(first.id, "", "ada"));
  EXPECT_THAT(open_ids(), ElementsAre(third.id, first.id, second.id));
  Queue::Edit edit;
  edit.priority = -1;
  ASSERT_TRUE(queue->edit(third.id, edit, "ada"));
  EXPECT_THAT(open_ids(), ElementsAre(first.id, second.id, third.id));
}

TEST_F(QueueTest, NamesTheConditionsThatAreNotMet) {
  NewQueueEntry entry;
  entry.target.printer = "left";
  entry.needs = {.material = "PETG", .nozzle = Mm(0.6)};
  const auto added = add(entry);
  EXPECT_EQ(pass(), 0);
  EXPECT_EQ(why_not(added),
            "PETG is needed, and nobody has said what is loaded.|"
            "A nozzle of 0.60 mm is needed, and one of 0.40 mm is mounted.|");
  ASSERT_TRUE(queue->set_loaded("left", "PLA", Mm(0.6), "ada"));
  EXPECT_EQ(why_not(added), "PETG is needed, and PLA is loaded.|");
  ASSERT_TRUE(queue->set_loaded("left", "petg", Mm(0.6), "ada"));
  EXPECT_EQ(why_not(added), "");
  EXPECT_EQ(pass(), 1);
}

TEST_F(QueueTest, APausedPrinterTakesNothingNew) {
  const auto entry = add_for("left");
  ASSERT_TRUE(queue->pause("left", true, "ada"));
  EXPECT_EQ(pass(), 0);
  EXPECT_THAT(why_not(entry), HasSubstr("paused"));
  ASSERT_TRUE(queue->pause("left", false, "ada"));
  EXPECT_EQ(pass(), 1);
}

TEST_F(QueueTest, ACancelledEntryStartsNothingMoreAndLeavesItsPrintsAlone) {
  const auto entry = add_for("left", 2);
  pass();
  left.printer->enter(State::kPrinting);
  ASSERT_TRUE(queue->cancel(entry.id, "ada"));
  left.printer->end_well();
  ASSERT_TRUE(queue->bed_cleared("left", left.script->starts[0].job_id, "ada"));
  EXPECT_EQ(pass(), 0);
  const auto after = take(queue->find(entry.id));
  EXPECT_EQ(after.state, QueueEntry::State::kCancelled);
  EXPECT_EQ(after.done, 1);
  EXPECT_EQ(queue->cancel(entry.id, "ada").error().code, Errc::kBusy);
}

TEST_F(QueueTest, WhatExpiredStaysVisibleAsExpired) {
  const auto entry = add_for("left");
  Queue::Edit edit;
  edit.expires = std::optional<store::UnixMs>(1);
  ASSERT_TRUE(queue->edit(entry.id, edit, "ada"));
  EXPECT_EQ(pass(), 0);
  EXPECT_THAT(left.script->starts, IsEmpty());
  EXPECT_EQ(take(queue->past(10, 0)).at(0).state, QueueEntry::State::kExpired);
  EXPECT_THAT(rig.types_heard(), Contains("QueueExpired"));
}

TEST_F(QueueTest, ALeaseThatRanOutIsVisibleAndItsCopyWaitsAgain) {
  options.lease = std::chrono::milliseconds(0);
  restart_server();
  const auto entry = add_for("left");
  EXPECT_EQ(pass(), 0);
  EXPECT_THAT(left.script->starts, IsEmpty());
  auto after = take(queue->find(entry.id));
  ASSERT_EQ(after.starts.size(), 1U);
  EXPECT_EQ(after.starts[0].state, "expired");
  EXPECT_THAT(after.starts[0].reason, HasSubstr("run out"));
  EXPECT_EQ(after.waiting, 1);
  options.lease = std::chrono::seconds(30);
  restart_server();
  EXPECT_EQ(pass(), 1);
  EXPECT_NE(left.script->starts.at(0).job_id, after.starts[0].id) << "another start";
}

TEST_F(QueueTest, NeverRepeatsAStartThatThePrinterRefused) {
  const auto entry = add_for("left");
  left.script->refuse_start = Error{Errc::kNetwork, "no answer", {}, {}};
  EXPECT_EQ(pass(), 1) << "asked";
  left.script->refuse_start.reset();
  EXPECT_EQ(pass(), 0);
  ASSERT_TRUE(queue->bed_cleared("left", rig.rows("left").at(0).id, "ada"));
  EXPECT_EQ(pass(), 0);
  EXPECT_THAT(left.script->starts, IsEmpty());
  const auto after = take(queue->find(entry.id));
  EXPECT_EQ(after.failed, 1);
  EXPECT_EQ(after.state, QueueEntry::State::kDone);
}

TEST_F(QueueTest, PrintsOnlyWhatWasQueued) {
  const auto entry = add_for("left");
  rig.upload("cube.gcode", "G28\nG1 X99 F3000\n");
  EXPECT_EQ(pass(), 0);
  EXPECT_THAT(why_not(entry), HasSubstr("replaced since it was queued"));
}

TEST_F(QueueTest, PrintsNothingThatTheAnalysisRefuses) {
  rig.analysis.error = "X120 is outside of the travel";
  rig.upload("large.gcode", "G28\nG1 X120 F3000\n");
  NewQueueEntry entry;
  entry.target.printer = "left";
  entry.file = "large.gcode";
  const auto added = add(entry);
  EXPECT_EQ(pass(), 0);
  EXPECT_THAT(why_not(added), HasSubstr("outside of the travel"));
}

TEST_F(QueueTest, IsThereAgainAfterARestart) {
  const auto waiting = add_for("left", 2);
  pass();
  left.printer->enter(State::kPrinting);
  restart_server();
  const auto entry = take(queue->find(waiting.id));
  EXPECT_EQ(entry.waiting, 1);
  EXPECT_EQ(entry.under_way, 1);
  EXPECT_EQ(pass(), 0) << "its bed is occupied";
  EXPECT_EQ(left.script->starts.size(), 1U);
  EXPECT_EQ(left.script->continued.size(), 1U);
}

TEST_F(QueueTest, RefusesWhatCannotBeServed) {
  const auto code_of = [&](auto&& change) {
    NewQueueEntry entry;
    entry.file = "cube.gcode";
    change(entry);
    const auto added = queue->add(entry);
    return added ? Errc{} : added.error().code;
  };
  EXPECT_EQ(code_of([](auto& e) { e.file = "none.gcode"; }), Errc::kNotFound);
  EXPECT_EQ(code_of([](auto& e) { e.target.printer = "none"; }), Errc::kNotFound);
  EXPECT_EQ(code_of([](auto& e) { e.target.group = "none"; }), Errc::kNotFound);
  EXPECT_EQ(code_of([](auto& e) { e.target = {"left", "farm"}; }), Errc::kInvalidArgument);
  EXPECT_EQ(code_of([](auto& e) { e.copies = 0; }), Errc::kOutOfRange);
  EXPECT_EQ(code_of([](auto& e) { e.copies = 1001; }), Errc::kOutOfRange);
  EXPECT_EQ(code_of([](auto& e) { e.priority = 101; }), Errc::kOutOfRange);
  EXPECT_EQ(code_of([](auto& e) { e.expires = 1; }), Errc::kInvalidArgument);
  EXPECT_EQ(code_of([](auto& e) { e.needs.nozzle = Mm(-1); }), Errc::kOutOfRange);
  EXPECT_EQ(code_of([](auto& e) { e.needs.material.assign(61, 'x'); }), Errc::kOutOfRange);
  EXPECT_THAT(open_ids(), IsEmpty());
  options.most_open = 1;
  restart_server();
  add_for("left");
  EXPECT_EQ(code_of([](auto& /*entry*/) {}), Errc::kFull);
}

TEST_F(QueueTest, ItsOwnThreadStartsWhatBecomesReady) {
  options.own_thread = true;
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t starts = 0;
  belt.script->on_start = [&](const printer::PrintRequest& /*request*/) {
    const std::scoped_lock lock(mutex);
    ++starts;
    changed.notify_all();
  };
  restart_server();
  add_for("belt", 2);
  std::unique_lock lock(mutex);
  ASSERT_TRUE(changed.wait_for(lock, std::chrono::seconds(30), [&] { return starts == 1; }));
  lock.unlock();
  // Its start returns on the queue's thread; the printer takes no end before.
  while (belt.runner->printer().status().state != State::kStarting) {
    std::this_thread::yield();
  }
  belt.printer->enter(State::kPrinting);
  belt.printer->end_well();
  lock.lock();
  EXPECT_TRUE(changed.wait_for(lock, std::chrono::seconds(30), [&] { return starts == 2; }));
  lock.unlock();
  while (belt.runner->printer().status().state != State::kStarting) {
    std::this_thread::yield();
  }
}

}  // namespace
}  // namespace stepcast::testing
