// The real pictures beside the checkout: every count that their README states.
#include <gtest/gtest.h>

#include "stepcast/dataset/dataset.hpp"
#include "stepcast/dataset/import.hpp"

namespace stepcast::dataset {
namespace {

const std::filesystem::path kData = std::filesystem::path(STEPCAST_SHARED_DIR) / "data";

struct Counts {
  std::size_t pictures = 0;
  std::size_t boxes = 0;
};
Counts count(const Dataset& data, Split split, std::size_t label) {
  Counts counts;
  for (const std::size_t i : items_of(data, split)) {
    std::size_t boxes = 0;
    for (const LabelledBox& marked : *data.items[i].boxes) {
      boxes += marked.class_index == label ? 1 : 0;
    }
    counts.pictures += boxes > 0 ? 1 : 0;
    counts.boxes += boxes;
  }
  return counts;
}

TEST(SharedDetectorPictures, HoldWhatTheirReadmeCounts) {
  if (!std::filesystem::exists(kData / "detect")) {
    GTEST_SKIP() << kData << "/detect is absent";
  }
  const auto imported = import_folder(kData / "detect");
  ASSERT_TRUE(imported) << imported.error().to_string();
  const Dataset& data = imported->data;
  ASSERT_EQ(data.classes.size(), 5);
  EXPECT_EQ(data.items.size(), 1036);
  EXPECT_EQ(items_of(data, Split::kTrain).size(), 833);
  EXPECT_EQ(items_of(data, Split::kValidation).size(), 203);
  const auto train = count(data, Split::kTrain, 0);
  EXPECT_EQ(train.pictures, 597);
  EXPECT_EQ(train.boxes, 867);
  const auto warped = count(data, Split::kValidation, 4);
  EXPECT_EQ(warped.pictures, 35);
  EXPECT_EQ(warped.boxes, 97);
  std::size_t negatives = 0;
  for (const std::size_t i : items_of(data, Split::kValidation)) {
    negatives += data.items[i].boxes->empty() ? 1 : 0;
  }
  EXPECT_EQ(negatives, 13);

  const auto again = parse(to_text(data, "/tmp"), "/tmp", "again");
  ASSERT_TRUE(again) << again.error().to_string();
  EXPECT_EQ(to_text(*again, "/tmp"), to_text(data, "/tmp"));
}

TEST(SharedClassifierPictures, HoldWhatTheirReadmeCounts) {
  if (!std::filesystem::exists(kData / "classify" / "train")) {
    GTEST_SKIP() << kData << "/classify is absent";
  }
  const auto imported = import_folder(kData / "classify" / "train");
  ASSERT_TRUE(imported) << imported.error().to_string();
  EXPECT_EQ(imported->data.items.size(), 272);
  EXPECT_EQ(imported->data.classes, (std::vector<std::string>{"OK", "blobs", "cracks", "spaghetti",
                                                              "stringing", "under_extrusion"}));
  EXPECT_EQ(imported->data.items.front().source, "errors");
}

}  // namespace
}  // namespace stepcast::dataset
