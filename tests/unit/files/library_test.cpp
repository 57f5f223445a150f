#include "stepcast/files/library.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "library_fixture.hpp"

namespace stepcast::files {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST_F(LibraryTest, KeepsWhatIsUploaded) {
  const auto entry = upload("a/part.gcode");
  ASSERT_TRUE(entry) << entry.error().to_string();
  EXPECT_EQ(entry->size, static_cast<std::int64_t>(kPart.size()));
  EXPECT_EQ(entry->user, "ann");
  EXPECT_EQ(entry->sha256.size(), 64U);
  EXPECT_EQ(content("a/part.gcode"), kPart);
  EXPECT_EQ(library->location(at("a/part.gcode")), root / "a/part.gcode");
  EXPECT_THAT(paths(), ElementsAre("a/", "a/part.gcode"));
  EXPECT_EQ(leftovers(), 0U);
}

TEST_F(LibraryTest, ShowsNothingOfAnUploadThatIsGivenUp) {
  {
    auto upload = library->begin_upload(at("part.gcode"), "ann");
    ASSERT_TRUE(upload);
    ASSERT_TRUE((*upload)->write(kPart));
    EXPECT_TRUE(paths().empty());
  }
  EXPECT_TRUE(paths().empty());
  EXPECT_EQ(leftovers(), 0U);
}

TEST_F(LibraryTest, ReplacesAFileAsAWhole) {
  const auto before = upload("part.gcode");
  const auto after = upload("part.gcode", "G28\nG1 X20 F3000\n");
  ASSERT_TRUE(before && after);
  EXPECT_NE(before->sha256, after->sha256);
  EXPECT_EQ(content("part.gcode"), "G28\nG1 X20 F3000\n");
  EXPECT_THAT(paths(), ElementsAre("part.gcode"));
  EXPECT_EQ(leftovers(), 0U);
}

TEST_F(LibraryTest, RefusesWhatIsNoJob) {
  for (const std::string_view text :
       {std::string_view("x").substr(1), std::string_view("; only a comment\n"),
        std::string_view("\x7F"
                         "ELF\0\0\0\0",
                         8)}) {
    const auto entry = upload("part.gcode", text);
    ASSERT_FALSE(entry);
    EXPECT_EQ(entry.error().code, Errc::kMalformed) << entry.error().to_string();
  }
  EXPECT_TRUE(paths().empty());
}

TEST_F(LibraryTest, KeepsToItsQuotaAndToTheDisk) {
  reopen(2 * static_cast<std::int64_t>(kPart.size()));
  ASSERT_TRUE(upload("1.gcode"));
  ASSERT_TRUE(upload("2.gcode"));
  const auto third = upload("3.gcode");
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().code, Errc::kFull);
  EXPECT_THAT(third.error().message, HasSubstr("quota"));
  ASSERT_TRUE(library->remove(at("1.gcode")));
  EXPECT_TRUE(upload("3.gcode"));
  reopen(0, library->space().total_bytes * 2);
  const auto fourth = upload("4.gcode");
  ASSERT_FALSE(fourth);
  EXPECT_EQ(fourth.error().code, Errc::kFull);
  EXPECT_THAT(fourth.error().message, HasSubstr("have to stay free"));
}

TEST_F(LibraryTest, AnalysesEachFileOnceAndRemembersIt) {
  ASSERT_TRUE(upload("part.gcode"));
  ASSERT_TRUE(wait_for_analysis("part.gcode"));
  EXPECT_THAT(library->find(at("part.gcode")).value()->analysis->warnings,
              ElementsAre("one", "part.gcode"));
  reopen();
  EXPECT_TRUE(library->find(at("part.gcode")).value()->analysis);
  EXPECT_EQ(analysed, 1);
}

TEST_F(LibraryTest, AnalysesForEachPrinterByItsSettings) {
  reopen_with({analyst("one", {"a", "b"}), analyst("two", {"c"})});
  ASSERT_TRUE(upload("part.gcode"));
  ASSERT_TRUE(wait_for_analysis("part.gcode", "c"));
  const auto by = [this](std::string_view printer) {
    return library->find(at("part.gcode"), printer).value()->analysis->warnings.front();
  };
  EXPECT_EQ(by("a"), "one");
  EXPECT_EQ(by("b"), "one");
  EXPECT_EQ(by("c"), "two");
  EXPECT_EQ(by("unheard of"), "one");
  EXPECT_EQ(analysed, 2) << "printers of the same settings share an analysis";
  EXPECT_EQ(library->list("c").value().front().analysis->warnings.front(), "two");
  reopen_with({analyst("two", {"c"}), analyst("three", {"a"})});
  ASSERT_TRUE(wait_for_analysis("part.gcode", "a"));
  EXPECT_EQ(by("a"), "three");
  EXPECT_EQ(by("c"), "two");
  EXPECT_EQ(analysed, 3) << "what is known is not made again";
}

TEST_F(LibraryTest, KnowsContentsWhateverTheyAreCalled) {
  ASSERT_TRUE(upload("part.gcode"));
  ASSERT_TRUE(wait_for_analysis("part.gcode"));
  ASSERT_TRUE(upload("again.gcode"));
  EXPECT_TRUE(library->find(at("again.gcode")).value()->analysis);
  ASSERT_TRUE(library->move(at("part.gcode"), at("moved.gcode")));
  EXPECT_TRUE(library->find(at("moved.gcode")).value()->analysis);
  library.reset();
  EXPECT_EQ(analysed, 1);
}

/// Analyses until it is stopped, or let go.
struct SlowAnalyst {
  std::mutex mutex;
  std::condition_variable_any changed;
  std::atomic<int> begun = 0;
  std::atomic<int> stopped = 0;
  bool may_go_on = false;

  Analyst analyst() {
    const auto analyse = [this](const gcode::Reader& /*job*/,
                                const std::stop_token& stop) -> std::optional<Analysis> {
      std::unique_lock lock(mutex);
      ++begun;
      changed.notify_all();
      if (!changed.wait(lock, stop, [this] { return may_go_on; })) {
        ++stopped;
        changed.notify_all();
        return std::nullopt;
      }
      return Analysis{};
    };
    return {.settings = "slow", .analyse = analyse, .printers = {}};
  }
  bool wait_for(std::atomic<int> SlowAnalyst::*count, int value) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, std::chrono::seconds(30), [&] { return this->*count == value; });
  }
  void let_go() {
    const std::scoped_lock lock(mutex);
    may_go_on = true;
    changed.notify_all();
  }
};

TEST_F(LibraryTest, StopsAnAnalysisThatNobodyNeeds) {
  SlowAnalyst slow;
  reopen_with({slow.analyst()});
  ASSERT_TRUE(upload("part.gcode"));
  ASSERT_TRUE(slow.wait_for(&SlowAnalyst::begun, 1));
  ASSERT_TRUE(upload("part.gcode", "G28\nG1 X20 F3000\n"));
  EXPECT_TRUE(slow.wait_for(&SlowAnalyst::stopped, 1)) << "it was replaced";
  ASSERT_TRUE(slow.wait_for(&SlowAnalyst::begun, 2));
  ASSERT_TRUE(library->copy(at("part.gcode"), at("copy.gcode")));
  ASSERT_TRUE(library->remove(at("part.gcode")));
  EXPECT_EQ(slow.stopped, 1) << "the copy needs it";
  ASSERT_TRUE(library->remove(at("copy.gcode")));
  EXPECT_TRUE(slow.wait_for(&SlowAnalyst::stopped, 2));
  ASSERT_TRUE(upload("last.gcode"));
  ASSERT_TRUE(slow.wait_for(&SlowAnalyst::begun, 3));
  library.reset();
  EXPECT_EQ(slow.stopped, 3) << "the end waits for no analysis";
}

TEST_F(LibraryTest, AnalysesAFileThatIsMovedMeanwhile) {
  SlowAnalyst slow;
  reopen_with({slow.analyst()});
  ASSERT_TRUE(upload("part.gcode"));
  ASSERT_TRUE(slow.wait_for(&SlowAnalyst::begun, 1));
  ASSERT_TRUE(library->move(at("part.gcode"), at("moved.gcode")));
  slow.let_go();
  EXPECT_TRUE(wait_for_analysis("moved.gcode"));
}

TEST_F(LibraryTest, ReadsWhatTheSlicerSays) {
  ASSERT_TRUE(upload("part.gcode",
                     "; generated by PrusaSlicer 2.7.4+linux on 2026-01-01 at 10:00:00 UTC\n"
                     "; thumbnail begin 16x16 12\n; iVBORw0KGgo=\n; thumbnail end\n"
                     "G28\nG1 X10 F3000\n; filament_type = PETG\n; layer_height = 0.2\n"));
  ASSERT_TRUE(wait_for_analysis("part.gcode"));
  const auto stated = library->find(at("part.gcode")).value()->stated;
  ASSERT_TRUE(stated);
  EXPECT_THAT(stated->slicer, HasSubstr("PrusaSlicer 2.7.4"));
  EXPECT_EQ(stated->material, "PETG");
  EXPECT_EQ(stated->layer_height_mm, 0.2);
  ASSERT_EQ(stated->thumbnails.size(), 1U);
  EXPECT_EQ(stated->thumbnails[0].width_px, 16);
  EXPECT_EQ(gcode::read_thumbnail(root / "part.gcode", stated->thumbnails[0]).value().size(), 8U);
}

TEST_F(LibraryTest, MakesRowsAndFilesAgreeWhenItOpens) {
  ASSERT_TRUE(upload("lost.gcode"));
  ASSERT_TRUE(upload("changed.gcode"));
  ASSERT_TRUE(wait_for_analysis("changed.gcode"));
  const std::string before = library->find(at("changed.gcode")).value()->sha256;
  library.reset();
  fs::remove(root / "lost.gcode");
  std::ofstream(root / "found.gcode") << kPart;
  std::ofstream(root / "changed.gcode") << "G28\nG1 X99 F3000\n";
  // Clocks of file systems may lag some milliseconds behind.
  fs::last_write_time(root / "changed.gcode",
                      fs::file_time_type::clock::now() + std::chrono::seconds(1));
  std::ofstream(root / ".incoming/half") << "G2";
  reopen();
  EXPECT_THAT(paths(), ElementsAre("changed.gcode", "found.gcode"));
  EXPECT_NE(library->find(at("changed.gcode")).value()->sha256, before);
  EXPECT_EQ(leftovers(), 0U);
}

TEST_F(LibraryTest, FollowsNoLinks) {
  const fs::path outside = folder / "outside";
  fs::create_directories(outside);
  std::ofstream(outside / "secret.gcode") << kPart;
  fs::create_directory_symlink(outside, root / "link");
  fs::create_symlink(outside / "secret.gcode", root / "secret.gcode");
  EXPECT_TRUE(paths().empty());
  EXPECT_FALSE(upload("link/new.gcode"));
  EXPECT_FALSE(library->remove(at("link/secret.gcode")));
  EXPECT_FALSE(library->copy(at("secret.gcode"), at("mine.gcode")));
  EXPECT_FALSE(library->make_folder(at("link/sub")));
  EXPECT_TRUE(fs::exists(outside / "secret.gcode"));
  EXPECT_FALSE(fs::exists(outside / "new.gcode"));
}

TEST_F(LibraryTest, LeavesAFileAloneThatAPrintUses) {
  ASSERT_TRUE(upload("a/part.gcode"));
  library->hold(at("a/part.gcode"));
  library->hold(at("a/part.gcode"));
  const auto busy = [](const auto& result) {
    return !result && result.error().code == Errc::kBusy;
  };
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(busy(library->remove(at("a/part.gcode"))));
    EXPECT_TRUE(busy(library->remove(at("a"))));
    EXPECT_TRUE(busy(library->move(at("a/part.gcode"), at("b.gcode"))));
    EXPECT_TRUE(busy(library->move(at("a"), at("b"))));
    EXPECT_TRUE(busy(upload("a/part.gcode")));
    library->release(at("a/part.gcode"));
  }
  EXPECT_TRUE(library->remove(at("a")));
  EXPECT_TRUE(paths().empty());
}

TEST_F(LibraryTest, CopiesAndMovesWithoutReplacing) {
  ASSERT_TRUE(upload("a/part.gcode"));
  ASSERT_TRUE(library->copy(at("a/part.gcode"), at("b/copy.gcode")));
  ASSERT_TRUE(library->move(at("a"), at("c")));
  EXPECT_THAT(paths(), ElementsAre("b/", "c/", "b/copy.gcode", "c/part.gcode"));
  EXPECT_FALSE(library->move(at("c/part.gcode"), at("b/copy.gcode")));
  EXPECT_FALSE(library->copy(at("c/part.gcode"), at("b/copy.gcode")));
  EXPECT_FALSE(library->move(at("c"), at("c/d")));
  EXPECT_EQ(library->remove(at("nothing")).error().code, Errc::kNotFound);
  EXPECT_EQ(content("c/part.gcode"), kPart);
}

TEST_F(LibraryTest, TellsOfEveryChange) {
  std::mutex mutex;
  std::vector<std::string> told;
  library->on_change([&](const Change& change) {
    const std::scoped_lock lock(mutex);
    told.push_back(std::to_string(static_cast<int>(change.kind)) + " " + change.path + "<" +
                   change.from);
  });
  ASSERT_TRUE(library->make_folder(at("a")));
  ASSERT_TRUE(upload("part.gcode"));
  ASSERT_TRUE(wait_for_analysis("part.gcode"));
  ASSERT_TRUE(library->move(at("part.gcode"), at("b.gcode")));
  ASSERT_TRUE(library->move(at("a"), at("c")));
  ASSERT_TRUE(library->remove(at("c")));
  ASSERT_TRUE(library->remove(at("b.gcode")));
  library.reset();  // the analysis is told on a thread of its own
  EXPECT_THAT(
      told, ::testing::UnorderedElementsAre("3 a<", "0 part.gcode<", "6 part.gcode<",
                                            "2 b.gcode<part.gcode", "5 c<a", "4 c<", "1 b.gcode<"));
}

TEST_F(LibraryTest, TakesUploadsFromManyAtOnce) {
  {
    std::vector<std::jthread> users;
    for (int i = 0; i < 4; ++i) {
      users.emplace_back([this, i] {
        for (int k = 0; k < 5; ++k) {
          EXPECT_TRUE(upload("same.gcode"));
          EXPECT_TRUE(upload("own/" + std::to_string(i) + ".gcode"));
        }
      });
    }
  }
  EXPECT_EQ(paths().size(), 6U);
  EXPECT_EQ(content("same.gcode"), kPart);
  EXPECT_EQ(leftovers(), 0U);
}

}  // namespace
}  // namespace stepcast::files
