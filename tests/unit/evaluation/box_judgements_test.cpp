#include "stepcast/evaluation/box_judgements.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace stepcast::evaluation {
namespace {

constexpr vision::Box kHere{10, 10, 100, 100};
constexpr vision::Box kThere{300, 10, 100, 100};

MATCHER_P2(Judged, truth, said, "") {
  return arg.truth == truth && arg.said == said;
}

const std::vector<double> kThresholds = {0.5, 0.2};
constexpr std::size_t kNothing = 2;

TEST(JudgeBoxes, CountsRightWrongMissedAndInvented) {
  const std::vector<JudgedPicture> pictures = {
      {{{0, kHere}, {1, kThere}}, {{1, 0.9, kHere}, {0, 0.8, {600, 10, 50, 50}}}},
      {{{1, kHere}}, {{1, 0.3, kHere}}}};
  EXPECT_THAT(judge_boxes(pictures, kThresholds),
              ::testing::UnorderedElementsAre(Judged(0U, 1U), Judged(kNothing, 0U),
                                              Judged(1U, kNothing), Judged(1U, 1U)));
}

TEST(JudgeBoxes, TheMoreConfidentTakesTheBoxAndWeakOnesDoNotCount) {
  const std::vector<JudgedPicture> pictures = {
      {{{0, kHere}}, {{0, 0.6, kHere}, {1, 0.7, kHere}, {0, 0.4, kThere}}}};
  EXPECT_THAT(judge_boxes(pictures, kThresholds),
              ::testing::UnorderedElementsAre(Judged(0U, 1U), Judged(kNothing, 0U)));
}

TEST(BoxConfidences, TellWhetherABoxOfTheClassWasFound) {
  const std::vector<JudgedPicture> pictures = {
      {{{0, kHere}}, {{0, 0.6, kHere}, {1, 0.7, kHere}, {0, 0.01, kThere}}}};
  const auto confidences = box_confidences(pictures, 2, 0.05);
  ASSERT_EQ(confidences.size(), 2U);
  EXPECT_DOUBLE_EQ(confidences[0].value, 0.6);
  EXPECT_TRUE(confidences[0].right);
  EXPECT_DOUBLE_EQ(confidences[1].value, 0.7);
  EXPECT_FALSE(confidences[1].right);
}

}  // namespace
}  // namespace stepcast::evaluation
