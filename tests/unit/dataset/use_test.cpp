// What is made of a data set: exports, counts, answers of models.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stepcast/dataset/answers.hpp"
#include "stepcast/dataset/contact_sheet.hpp"
#include "stepcast/dataset/export.hpp"
#include "stepcast/dataset/statistics.hpp"

#include "dataset_rig.hpp"

namespace stepcast::dataset {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class UseOfPictures : public testing::Test {
 protected:
  UseOfPictures() {
    scratch_.picture("a.png");
    scratch_.picture("b.png");
    data_ = {
        .name = "mine", .root = scratch_.path(), .classes = {"spaghetti", "warp: ed"}, .items = {}};
    data_.items.push_back({.path = "a.png", .width = 100, .height = 80, .source = "cam"});
    data_.items.push_back({.path = "b.png", .width = 100, .height = 80, .source = "cam"});
    data_.items[0].boxes = {{1, {10, 20, 30, 40}}, {0, {0, 0, 50, 40}}};
    data_.items[0].split = Split::kTrain;
    data_.items[1].boxes.emplace();
    data_.items[1].split = Split::kValidation;
  }

  ScratchFolder scratch_;
  Dataset data_;
};

TEST_F(UseOfPictures, ExportsComeBackByImport) {
  for (const Format format : {Format::kYolo, Format::kCoco}) {
    const auto folder = scratch_.path() / ("out-" + std::string(name_of(format)));
    ASSERT_EQ(export_folder(data_, format, folder).value(), 2);
    const auto again = import_folder(folder);
    ASSERT_TRUE(again) << again.error().to_string();
    EXPECT_EQ(again->data.classes, data_.classes);
    ASSERT_EQ(again->data.items.size(), 2);
    const Item& item = again->data.items[0];
    EXPECT_EQ(item.split, Split::kTrain);
    ASSERT_EQ(item.boxes->size(), 2);
    EXPECT_EQ(item.boxes->at(0).class_index, 1);
    EXPECT_NEAR(item.boxes->at(0).box.x, 10, 0.01);
    EXPECT_NEAR(item.boxes->at(0).box.height, 40, 0.01);
    EXPECT_TRUE(again->data.items[1].boxes->empty());
    EXPECT_FALSE(export_folder(data_, format, folder)) << "never over what is there";
  }
}

TEST_F(UseOfPictures, StatisticsCountPicturesBoxesAndEdges) {
  const auto counts = statistics(data_);
  EXPECT_EQ(counts.negatives, 1);
  EXPECT_EQ(counts.classes[0].pictures, 1);
  EXPECT_EQ(counts.classes[0].train, 1);
  EXPECT_EQ(counts.classes[0].at_edge, 1);
  EXPECT_EQ(counts.classes[1].at_edge, 0);
  EXPECT_DOUBLE_EQ(counts.classes[0].median_share, 0.25);
  EXPECT_EQ(counts.together[0][1], 1);
  EXPECT_THAT(table(counts), HasSubstr("spaghetti and warp: ed: 1"));
}

TEST_F(UseOfPictures, ASheetHasRoomForEveryPicture) {
  const std::vector<std::size_t> all = {0, 1};
  const auto cells = varied_cells(data_, all, 10, 1);
  EXPECT_EQ(cells.size(), 2);
  const auto sheet = contact_sheet(data_, cells, {.title = "t", .subtitle = "s", .columns = 2});
  ASSERT_TRUE(sheet) << sheet.error().to_string();
  EXPECT_GT(sheet->width, 400);
  data_.items[0].path = "gone.png";
  EXPECT_FALSE(contact_sheet(data_, cells, {.title = "t", .subtitle = "s", .columns = 2}));
}

constexpr const char* kBoth =
    R"({"image":"a.png","width":100,"height":80,"detections":[{"class":"new","confidence":0.5,"x":1,"y":2,"w":3,"h":4}]}
{"image":"b.png","width":100,"height":80,"detections":[]}
)";

TEST_F(UseOfPictures, AnswersAreTiedToPicturesByName) {
  const auto answers = read_answers(kBoth, "said.jsonl", data_, std::nullopt);
  ASSERT_TRUE(answers) << answers.error().to_string();
  EXPECT_THAT(answers->items, ElementsAre(0, 1));
  EXPECT_EQ(answers->known_classes, 2);
  EXPECT_EQ(answers->detections[0].detections[0].class_index, 2);
  EXPECT_EQ(answers->detections[0].truths.size(), 2);
  const auto some = read_answers(kBoth, "said.jsonl", data_, Split::kValidation);
  ASSERT_TRUE(some);
  EXPECT_THAT(some->items, ElementsAre(1));
}

TEST_F(UseOfPictures, AnswersMayNotLeaveOutPictures) {
  const std::string both = kBoth;
  const auto first = both.substr(0, both.find('\n') + 1);
  const auto answers = read_answers(first, "said.jsonl", data_, std::nullopt);
  ASSERT_FALSE(answers);
  EXPECT_THAT(answers.error().to_string(), HasSubstr("no answer for b.png"));
  EXPECT_FALSE(read_answers(first + first, "said.jsonl", data_, std::nullopt));
  EXPECT_THAT(read_answers("\n{\"image\":\"c.png\"}", "s", data_, {}).error().to_string(),
              HasSubstr("s:2"));
}

}  // namespace
}  // namespace stepcast::dataset
