#include "stepcast/files/watched_folder.hpp"

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stepcast/store/store.hpp"

namespace stepcast::files {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

constexpr std::string_view kPart = "G28\nG1 X10 F3000\n";

class WatchedFolderTest : public ::testing::Test {
 protected:
  WatchedFolderTest() {
    store = store::Store::open({.url = "sqlite:" + (folder / "stepcast.db").string()}).value();
    open_library(0);
    fs::create_directories(dropped);
  }
  ~WatchedFolderTest() override {
    watched.reset();
    library.reset();
    store.reset();
    fs::remove_all(folder);
  }

  void open_library(std::int64_t quota) {
    library.reset();
    library =
        Library::open(
            *store, {.root = folder / "library", .minimum_free_bytes = 0, .quota_bytes = quota},
            {{.settings = "any",
              .analyse = [](const auto& /*file*/, const auto& /*stop*/) { return Analysis{}; },
              .printers = {}}})
            .value();
  }
  void watch(milliseconds quiet = milliseconds(20)) {
    watched = WatchedFolder::open(
                  *library, {.folder = dropped,
                             .quiet = quiet,
                             .look_every = milliseconds(50),
                             .retry = milliseconds(50),
                             .tell =
                                 [this](const std::string& name, const Result<Entry>& result) {
                                   const std::scoped_lock lock(mutex);
                                   told.insert_or_assign(name, result);
                                   ++tellings[name];
                                   changed.notify_all();
                                 }})
                  .value();
  }
  /// What was told of a file, the `count`-th time.
  Result<Entry> wait_for(const std::string& name, int count = 1) {
    std::unique_lock lock(mutex);
    if (!changed.wait_for(lock, seconds(30), [&] { return tellings[name] >= count; })) {
      return fail(Errc::kInterrupted, "nothing was told of " + name);
    }
    return told.at(name);
  }
  void drop(const std::string& name, std::string_view text = kPart) const {
    std::ofstream(dropped / name) << text;
  }
  [[nodiscard]] std::string content(const std::string& path) const {
    std::ifstream file(folder / "library" / path);
    return std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }

  fs::path folder = [] {
    std::string name = ::testing::TempDir() + "stepcast-watched-XXXXXX";
    return fs::path(::mkdtemp(name.data()));
  }();
  fs::path dropped = folder / "dropped";
  std::unique_ptr<store::Store> store;
  std::unique_ptr<Library> library;
  std::mutex mutex;
  std::condition_variable changed;
  std::map<std::string, Result<Entry>> told;
  std::map<std::string, int> tellings;
  std::unique_ptr<WatchedFolder> watched;
};

TEST_F(WatchedFolderTest, TakesInWhatIsThereAndWhatComes) {
  drop("before.gcode");
  watch();
  ASSERT_TRUE(wait_for("before.gcode"));
  drop("after.GCO");
  ASSERT_TRUE(wait_for("after.GCO"));
  drop(".upload.tmp");
  fs::rename(dropped / ".upload.tmp", dropped / "moved.g");
  ASSERT_TRUE(wait_for("moved.g"));
  for (const char* const name : {"before.gcode", "after.GCO", "moved.g"}) {
    EXPECT_EQ(content(name), kPart);
    EXPECT_FALSE(fs::exists(dropped / name));
  }
}

TEST_F(WatchedFolderTest, LeavesAFileAloneThatSomebodyWrites) {
  watch();
  std::ofstream slow(dropped / "slow.gcode");
  slow << kPart << std::flush;
  drop("quick.gcode");
  ASSERT_TRUE(wait_for("quick.gcode"));
  drop("quick.gcode", "G28\nG1 X11 F3000\n");
  ASSERT_TRUE(wait_for("quick.gcode", 2));
  EXPECT_TRUE(fs::exists(dropped / "slow.gcode")) << "it was there longer than the quick ones";
  slow << "G1 X20\n";
  slow.close();
  ASSERT_TRUE(wait_for("slow.gcode"));
  EXPECT_EQ(content("slow.gcode"), std::string(kPart) + "G1 X20\n");
}

TEST_F(WatchedFolderTest, TellsWhyItDoesNotTakeAFileAndLeavesIt) {
  drop("con.gcode");
  drop("a:b.gcode");
  drop("picture.gcode", "\x89PNG\r\n\x1A\n");
  drop("notes.txt");
  fs::create_directory(dropped / "folder.gcode");
  fs::create_symlink(folder / "stepcast.db", dropped / "link.gcode");
  ASSERT_EQ(mkfifo((dropped / "pipe.gcode").c_str(), 0600), 0);
  watch();
  EXPECT_THAT(wait_for("con.gcode").error().message, HasSubstr("device"));
  EXPECT_THAT(wait_for("a:b.gcode").error().message, HasSubstr("Windows"));
  EXPECT_EQ(wait_for("picture.gcode").error().code, Errc::kMalformed);
  drop("picture.gcode");
  EXPECT_TRUE(wait_for("picture.gcode", 2)) << "it was put right";
  drop("last.gcode");
  ASSERT_TRUE(wait_for("last.gcode"));
  for (const char* const name :
       {"con.gcode", "a:b.gcode", "notes.txt", "folder.gcode", "link.gcode", "pipe.gcode"}) {
    EXPECT_TRUE(fs::exists(fs::symlink_status(dropped / name))) << name;
  }
  const std::scoped_lock lock(mutex);
  EXPECT_EQ(told.size(), 4U);
  EXPECT_EQ(tellings["con.gcode"], 1);
}

TEST_F(WatchedFolderTest, TriesAgainWhatHadNoRoom) {
  open_library(static_cast<std::int64_t>(kPart.size()) + 5);
  drop("a.gcode");
  watch();
  ASSERT_TRUE(wait_for("a.gcode"));
  drop("b.gcode");
  EXPECT_EQ(wait_for("b.gcode").error().code, Errc::kFull);
  EXPECT_TRUE(fs::exists(dropped / "b.gcode"));
  ASSERT_TRUE(library->remove(LibraryPath::parse("a.gcode").value()));
  EXPECT_TRUE(wait_for("b.gcode", 2));
}

TEST_F(WatchedFolderTest, WaitsForThePrintOfTheFileThatItReplaces) {
  watch();
  drop("part.gcode");
  ASSERT_TRUE(wait_for("part.gcode"));
  const auto path = LibraryPath::parse("part.gcode").value();
  library->hold(path);
  drop("part.gcode", "G28\nG1 X50 F3000\n");
  EXPECT_EQ(wait_for("part.gcode", 2).error().code, Errc::kBusy);
  EXPECT_EQ(content("part.gcode"), kPart);
  library->release(path);
  ASSERT_TRUE(wait_for("part.gcode", 3));
  EXPECT_EQ(content("part.gcode"), "G28\nG1 X50 F3000\n");
}

TEST_F(WatchedFolderTest, RefusesAFolderThatCannotBe) {
  std::ofstream(folder / "file") << "x";
  const auto opened = WatchedFolder::open(
      *library, {.folder = folder / "file", .tell = [](const auto&, const auto&) {}});
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().to_string(), HasSubstr("files.watched_folder"));
}

}  // namespace
}  // namespace stepcast::files
