#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "stepcast/jobs/queue.hpp"

#include "jobs_rig.hpp"

namespace stepcast::testing {
namespace {

using jobs::Queue;
using jobs::QueueEntry;
using printer::PrintResult;
using printer::State;

constexpr std::uint32_t kRuns = 5;
constexpr std::uint32_t kFirstSeed = 1;
constexpr int kSteps = 150;

/// What is known of an entry without asking the queue.
struct Known {
  std::int64_t copies = 0;
  bool cancelled = false;
};

/// A farm of three that users, machines and crashes treat at random.
class Farm {
 public:
  explicit Farm(std::uint32_t seed) : random_(seed) {
    rig_.upload("cube.gcode");
    open();
  }
  ~Farm() { close(); }

  void step() {
    switch (below(12)) {
      case 0:
      case 1:
        return add();
      case 2:
        return cancel();
      case 3:
        return edit();
      case 4:
        return move();
      case 5:
        return clear_a_bed();
      case 6:
        return restart();
      case 7:
        machine().script->refuse_start =
            below(3) == 0 ? std::optional(Error{Errc::kNetwork, "no answer", {}, {}})
                          : std::nullopt;
        return;
      case 8:
        return pause_or_load();
      default:
        return work();
    }
  }

  /// Every promise of the queue, against the printers' own memory of what they were asked.
  void check() {
    std::set<std::string> asked;
    for (const Machine& machine : machines_) {
      for (const printer::PrintRequest& request : machine.script->starts) {
        ASSERT_TRUE(asked.insert(request.job_id).second) << request.job_id << " was started twice";
      }
    }
    std::map<std::string, QueueEntry> entries;
    for (QueueEntry& entry : take(queue_->list())) {
      entries.emplace(entry.id, entry);
    }
    for (QueueEntry& entry : take(queue_->past(10'000, 0))) {
      entries.emplace(entry.id, entry);
    }
    ASSERT_EQ(entries.size(), known_.size()) << "an entry was lost or doubled";
    std::size_t started = 0;
    for (const auto& [id, known] : known_) {
      ASSERT_EQ(entries.count(id), 1U);
      const QueueEntry& entry = entries.at(id);
      ASSERT_EQ(entry.copies, known.copies);
      ASSERT_LE(entry.under_way + entry.done + entry.failed, entry.copies) << id;
      if (known.cancelled) {
        ASSERT_EQ(entry.waiting, 0);
      } else {
        ASSERT_EQ(entry.waiting + entry.under_way + entry.done + entry.failed, entry.copies) << id;
      }
      for (const jobs::QueueStart& start : entry.starts) {
        started += asked.count(start.id);
        if (start.state == "expired") {
          ASSERT_EQ(asked.count(start.id), 0U) << "an expired start was carried out";
        }
      }
    }
    ASSERT_EQ(started, asked.size()) << "a printer started what nobody had queued";
    starts_ += started;
  }
  /// Of all checks together.
  [[nodiscard]] std::size_t starts() const { return starts_; }

 private:
  struct Machine {
    std::string id;
    std::shared_ptr<PrinterScript> script;
    ScriptedPrinter* printer = nullptr;
    std::unique_ptr<jobs::Runner> runner;
  };

  std::size_t below(std::size_t limit) {
    return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random_);
  }
  Machine& machine() { return machines_[below(machines_.size())]; }

  void open() {
    std::vector<Queue::Printer> printers;
    for (Machine& machine : machines_) {
      machine.runner = rig_.open_runner(machine.script, machine.printer, machine.id);
      ASSERT_TRUE(machine.runner->connect());
      printers.push_back({machine.runner.get(), "farm", machine.id == "belt"});
    }
    queue_ = take(
        Queue::open(*rig_.store, *rig_.library, *rig_.events, printers, {.own_thread = false}));
  }
  void close() {
    queue_.reset();
    for (Machine& machine : machines_) {
      machine.runner.reset();
    }
  }
  void restart() {
    for (Machine& machine : machines_) {
      // Some printers know what they were doing, some do not.
      machine.script->refuse_continue =
          below(2) == 0 ? std::optional(Error{Errc::kNotFound, "no such job", {}, {}})
                        : std::nullopt;
    }
    close();
    rig_.open();
    open();
  }

  std::string some_entry() {
    auto at = known_.begin();
    std::advance(at, static_cast<std::ptrdiff_t>(below(known_.size())));
    return at->first;
  }
  void add() {
    jobs::NewQueueEntry entry;
    entry.file = "cube.gcode";
    entry.user = "ada";
    entry.copies = 1 + static_cast<std::int64_t>(below(3));
    entry.priority = static_cast<std::int64_t>(below(3));
    entry.target.printer = below(2) == 0 ? machine().id : "";
    entry.needs.material = below(4) == 0 ? "PETG" : "";
    known_[take(queue_->add(entry)).id] = {entry.copies, false};
  }
  void cancel() {
    if (known_.empty()) {
      return;
    }
    const std::string id = some_entry();
    if (queue_->cancel(id, "ada")) {
      known_[id].cancelled = true;
    }
  }
  void edit() {
    if (known_.empty()) {
      return;
    }
    const std::string id = some_entry();
    Queue::Edit edit;
    edit.copies = 1 + static_cast<std::int64_t>(below(4));
    edit.priority = static_cast<std::int64_t>(below(3));
    if (queue_->edit(id, edit, "ada")) {
      known_[id].copies = *edit.copies;
    }
  }
  void move() {
    const auto entries = take(queue_->list());
    if (entries.size() < 2) {
      return;
    }
    const std::string& id = entries[below(entries.size())].id;
    const std::string& before = entries[below(entries.size())].id;
    if (id == before || !queue_->move(id, before, "ada")) {
      return;
    }
    const auto after = take(queue_->list());
    for (std::size_t i = 0; i < after.size(); ++i) {
      if (after[i].id == id) {
        ASSERT_LT(i + 1, after.size());
        ASSERT_EQ(after[i + 1].id, before);
      }
    }
  }
  void clear_a_bed() {
    Machine& cleared = machine();
    const auto setup = take(queue_->setup(cleared.id));
    const bool printing = cleared.printer->status().state != State::kOperational;
    const bool done = queue_->bed_cleared(cleared.id, setup.bed_job, "ada").has_value();
    if (printing) {
      ASSERT_FALSE(done) << "the bed of a print under way";
    }
  }
  void pause_or_load() {
    ASSERT_TRUE(queue_->pause(machine().id, below(3) == 0, "ada"));
    ASSERT_TRUE(queue_->set_loaded(machine().id, below(2) == 0 ? "PETG" : "PLA", {}, "ada"));
  }
  // The queue looks, or a machine gets on.
  void work() {
    if (below(2) == 0) {
      ASSERT_TRUE(queue_->pass());
      return;
    }
    Machine& working = machine();
    switch (working.printer->status().state) {
      case State::kStarting:
        working.printer->enter(State::kPrinting);
        break;
      case State::kPrinting:
        working.printer->end(below(3) == 0 ? PrintResult::Outcome::kFailed
                                           : PrintResult::Outcome::kDone);
        break;
      default:
        break;
    }
  }

  std::mt19937 random_;
  JobsRig rig_;
  std::vector<Machine> machines_ = [] {
    std::vector<Machine> machines;
    for (const char* id : {"left", "right", "belt"}) {
      machines.push_back({id, std::make_shared<PrinterScript>(), nullptr, nullptr});
    }
    return machines;
  }();
  std::unique_ptr<Queue> queue_;
  std::map<std::string, Known> known_;
  std::size_t starts_ = 0;
};

TEST(QueueProperty, LosesNoEntryAndStartsNoneTwice) {
  std::size_t starts = 0;
  for (std::uint32_t seed = kFirstSeed; seed < kFirstSeed + kRuns; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Farm farm(seed);
    for (int i = 0; i < kSteps; ++i) {
      SCOPED_TRACE("step " + std::to_string(i));
      farm.step();
      ASSERT_FALSE(::testing::Test::HasFatalFailure());
    }
    farm.check();
    ASSERT_FALSE(::testing::Test::HasFatalFailure());
    starts += farm.starts();
  }
  EXPECT_GT(starts, 20U) << "nothing much was tried";
}

}  // namespace
}  // namespace stepcast::testing
