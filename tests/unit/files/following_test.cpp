#include <atomic>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stepcast/control/job_plan.hpp"

#include "control_run.hpp"
#include "job_texts.hpp"
#include "library_fixture.hpp"
#include "small_disk.hpp"

namespace stepcast::files {
namespace {

using ::testing::HasSubstr;

/// Reads each job to its end, and refuses a line with `M999`.
class ReadingAnalyst {
 public:
  Analyst analyst(std::string settings = "reading", std::vector<std::string> printers = {}) {
    return {.settings = std::move(settings),
            .analyse =
                [this](gcode::Reader job, const std::stop_token& /*stop*/) {
                  note([this] { ++begun_; });
                  auto analysis = read(job);
                  note([&] { ++(analysis ? made_ : let_go_); });
                  return analysis;
                },
            .printers = std::move(printers)};
  }
  [[nodiscard]] bool wait_until(int made, int let_go) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(30), [&] {
      return made_ == made && let_go_ == let_go && begun_ == made + let_go;
    });
  }
  [[nodiscard]] int begun() {
    const std::scoped_lock lock(mutex_);
    return begun_;
  }

 private:
  static std::optional<Analysis> read(gcode::Reader& job) {
    Analysis analysis;
    gcode::Command command;
    for (;;) {
      const auto more = job.next(command);
      if (!more && more.error().code == Errc::kInterrupted) {
        return std::nullopt;
      }
      if (!more || (*more && command.is('M', 999))) {
        analysis.error =
            more ? "M999 in line " + std::to_string(command.line) : more.error().to_string();
        return analysis;
      }
      if (!*more) {
        return analysis;
      }
      ++analysis.layers;
      analysis.filament_mm += command.value('X').value_or(0.0);
    }
  }
  void note(const std::function<void()>& change) {
    const std::scoped_lock lock(mutex_);
    change();
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  int begun_ = 0;
  int made_ = 0;
  int let_go_ = 0;
};

std::string long_job(int moves = 40'000) {
  std::string text = "G28\n";
  for (int i = 0; i < moves; ++i) {
    text += "G1 X" + std::to_string(i % 200) + " F3000\n";
  }
  return text;
}

class FollowingTest : public LibraryTest {
 protected:
  FollowingTest() { open(); }
  // The analysts go on until their library has gone.
  ~FollowingTest() override { library.reset(); }

  void open(Library::Options options = {}) {
    library.reset();
    options.root = root;
    options.minimum_free_bytes = 0;
    library = Library::open(*store, options, {reading.analyst()}).value();
  }
  [[nodiscard]] std::unique_ptr<Library::Upload> begin(std::string_view path) const {
    return library->begin_upload(at(path), "ann", "").value();
  }
  [[nodiscard]] Arriving only_arriving() const {
    const auto all = library->arriving();
    return all.size() == 1 ? all.front() : Arriving{};
  }
  /// Until its analysis has read all that it will read before there is more.
  void wait_until_followed() const {
    for (int i = 0; i < 30'000; ++i) {
      const Arriving now = only_arriving();
      if (now.analysed && now.received - *now.analysed < (64 << 10)) {
        return;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    FAIL() << "nobody follows";
  }
  [[nodiscard]] std::optional<Analysis> analysis(std::string_view path) const {
    return wait_for_analysis(path) ? library->find(at(path)).value()->analysis : std::nullopt;
  }

  const std::string job = long_job();
  const std::string_view front = std::string_view(job).substr(0, job.size() * 9 / 10);
  const std::string_view rest = std::string_view(job).substr(front.size());
  ReadingAnalyst reading;
};

TEST_F(FollowingTest, AnalysesOnceAndWhileTheFileArrives) {
  std::atomic<int> told = 0;
  library->on_change(
      [&](const Change& change) { told += change.kind == Change::Kind::kAnalysed ? 1 : 0; });
  auto upload = begin("part.gcode");
  ASSERT_TRUE(upload->write(front));
  wait_until_followed();
  EXPECT_EQ(only_arriving().path, "part.gcode");
  EXPECT_EQ(only_arriving().received, static_cast<std::int64_t>(front.size()));
  EXPECT_TRUE(paths().empty());
  ASSERT_TRUE(upload->write(rest));
  ASSERT_TRUE(upload->commit());
  upload.reset();
  EXPECT_TRUE(library->arriving().empty());
  const auto made = analysis("part.gcode");
  ASSERT_TRUE(made);
  EXPECT_EQ(made->layers, 40'001);
  // A small file has its turn after all that is left of the large one.
  ASSERT_TRUE(LibraryTest::upload("next.gcode"));
  ASSERT_TRUE(analysis("next.gcode"));
  EXPECT_TRUE(reading.wait_until(2, 0));
  for (int i = 0; i < 10'000 && told < 2; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  library.reset();
  EXPECT_EQ(told, 2) << "once for each file";
  open();
  EXPECT_TRUE(library->find(at("part.gcode")).value()->analysis) << "it is kept";
}

TEST_F(FollowingTest, LeavesSmallFilesAndCopiesUntilTheyAreWhole) {
  {
    auto upload = begin("small.gcode");
    ASSERT_TRUE(upload->write(kPart));
    EXPECT_EQ(reading.begun(), 0);
  }
  auto upload = library->begin_upload(at("dropped.gcode"), "ann").value();
  ASSERT_TRUE(upload->write(job));
  EXPECT_FALSE(only_arriving().analysed);
  ASSERT_TRUE(upload->commit());
  EXPECT_TRUE(analysis("dropped.gcode"));
}

TEST_F(FollowingTest, KnowsBeforeTheEndThatAJobCannotBePrinted) {
  auto upload = begin("bad.gcode");
  ASSERT_TRUE(upload->write(std::string_view("G28\nM999\n")));
  ASSERT_TRUE(upload->write(front));
  ASSERT_TRUE(reading.wait_until(1, 0));
  while (only_arriving().error.empty()) {
    std::this_thread::yield();
  }
  EXPECT_EQ(only_arriving().error, "M999 in line 2");
  ASSERT_TRUE(upload->write(rest));
  const auto entry = upload->commit();
  ASSERT_TRUE(entry);
  EXPECT_EQ(library->find(at("bad.gcode")).value()->analysis->error, "M999 in line 2")
      << "it is there with the file";
}

TEST_F(FollowingTest, ThrowsAwayWhatABrokenUploadBrought) {
  {
    auto upload = begin("part.gcode");
    ASSERT_TRUE(upload->write(front));
    wait_until_followed();
  }
  EXPECT_TRUE(reading.wait_until(0, 1));
  EXPECT_TRUE(library->arriving().empty());
  EXPECT_EQ(leftovers(), 0U);
  ASSERT_TRUE(upload("part.gcode", job));
  EXPECT_TRUE(analysis("part.gcode"));
  EXPECT_TRUE(reading.wait_until(1, 1)) << "nothing was known of it";
}

TEST_F(FollowingTest, ThrowsAwayWhatARefusedUploadBrought) {
  open({.root = root, .quota_bytes = static_cast<std::int64_t>(front.size())});
  {
    auto upload = begin("part.gcode");
    ASSERT_TRUE(upload->write(front));
    wait_until_followed();
    const auto over = upload->write(rest);
    ASSERT_FALSE(over);
    EXPECT_EQ(over.error().code, Errc::kFull);
  }
  EXPECT_TRUE(reading.wait_until(0, 1));
  {
    open();
    auto upload = begin("part.gcode");
    const testing::SmallDisk small(front.size());
    ASSERT_TRUE(upload->write(front));
    wait_until_followed();
    ASSERT_FALSE(upload->write(rest));
  }
  EXPECT_TRUE(reading.wait_until(0, 2));
  {
    auto upload = begin("part.gcode");
    ASSERT_TRUE(upload->write(std::string(200'000, ';')));
    ASSERT_FALSE(upload->commit()) << "no G-code";
  }
  EXPECT_TRUE(paths().empty());
  EXPECT_EQ(leftovers(), 0U);
}

TEST_F(FollowingTest, LetsAStalledUploadGoAndAnalysesItWhenItIsWhole) {
  open({.root = root, .followers = 1, .patience = std::chrono::milliseconds(1)});
  auto stalled = begin("part.gcode");
  ASSERT_TRUE(stalled->write(front));
  ASSERT_TRUE(reading.wait_until(0, 1));
  ASSERT_TRUE(stalled->write(rest));
  ASSERT_TRUE(stalled->commit());
  EXPECT_TRUE(analysis("part.gcode"));
  EXPECT_TRUE(reading.wait_until(1, 1));
}

TEST_F(FollowingTest, AnalysesWhatFindsNoFollowerWhenItIsWhole) {
  open({.root = root, .followers = 1, .patience = std::chrono::minutes(10)});
  auto first = begin("first.gcode");
  ASSERT_TRUE(first->write(front));
  wait_until_followed();
  auto second = begin("second.gcode");
  ASSERT_TRUE(second->write(long_job(50'000)));
  EXPECT_FALSE(library->arriving().back().analysed);
  ASSERT_TRUE(second->commit());
  EXPECT_TRUE(analysis("second.gcode"));
  ASSERT_TRUE(first->write(rest));
  ASSERT_TRUE(first->commit());
  EXPECT_TRUE(analysis("first.gcode"));
  EXPECT_EQ(reading.begun(), 2);
}

/// Reads a job as far as it has come, and then stands still until it is stopped or let go.
class SlowEnd {
 public:
  Analyst analyst() {
    return {.settings = "slow end",
            .analyse = [this](gcode::Reader job,
                              const std::stop_token& stop) -> std::optional<Analysis> {
              gcode::Command command;
              Result<bool> more = true;
              while (more && *more) {
                more = job.next(command);
              }
              std::unique_lock lock(mutex_);
              ++at_end_;
              changed_.notify_all();
              const bool goes_on = more && changed_.wait(lock, stop, [this] { return goes_on_; });
              ++(goes_on ? made_ : stopped_);
              changed_.notify_all();
              return goes_on ? std::optional(Analysis{}) : std::nullopt;
            },
            .printers = {}};
  }
  [[nodiscard]] bool wait_at_end(int count) {
    return wait([this, count] { return at_end_ == count; });
  }
  [[nodiscard]] bool wait_for(int made, int stopped) {
    return wait([this, made, stopped] { return made_ == made && stopped_ == stopped; });
  }
  void let_go() {
    const std::scoped_lock lock(mutex_);
    goes_on_ = true;
    changed_.notify_all();
  }

 private:
  bool wait(const std::function<bool()>& condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(30), condition);
  }
  std::mutex mutex_;
  std::condition_variable_any changed_;
  int at_end_ = 0, made_ = 0, stopped_ = 0;
  bool goes_on_ = false;
};

class SlowlyFollowed : public FollowingTest {
 protected:
  SlowlyFollowed() { reopen_with({slow.analyst()}); }
  ~SlowlyFollowed() override { library.reset(); }
  /// It has arrived; its follower is at its end.
  void arrive(std::string_view path) {
    auto upload = begin(path);
    ASSERT_TRUE(upload->write(front));
    wait_until_followed();
    ASSERT_TRUE(upload->write(rest));
    ASSERT_TRUE(upload->commit());
    ASSERT_TRUE(slow.wait_at_end(1));
  }
  SlowEnd slow;
};

TEST_F(SlowlyFollowed, FilesThatAreRemovedStopIt) {
  arrive("part.gcode");
  ASSERT_TRUE(library->copy(at("part.gcode"), at("copy.gcode")));
  ASSERT_TRUE(library->remove(at("part.gcode")));
  EXPECT_TRUE(slow.wait_for(0, 0)) << "the copy needs it";
  ASSERT_TRUE(library->remove(at("copy.gcode")));
  EXPECT_TRUE(slow.wait_for(0, 1));
}

TEST_F(SlowlyFollowed, FilesThatAreReplacedStopIt) {
  arrive("part.gcode");
  ASSERT_TRUE(upload("part.gcode"));
  EXPECT_TRUE(slow.wait_for(0, 1));
  slow.let_go();
  EXPECT_TRUE(analysis("part.gcode"));
  EXPECT_TRUE(slow.wait_for(1, 1));
}

TEST_F(SlowlyFollowed, FilesThatAreMovedKeepIt) {
  arrive("part.gcode");
  ASSERT_TRUE(library->move(at("part.gcode"), at("moved.gcode")));
  slow.let_go();
  EXPECT_TRUE(analysis("moved.gcode"));
  EXPECT_TRUE(slow.wait_for(1, 0));
}

TEST_F(SlowlyFollowed, AContentThatReturnsIsAnalysedAfterAll) {
  arrive("part.gcode");
  ASSERT_TRUE(library->remove(at("part.gcode")));
  ASSERT_TRUE(upload("again.gcode", job));
  slow.let_go();
  EXPECT_TRUE(analysis("again.gcode"));
}

TEST_F(SlowlyFollowed, TheEndOfTheLibraryWaitsForNothing) {
  arrive("part.gcode");
  library.reset();
  EXPECT_TRUE(slow.wait_for(0, 1));
  reopen_with({reading.analyst()});
  EXPECT_TRUE(analysis("part.gcode")) << "it is made after the next start";
}

TEST_F(FollowingTest, EndsInTheMiddleOfAnUpload) {
  auto upload = begin("part.gcode");
  ASSERT_TRUE(upload->write(front));
  wait_until_followed();
  upload.reset();  // as the server does
  library.reset();
  EXPECT_TRUE(reading.wait_until(0, 1));
}

TEST_F(FollowingTest, IsForThePrinterOfTheUploadAndItsSettingsAlone) {
  ReadingAnalyst other;
  reopen_with({reading.analyst("one", {"a"}), other.analyst("two", {"b"})});
  auto upload = library->begin_upload(at("part.gcode"), "ann", "b").value();
  ASSERT_TRUE(upload->write(front));
  wait_until_followed();
  EXPECT_EQ(other.begun(), 1);
  EXPECT_EQ(reading.begun(), 0);
  ASSERT_TRUE(upload->write(rest));
  ASSERT_TRUE(upload->commit());
  EXPECT_TRUE(wait_for_analysis("part.gcode", "a"));
  EXPECT_TRUE(wait_for_analysis("part.gcode", "b"));
  EXPECT_TRUE(reading.wait_until(1, 0));
  EXPECT_TRUE(other.wait_until(1, 0));
  upload = library->begin_upload(at("next.gcode"), "ann", "b").value();
  ASSERT_TRUE(upload->write(front));
  wait_until_followed();
  upload.reset();
  reopen_with({other.analyst("three", {"b"})});
  EXPECT_TRUE(wait_for_analysis("part.gcode", "b")) << "other settings, another analysis";
  EXPECT_TRUE(other.wait_until(2, 1));
  library.reset();
}

TEST_F(FollowingTest, PlansTheSameToTheLastDigit) {
  const machine::Profile profile = test::printer("taz6");
  const auto planner = [&](std::string settings, std::vector<std::string> printers) {
    return Analyst{.settings = std::move(settings),
                   .analyse = [&profile](gcode::Reader file,
                                         const std::stop_token& stop) -> std::optional<Analysis> {
                     const auto plan = control::plan_job(std::move(file), profile, {}, stop);
                     if (!plan && plan.error().code == Errc::kInterrupted) {
                       return std::nullopt;
                     }
                     Analysis analysis;
                     if (!plan) {
                       analysis.error = plan.error().to_string();
                       return analysis;
                     }
                     const auto& box = *plan->toolpath.printed;
                     analysis.print_time_s = plan->print_time.v;
                     analysis.filament_mm = plan->toolpath.filament.v;
                     analysis.layers = plan->toolpath.layers;
                     analysis.warnings = plan->warnings;
                     analysis.printing_area = {box.low[Axis::kX].v,  box.low[Axis::kY].v,
                                               box.low[Axis::kZ].v,  box.high[Axis::kX].v,
                                               box.high[Axis::kY].v, box.high[Axis::kZ].v};
                     return analysis;
                   },
                   .printers = std::move(printers)};
  };
  // One is followed, the other one is made of the whole file.
  reopen_with({planner("one", {"followed"}), planner("two", {"whole"})});
  std::string text = "G28\nM83\nG1 X20 Y20 Z0.3 F6000\n";
  for (int i = 0; i < 400; ++i) {
    text += test::line("G1 X%.3f Y%.3f E0.%d", 20.0 + 8 * std::sin(i), 20.0 + 0.1 * i, i % 100) +
            "; perimeter" + std::string(200, '.') + "\n";
  }
  text += "M1234\n";
  std::mt19937 random(7);
  std::uniform_int_distribution<std::size_t> length(1, 30'000);
  auto upload = library->begin_upload(at("part.gcode"), "ann", "followed").value();
  for (std::string_view left = text; !left.empty();) {
    const std::string_view piece = left.substr(0, length(random));
    left.remove_prefix(piece.size());
    ASSERT_TRUE(upload->write(piece));
  }
  wait_until_followed();
  ASSERT_TRUE(upload->commit());
  const auto made_for = [&](std::string_view printer) {
    EXPECT_TRUE(wait_for_analysis("part.gcode", printer));
    return library->find(at("part.gcode"), printer).value()->analysis.value_or(Analysis{});
  };
  const Analysis one = made_for("followed");
  const Analysis other = made_for("whole");
  upload.reset();
  library.reset();
  EXPECT_EQ(one.error, "");
  EXPECT_GT(one.print_time_s, 10.0);
  EXPECT_EQ(one.print_time_s, other.print_time_s);
  EXPECT_EQ(one.filament_mm, other.filament_mm);
  EXPECT_EQ(one.layers, other.layers);
  EXPECT_EQ(one.warnings, other.warnings);
  EXPECT_THAT(one.warnings, ::testing::Contains(HasSubstr("M1234")));
  ASSERT_TRUE(one.printing_area && other.printing_area);
  EXPECT_EQ(one.printing_area->min_x, other.printing_area->min_x);
  EXPECT_EQ(one.printing_area->max_y, other.printing_area->max_y);
}

}  // namespace
}  // namespace stepcast::files
