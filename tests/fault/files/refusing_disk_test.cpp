#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stepcast/files/library.hpp"

#include "small_disk.hpp"
#include "store_folder.hpp"

namespace stepcast::testing {
namespace {

namespace fs = std::filesystem;
using files::Library;
using files::LibraryPath;
using ::testing::HasSubstr;

constexpr std::string_view kPart = "G28\nG1 X10 F3000\n";
constexpr std::size_t kMiB = std::size_t{1} << 20;

class RefusingDisk : public ::testing::Test {
 protected:
  RefusingDisk() { open(); }
  void open() {
    library.reset();
    library = Library::open(*store, {.root = root(), .minimum_free_bytes = 0, .versions = 3},
                            {{.settings = "any",
                              .analyse = [](const auto& /*file*/,
                                            const auto& /*stop*/) { return files::Analysis{}; },
                              .printers = {}}})
                  .value();
  }
  [[nodiscard]] fs::path root() const { return folder.path() / "files"; }
  Result<files::Entry> upload(std::string_view text) {
    auto upload = library->begin_upload(path, "ann");
    if (!upload) {
      return tl::unexpected(upload.error());
    }
    for (; !text.empty(); text.remove_prefix(std::min(text.size(), kMiB))) {
      if (auto written = (*upload)->write(text.substr(0, kMiB)); !written) {
        return tl::unexpected(written.error());
      }
    }
    return (*upload)->commit();
  }
  [[nodiscard]] std::string content() const {
    std::ifstream file(root() / path.text());
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }

  StoreFolder folder;
  std::unique_ptr<store::Store> store = folder.open();
  LibraryPath path = LibraryPath::parse("part.gcode").value();
  std::unique_ptr<Library> library;
};

TEST_F(RefusingDisk, LeavesTheFileOfBeforeWhenTheNextOneDoesNotFit) {
  ASSERT_TRUE(upload(kPart));
  std::string large(kPart);
  large.append(16 * kMiB, '\n');
  {
    const testing::SmallDisk small(8 * kMiB);
    const auto refused = upload(large);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::kFull) << refused.error().to_string();
    EXPECT_THAT(refused.error().to_string(), HasSubstr("part.gcode"));
  }
  EXPECT_EQ(content(), kPart);
  EXPECT_TRUE(fs::is_empty(root() / ".incoming"));
  EXPECT_TRUE(fs::is_empty(root() / ".versions"));
  open();
  EXPECT_EQ(library->find(path).value()->size, static_cast<std::int64_t>(kPart.size()));
  EXPECT_TRUE(upload(large)) << "there is room again";
  EXPECT_EQ(library->versions(path).value().size(), 1U);
}

TEST_F(RefusingDisk, LeavesTheFileOfBeforeWhenTheDatabaseDoesNotTakeTheNext) {
  ASSERT_TRUE(upload(kPart));
  {
    auto next = library->begin_upload(path, "bob");
    ASSERT_TRUE(next);
    ASSERT_TRUE((*next)->write("G28\nG1 X20 F3000\n"));
    const testing::SmallDisk none(1);  // no row can be written any more
    EXPECT_FALSE((*next)->commit());
  }
  EXPECT_EQ(content(), kPart);
  open();
  EXPECT_EQ(content(), kPart);
  EXPECT_EQ(library->find(path).value()->user, "ann");
  EXPECT_TRUE(library->versions(path).value().empty());
}

}  // namespace
}  // namespace stepcast::testing
