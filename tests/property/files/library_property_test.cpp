#include <array>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include <gtest/gtest.h>

#include "stepcast/files/library.hpp"

#include "store_folder.hpp"

namespace stepcast::testing {
namespace {

namespace fs = std::filesystem;
using files::Entry;
using files::Library;
using files::LibraryPath;

constexpr std::uint32_t kRuns = 6;
constexpr int kSteps = 120;
constexpr std::size_t kVersions = 2;
constexpr std::string_view kOutside = "; not to be touched\n";

/// Names of which some are refused and some meet each other.
constexpr std::array<std::string_view, 22> kNames{"a",
                                                  "b",
                                                  "a/b",
                                                  "a/c.gcode",
                                                  "a/b/d.gcode",
                                                  "e.gcode",
                                                  "f.gcode",
                                                  "\xC3\xA9t\xC3\xA9.gcode",
                                                  "\xE6\x97\xA5\xE6\x9C\xAC.gcode",
                                                  "link/g.gcode",
                                                  "link",
                                                  "..",
                                                  "../outside.gcode",
                                                  "a/../../outside.gcode",
                                                  "/etc/x.gcode",
                                                  ".incoming/x.gcode",
                                                  ".versions/x.gcode",
                                                  "con.gcode",
                                                  "a\\b.gcode",
                                                  "h.gcode.",
                                                  "x\xFFy.gcode",
                                                  "rtl\xE2\x80\xAE"
                                                  "edocg.gcode"};

/// A library that users treat at random, beside what it ought to hold.
class Shelf {
 public:
  explicit Shelf(std::uint32_t seed) : random_(seed) {
    fs::create_directories(outside());
    std::ofstream(outside() / "x.gcode") << kOutside;
    open();
    fs::create_directory_symlink(outside(), root() / "link");
  }

  void step() {
    const auto path = LibraryPath::parse(pick());
    const auto other = LibraryPath::parse(pick());
    if (!path || !other) {
      return;  // nobody can even ask
    }
    switch (below(9)) {
      case 0:
      case 1:
      case 2:
        return upload(*path);
      case 3:
        return make_folder(*path);
      case 4:
        return move(*path, *other);
      case 5:
        return copy(*path, *other);
      case 6:
        return remove(*path);
      case 7:
        return restore(*path);
      default:
        return below(4) == 0 ? open() : give_up(*path);
    }
  }

  void check() const {
    std::map<std::string, std::string> there;
    std::set<std::string> folders;
    const auto entries = library_->list();
    ASSERT_TRUE(entries) << entries.error().to_string();
    for (const Entry& entry : *entries) {
      if (entry.is_folder) {
        folders.insert(entry.path);
        continue;
      }
      there.emplace(entry.path, read(root() / entry.path));
      EXPECT_EQ(static_cast<std::size_t>(entry.size), there[entry.path].size());
    }
    EXPECT_EQ(there, files_);
    EXPECT_EQ(folders, folders_);
    EXPECT_TRUE(fs::is_empty(root() / ".incoming"));
    std::set<std::string> kept;
    for (const auto& [path, content] : files_) {
      const auto at = LibraryPath::parse(path).value();
      const auto versions = library_->versions(at).value();
      EXPECT_LE(versions.size(), kVersions);
      for (const files::Version& version : versions) {
        kept.insert(version.sha256);
        EXPECT_NE(read(library_->version_location(at, version.sha256).value()), content);
      }
    }
    std::set<std::string> on_disk;
    for (const auto& file : fs::directory_iterator(root() / ".versions")) {
      on_disk.insert(file.path().filename().string());
    }
    EXPECT_EQ(on_disk, kept);
    EXPECT_EQ(read(outside() / "x.gcode"), kOutside);
    EXPECT_EQ(std::distance(fs::directory_iterator(outside()), fs::directory_iterator()), 1);
    EXPECT_EQ(fs::is_symlink(root() / "link"), true);
  }

 private:
  [[nodiscard]] fs::path root() const { return folder_.path() / "files"; }
  [[nodiscard]] fs::path outside() const { return folder_.path() / "outside"; }
  static std::string read(const fs::path& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }
  std::size_t below(std::size_t end) {
    return std::uniform_int_distribution<std::size_t>(0, end - 1)(random_);
  }
  std::string_view pick() { return kNames[below(kNames.size())]; }
  std::string content() { return "G28\nG1 X" + std::to_string(below(6)) + " F3000\n"; }

  // The server stops and starts.
  void open() {
    library_.reset();
    store_.reset();
    store_ = folder_.open();
    library_ =
        Library::open(*store_, {.root = root(), .minimum_free_bytes = 0, .versions = kVersions},
                      {{.settings = "any",
                        .analyse = [](const auto& /*file*/,
                                      const auto& /*stop*/) { return files::Analysis{}; },
                        .printers = {}}})
            .value();
  }

  void upload(const LibraryPath& path) {
    const std::string text = content();
    auto upload = library_->begin_upload(path, "ann");
    if (upload && (*upload)->write(text) && (*upload)->commit()) {
      put(path, text);
    }
  }
  void give_up(const LibraryPath& path) {
    auto upload = library_->begin_upload(path, "ann");
    if (upload) {
      static_cast<void>((*upload)->write(content()));
    }
  }
  void put(const LibraryPath& path, const std::string& text) {
    files_[path.text()] = text;
    add_folders_of(path);
  }
  void add_folders_of(const LibraryPath& path) {
    for (std::string folder = path.folder(); !folder.empty();
         folder = LibraryPath::parse(folder).value().folder()) {
      folders_.insert(folder);
    }
  }
  void make_folder(const LibraryPath& path) {
    if (library_->make_folder(path)) {
      folders_.insert(path.text());
      add_folders_of(path);
    }
  }
  void copy(const LibraryPath& from, const LibraryPath& to) {
    if (library_->copy(from, to)) {
      put(to, files_.at(from.text()));
    }
  }
  static bool is_in(const std::string& path, const std::string& folder) {
    return path == folder || path.rfind(folder + "/", 0) == 0;
  }
  void move(const LibraryPath& from, const LibraryPath& to) {
    const bool moved = library_->move(from, to).has_value();
    if (!moved) {
      learn_folders_on_the_way(to);
      return;
    }
    std::map<std::string, std::string> files;
    for (const auto& [path, text] : files_) {
      files[is_in(path, from.text()) ? to.text() + path.substr(from.text().size()) : path] = text;
    }
    std::set<std::string> folders;
    for (const std::string& path : folders_) {
      folders.insert(is_in(path, from.text()) ? to.text() + path.substr(from.text().size()) : path);
    }
    files_ = std::move(files);
    folders_ = std::move(folders);
    add_folders_of(to);
  }
  // What was refused may have made the folders on its way.
  void learn_folders_on_the_way(const LibraryPath& to) {
    for (std::string folder = to.folder(); !folder.empty();
         folder = LibraryPath::parse(folder).value().folder()) {
      if (fs::is_directory(fs::symlink_status(root() / folder))) {
        folders_.insert(folder);
      }
    }
  }
  void remove(const LibraryPath& path) {
    if (!library_->remove(path)) {
      return;
    }
    std::erase_if(files_, [&](const auto& one) { return is_in(one.first, path.text()); });
    std::erase_if(folders_, [&](const auto& one) { return is_in(one, path.text()); });
  }
  void restore(const LibraryPath& path) {
    const auto versions = library_->versions(path);
    if (!versions || versions->empty()) {
      return;
    }
    const files::Version& version = (*versions)[below(versions->size())];
    const std::string text = read(library_->version_location(path, version.sha256).value());
    const auto restored = library_->restore(path, version.sha256, "bob");
    ASSERT_TRUE(restored) << restored.error().to_string();
    EXPECT_EQ(restored->sha256, version.sha256);
    put(path, text);
  }

  std::mt19937 random_;
  StoreFolder folder_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<Library> library_;
  std::map<std::string, std::string> files_;
  std::set<std::string> folders_;
};

TEST(LibraryProperty, HoldsWhatWasPutThereAndNothingOutside) {
  for (std::uint32_t seed = 1; seed <= kRuns; ++seed) {
    SCOPED_TRACE(seed);
    Shelf shelf(seed);
    for (int i = 0; i < kSteps && !::testing::Test::HasFailure(); ++i) {
      SCOPED_TRACE(i);
      shelf.step();
      shelf.check();
    }
  }
}

}  // namespace
}  // namespace stepcast::testing
