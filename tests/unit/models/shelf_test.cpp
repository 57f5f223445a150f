#include "stepcast/models/shelf.hpp"

#include <cstdlib>
#include <fstream>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stepcast/base/whole_file.hpp"

namespace stepcast::models {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class ModelShelf : public testing::Test {
 protected:
  ModelShelf() {
    std::string pattern = (fs::temp_directory_path() / "shelf-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) {
      throw std::runtime_error("no scratch folder");
    }
    folder_ = pattern;
  }
  ~ModelShelf() override { fs::remove_all(folder_); }

  /// A file that stands for a network; the shelf does not look inside.
  [[nodiscard]] fs::path network(const std::string& content) const {
    const auto file = folder_ / ("new-" + content);
    std::ofstream(file) << content;
    return file;
  }
  [[nodiscard]] std::string in_use() const {
    return read_text(folder_ / "models/detector.onnx").value_or("nothing");
  }
  /// A shelf as a program that starts anew sees it.
  [[nodiscard]] Shelf shelf() const { return {folder_ / "models", "detector"}; }
  void use(const std::string& content) const {
    const auto used = shelf().put_into_use(network(content), {.why = "offered"});
    ASSERT_TRUE(used) << used.error().to_string();
  }

  fs::path folder_;
};

TEST_F(ModelShelf, KnowsTheHashThatOthersCount) {
  EXPECT_EQ(sha256_of(network("abc")).value(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_F(ModelShelf, PutsAModelIntoUseAndKeepsTheOneBefore) {
  use("one");
  use("two");
  EXPECT_EQ(in_use(), "two");
  const auto uses = shelf().uses();
  ASSERT_TRUE(uses);
  ASSERT_EQ(uses->size(), 2);
  EXPECT_EQ(read_text(shelf().version_file(uses->front().version)).value(), "one");
}

TEST_F(ModelShelf, RollsBackOneStepAtATime) {
  use("one");
  use("two");
  use("three");
  ASSERT_TRUE(shelf().roll_back());
  EXPECT_EQ(in_use(), "two");
  ASSERT_TRUE(shelf().roll_back());
  EXPECT_EQ(in_use(), "one");
  const auto further = shelf().roll_back();
  ASSERT_FALSE(further);
  EXPECT_THAT(further.error().message, HasSubstr("there was no detector before"));
  EXPECT_EQ(in_use(), "one");
}

TEST_F(ModelShelf, GoesForwardAgainAfterARollBack) {
  use("one");
  use("two");
  ASSERT_TRUE(shelf().roll_back());
  use("three");
  EXPECT_EQ(in_use(), "three");
  ASSERT_TRUE(shelf().roll_back());
  EXPECT_EQ(in_use(), "one") << "two was taken back for a reason";
}

TEST_F(ModelShelf, TakesUpAModelThatWasPutThereByHand) {
  fs::create_directories(folder_ / "models");
  std::ofstream(folder_ / "models/detector.onnx") << "shipped";
  use("mine");
  ASSERT_TRUE(shelf().roll_back());
  EXPECT_EQ(in_use(), "shipped");
}

// The network was exchanged, then the power failed before the list was written.
TEST_F(ModelShelf, CatchesUpWhenItWasStoppedBetweenItsTwoSteps) {
  use("one");
  const auto before = read_text(folder_ / "models/versions/detector/uses.json").value();
  use("two");
  ASSERT_TRUE(write_whole(folder_ / "models/versions/detector/uses.json", before));
  const auto uses = shelf().uses();
  ASSERT_TRUE(uses);
  EXPECT_EQ(uses->back().why, "found in its place");
  ASSERT_TRUE(shelf().roll_back());
  EXPECT_EQ(in_use(), "one");
}

TEST_F(ModelShelf, RefusesWhatIsInUseAlready) {
  use("one");
  EXPECT_FALSE(shelf().put_into_use(network("one"), {.why = "offered"}));
  EXPECT_EQ(shelf().uses()->size(), 1);
}

TEST_F(ModelShelf, NamesAListThatIsDamaged) {
  use("one");
  std::ofstream(folder_ / "models/versions/detector/uses.json") << "[{\"version\": 1}]";
  const auto uses = shelf().uses();
  ASSERT_FALSE(uses);
  EXPECT_THAT(uses.error().to_string(), HasSubstr("uses.json"));
  EXPECT_EQ(in_use(), "one");
}

}  // namespace
}  // namespace stepcast::models
