#include "stepcast/evaluation/ranking.hpp"

#include <limits>
#include <random>

#include <gtest/gtest.h>

namespace stepcast::evaluation {
namespace {

TEST(AreaUnderRoc, CountsPairsWonAndHalfTheTies) {
  // 0.9+ 0.5+ 0.5- 0.1-: pairs 4, won 3, tied 1.
  const std::vector<Scored> scored = {{0.9, true}, {0.5, true}, {0.5, false}, {0.1, false}};
  EXPECT_DOUBLE_EQ(area_under_roc(scored).value(), 3.5 / 4);
}

TEST(AreaUnderRoc, NeedsBothKinds) {
  const std::vector<Scored> scored = {{0.9, true}, {0.5, true}};
  EXPECT_FALSE(area_under_roc(scored));
}

TEST(AreaUnderRoc, IsTheAreaUnderItsCurve) {
  std::mt19937 random(2);
  for (int round = 0; round < 20; ++round) {
    std::vector<Scored> scored;
    for (int i = 0; i < 40; ++i) {
      scored.push_back({static_cast<double>(random() % 12), random() % 3 == 0});
    }
    scored.push_back({3, true});
    scored.push_back({3, false});
    double area = 0;
    const auto curve = roc_curve(scored);
    for (std::size_t i = 1; i < curve.size(); ++i) {
      area += (curve[i].false_rate - curve[i - 1].false_rate) *
              (curve[i].true_rate + curve[i - 1].true_rate) / 2;
    }
    EXPECT_NEAR(area, area_under_roc(scored).value(), 1e-12);
    EXPECT_EQ(curve.back().true_rate, 1);
    EXPECT_EQ(curve.back().false_rate, 1);
  }
}

TEST(AreaUnderRoc, OfTheOppositeScoresIsTheRest) {
  std::vector<Scored> scored = {{0.3, true}, {0.2, false}, {0.8, true}, {0.4, false}, {0.4, true}};
  const double area = area_under_roc(scored).value();
  for (Scored& one : scored) {
    one.score = -one.score;
  }
  EXPECT_DOUBLE_EQ(area + area_under_roc(scored).value(), 1);
}

TEST(FailureScores, TakeTheSurestDetectionOfAWantedClass) {
  const std::vector<JudgedPicture> pictures = {
      {{{0, {0, 0, 9, 9}}}, {{0, 0.3, {}}, {1, 0.9, {}}}},
      {{{1, {0, 0, 9, 9}}}, {{0, 0.2, {}}}},
      {},
  };
  const auto all = failure_scores(pictures);
  EXPECT_EQ(all[0].score, 0.9);
  EXPECT_TRUE(all[1].positive);
  EXPECT_EQ(all[2].score, 0);
  const std::vector<std::size_t> first = {0};
  const auto wanted = failure_scores(pictures, first);
  EXPECT_EQ(wanted[0].score, 0.3);
  EXPECT_FALSE(wanted[1].positive);
}

TEST(FalseAlarms, CountFramesWithoutAFailureOnceEach) {
  const std::vector<JudgedPicture> pictures = {
      {{}, {{0, 0.6, {}}, {0, 0.7, {}}, {1, 0.6, {}}}},
      {{}, {{0, 0.4, {}}}},
      {{{0, {0, 0, 9, 9}}}, {{0, 0.9, {}}}},
      {},
  };
  const std::vector<double> thresholds = {0.5, 0.5};
  const auto alarms = false_alarms(pictures, thresholds).value();
  EXPECT_EQ(alarms.frames, 3);
  EXPECT_EQ(alarms.alarmed, 1);
  EXPECT_EQ(alarms.alarmed_by_class, (std::vector<std::size_t>{1, 1}));
  EXPECT_NEAR(alarms.per_thousand, 1000.0 / 3, 1e-9);
  const std::vector<double> off(2, std::numeric_limits<double>::infinity());
  EXPECT_EQ(false_alarms(pictures, off)->alarmed, 0);
}

TEST(FalseAlarms, NeedAFrameWithoutAFailure) {
  const std::vector<JudgedPicture> pictures = {{{{0, {0, 0, 9, 9}}}, {}}};
  const std::vector<double> thresholds = {0.5};
  EXPECT_FALSE(false_alarms(pictures, thresholds));
}

}  // namespace
}  // namespace stepcast::evaluation
