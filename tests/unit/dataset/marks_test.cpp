#include "stepcast/dataset/marks.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dataset_rig.hpp"

namespace stepcast::dataset {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Marks : public testing::Test {
 protected:
  Marks() {
    for (int i = 0; i < 4; ++i) {
      scratch_.picture("frames/cam_" + std::to_string(i) + ".png", 100, 80,
                       static_cast<std::uint8_t>(40 * i));
    }
    data_.root = scratch_.path();
    data_.classes = {"spaghetti"};
  }
  [[nodiscard]] std::string frame(int i) const {
    return (scratch_.path() / "frames" / ("cam_" + std::to_string(i) + ".png")).string();
  }
  [[nodiscard]] Result<Collected> collect_all(const std::vector<Mark>& marks) {
    return collect(data_, marks, scratch_.path() / "collected");
  }

  ScratchFolder scratch_;
  Dataset data_;
};

const vision::Box kSpot{10, 20, 30, 40};

TEST_F(Marks, BecomePositivesNegativesAndClasses) {
  const auto done = collect_all({{frame(0), Verdict::kRight, {{"spaghetti", kSpot}}, ""},
                                 {frame(1), Verdict::kWrong, {}, "bed"},
                                 {frame(2), Verdict::kMissed, {{"warping", std::nullopt}}, ""}});
  ASSERT_TRUE(done) << done.error().to_string();
  EXPECT_EQ(done->added, 3);
  ASSERT_EQ(data_.items.size(), 3);
  EXPECT_EQ(data_.items[0].boxes->at(0).box.x, 10);
  EXPECT_THAT(data_.items[0].flags, ElementsAre("marked right"));
  EXPECT_TRUE(data_.items[1].boxes->empty());
  EXPECT_EQ(data_.items[1].source, "bed");
  EXPECT_FALSE(data_.items[2].boxes) << "where it is, nobody has said";
  EXPECT_EQ(data_.classes.at(*data_.items[2].picture_class), "warping");
}

TEST_F(Marks, KeepPicturesThatTheCameraThrowsAway) {
  ASSERT_TRUE(collect_all({{frame(0), Verdict::kWrong, {}, ""}}));
  std::filesystem::remove(frame(0));
  EXPECT_TRUE(vision::read_picture(picture_path(data_, data_.items[0]).string()));
}

TEST_F(Marks, OfOnePictureAddWhatWasMissedAndTheLastVerdictCounts) {
  ASSERT_TRUE(collect_all({{frame(0), Verdict::kRight, {{"spaghetti", kSpot}}, ""},
                           {frame(0), Verdict::kMissed, {{"warping", kSpot}}, ""},
                           {frame(1), Verdict::kRight, {{"spaghetti", kSpot}}, ""},
                           {frame(1), Verdict::kWrong, {}, ""}}));
  ASSERT_EQ(data_.items.size(), 2);
  EXPECT_EQ(data_.items[0].boxes->size(), 2);
  EXPECT_TRUE(data_.items[1].boxes->empty());
}

TEST_F(Marks, OfAPictureThatIsThereChangeItsLabels) {
  ASSERT_TRUE(collect_all({{frame(0), Verdict::kWrong, {}, ""}}));
  const auto again = collect_all({{frame(0), Verdict::kRight, {{"spaghetti", kSpot}}, ""}});
  ASSERT_TRUE(again);
  EXPECT_EQ(again->added, 0);
  EXPECT_EQ(again->changed, 1);
  EXPECT_EQ(data_.items.size(), 1);
  EXPECT_EQ(data_.items[0].boxes->size(), 1);
}

TEST_F(Marks, NeverChangeWhatIsAskedInTheEnd) {
  ASSERT_TRUE(collect_all({{frame(0), Verdict::kWrong, {}, ""}}));
  data_.items[0].split = Split::kTest;
  const auto again = collect_all({{frame(0), Verdict::kRight, {{"spaghetti", kSpot}}, ""}});
  ASSERT_TRUE(again);
  EXPECT_EQ(again->changed, 0);
  EXPECT_EQ(again->notes.size(), 1);
  EXPECT_TRUE(data_.items[0].boxes->empty());
}

TEST_F(Marks, ChangeNothingWhenOneIsWrong) {
  const auto outside =
      collect_all({{frame(0), Verdict::kWrong, {}, ""},
                   {frame(1), Verdict::kMissed, {{"spaghetti", vision::Box{90, 0, 30, 9}}}, ""}});
  ASSERT_FALSE(outside);
  EXPECT_THAT(outside.error().message, HasSubstr("sticks out"));
  EXPECT_FALSE(collect_all({{frame(9), Verdict::kWrong, {}, ""}}));
  EXPECT_TRUE(data_.items.empty());
}

TEST_F(Marks, ComeBackFromTheirLines) {
  const Mark mark{frame(0), Verdict::kMissed, {{"warping", kSpot}, {"spaghetti", {}}}, "bed"};
  const auto again = parse_marks(to_line(mark), "marks.jsonl");
  ASSERT_TRUE(again) << again.error().to_string();
  ASSERT_EQ(again->size(), 1);
  EXPECT_EQ(to_line(again->front()), to_line(mark));
}

TEST_F(Marks, NameTheLineThatIsWrong) {
  const auto bad = parse_marks("\n{\"image\":\"a\",\"verdict\":\"maybe\"}\n", "marks.jsonl");
  ASSERT_FALSE(bad);
  EXPECT_THAT(bad.error().to_string(), HasSubstr("marks.jsonl:2"));
  EXPECT_FALSE(parse_marks("{\"image\":\"a\",\"verdict\":\"missed\"}", "m"));
  EXPECT_FALSE(
      parse_marks("{\"image\":\"a\",\"verdict\":\"wrong\",\"boxes\":[{\"class\":\"b\"}]}", "m"));
}

}  // namespace
}  // namespace stepcast::dataset
