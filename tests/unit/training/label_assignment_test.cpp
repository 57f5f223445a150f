#include "label_assignment.hpp"

#include <array>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace stepcast::training {
namespace {

constexpr std::array<float, 2> kSaysFirst = {3, -3};
constexpr std::array<float, 2> kSaysSecond = {-3, 3};

/// A map of 10 by 10 cells of 8 pixels; each place says a box of 20 pixels around its middle.
std::vector<Prediction> grid(const std::array<float, 2>& says) {
  std::vector<Prediction> predictions;
  for (int y = 0; y < 10; ++y) {
    for (int x = 0; x < 10; ++x) {
      predictions.push_back({.stride = 8,
                             .cell_x = static_cast<double>(x),
                             .cell_y = static_cast<double>(y),
                             .box = {x * 8 - 6.0, y * 8 - 6.0, 20, 20},
                             .object_logit = 0,
                             .class_logits = says.data()});
    }
  }
  return predictions;
}

TEST(LabelAssignment, NothingMarkedTeachesNobody) {
  EXPECT_TRUE(assign_labels(grid(kSaysFirst), {}, 2).empty());
}

TEST(LabelAssignment, AMarkIsTaughtWhereItLies) {
  const std::vector<Mark> marks = {{0, {26, 26, 20, 20}}};
  const auto assignments = assign_labels(grid(kSaysFirst), marks, 2);
  ASSERT_FALSE(assignments.empty());
  for (const auto& assignment : assignments) {
    const double x = static_cast<double>(assignment.prediction % 10) * 8 + 4;
    const double y = static_cast<double>(assignment.prediction / 10) * 8 + 4;
    EXPECT_NEAR(x, 36, 20);
    EXPECT_NEAR(y, 36, 20);
    EXPECT_GT(assignment.overlap, 0);
  }
  // The place whose box is the mark itself is among them.
  EXPECT_THAT(assignments, ::testing::Contains(::testing::Field(&Assignment::prediction, 44U)));
}

TEST(LabelAssignment, APlaceLearnsOneMarkTheOneItIsNearerTo) {
  // Two marks on the same spot: each place says the second class, so the second is cheaper.
  const std::vector<Mark> marks = {{0, {26, 26, 20, 20}}, {1, {26, 26, 20, 20}}};
  const auto assignments = assign_labels(grid(kSaysSecond), marks, 2);
  ASSERT_FALSE(assignments.empty());
  for (const auto& assignment : assignments) {
    EXPECT_EQ(assignment.mark, 1U);
  }
}

TEST(LabelAssignment, ATinyMarkStillFindsAPlace) {
  const std::vector<Mark> marks = {{1, {41, 41, 2, 2}}};
  EXPECT_EQ(assign_labels(grid(kSaysFirst), marks, 2).size(), 1U);
}

}  // namespace
}  // namespace stepcast::training
