#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stepcast/files/library.hpp"

#include "library_fixture.hpp"

namespace stepcast::files {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// A job of always the same size.
std::string part(int number) {
  return "G28\nG1 X1" + std::to_string(number) + " F3000\n";
}

class VersionsTest : public LibraryTest {
 protected:
  VersionsTest() { reopen(0, 0, 2); }

  /// The contents of all versions, newest first.
  [[nodiscard]] std::vector<std::string> former(std::string_view path) const {
    std::vector<std::string> contents;
    const auto versions = library->versions(at(path)).value();
    for (const Version& version : versions) {
      const auto location = library->version_location(at(path), version.sha256).value();
      std::ifstream file(location);
      contents.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
      EXPECT_EQ(contents.back().size(), static_cast<std::size_t>(version.size));
    }
    return contents;
  }
  void upload_all(std::string_view path, const std::vector<int>& numbers) {
    for (const int number : numbers) {
      const auto uploaded = upload(path, part(number));
      ASSERT_TRUE(uploaded) << uploaded.error().to_string();
    }
  }
  [[nodiscard]] std::size_t kept() const { return leftovers(".versions"); }
};

TEST_F(VersionsTest, KeepTheLatestOfWhatAFileHeld) {
  upload_all("a/part.gcode", {1, 2, 3, 4, 4});
  EXPECT_EQ(content("a/part.gcode"), part(4));
  EXPECT_THAT(former("a/part.gcode"), ElementsAre(part(3), part(2)));
  EXPECT_EQ(library->versions(at("a/part.gcode")).value().front().user, "ann");
  reopen(0, 0, 1);
  EXPECT_THAT(former("a/part.gcode"), ElementsAre(part(3))) << "the limit was lowered";
  EXPECT_EQ(kept(), 1U);
  EXPECT_THAT(paths(), ElementsAre("a/", "a/part.gcode")) << "versions are no files";
}

TEST_F(VersionsTest, ComeBackAsTheFile) {
  upload_all("part.gcode", {1, 2});
  const std::string first = library->versions(at("part.gcode")).value().at(0).sha256;
  const auto restored = library->restore(at("part.gcode"), first, "bob");
  ASSERT_TRUE(restored) << restored.error().to_string();
  EXPECT_EQ(restored->sha256, first);
  EXPECT_EQ(restored->user, "bob");
  EXPECT_EQ(content("part.gcode"), part(1));
  EXPECT_THAT(former("part.gcode"), ElementsAre(part(2)));
  EXPECT_EQ(kept(), 1U);
  EXPECT_EQ(library->restore(at("part.gcode"), first, "bob").error().code, Errc::kNotFound);
  EXPECT_EQ(library->restore(at("part.gcode"), "../../stepcast.db", "eve").error().code,
            Errc::kNotFound);
  EXPECT_FALSE(library->version_location(at("part.gcode"), "../part.gcode"));
}

TEST_F(VersionsTest, GoWithTheirFileAndMoveWithIt) {
  upload_all("a/part.gcode", {1, 2});
  upload_all("a/same.gcode", {1, 3});
  EXPECT_EQ(kept(), 1U) << "one content is kept once";
  ASSERT_TRUE(library->move(at("a"), at("b")));
  EXPECT_THAT(former("b/part.gcode"), ElementsAre(part(1)));
  EXPECT_THAT(former("a/part.gcode"), IsEmpty());
  ASSERT_TRUE(library->remove(at("b/part.gcode")));
  EXPECT_THAT(former("b/same.gcode"), ElementsAre(part(1)));
  ASSERT_TRUE(library->remove(at("b")));
  EXPECT_EQ(kept(), 0U);
}

TEST_F(VersionsTest, MakeRoomForFiles) {
  const auto size = static_cast<std::int64_t>(part(1).size());
  reopen(3 * size, 0, 2);
  upload_all("a.gcode", {1, 2, 3});
  EXPECT_THAT(former("a.gcode"), ElementsAre(part(2), part(1)));
  upload_all("b.gcode", {4});
  EXPECT_THAT(former("a.gcode"), ElementsAre(part(2))) << "the oldest goes first";
  ASSERT_FALSE(upload("c.gcode", part(5) + part(6) + part(7))) << "this does not fit anyhow";
  EXPECT_THAT(former("a.gcode"), ElementsAre(part(2))) << "so nothing went for it";
  upload_all("c.gcode", {5});
  EXPECT_EQ(kept(), 0U);
  EXPECT_EQ(upload("d.gcode", part(6)).error().code, Errc::kFull);
}

TEST_F(VersionsTest, SurviveACrashBetweenTheFileAndItsRow) {
  upload_all("part.gcode", {1});
  const std::string sha256 = library->find(at("part.gcode")).value()->sha256;
  library.reset();
  // As a crash leaves it: the former bytes kept, the new ones in place, the row of before.
  std::filesystem::create_hard_link(root / "part.gcode", root / ".versions" / sha256);
  std::ofstream(root / ".versions" / "stray") << "x";
  std::filesystem::remove(root / "part.gcode");
  std::ofstream(root / "part.gcode") << part(2) << "M400\n";
  reopen(0, 0, 2);
  EXPECT_EQ(content("part.gcode"), part(2) + "M400\n");
  EXPECT_THAT(former("part.gcode"), ElementsAre(part(1)));
  EXPECT_EQ(kept(), 1U);
}

TEST_F(VersionsTest, AreNotKeptUnlessWanted) {
  reopen(0, 0, 0);
  upload_all("part.gcode", {1, 2});
  EXPECT_THAT(former("part.gcode"), IsEmpty());
  EXPECT_EQ(kept(), 0U);
}

TEST_F(VersionsTest, ALinkInPlaceOfAFileIsNoFile) {
  upload_all("part.gcode", {1});
  std::filesystem::remove(root / "part.gcode");
  std::filesystem::create_symlink(folder / "stepcast.db", root / "part.gcode");
  EXPECT_FALSE(library->find(at("part.gcode")).value());
}

}  // namespace
}  // namespace stepcast::files
