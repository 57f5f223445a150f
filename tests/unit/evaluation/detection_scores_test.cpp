#include "stepcast/evaluation/detection_scores.hpp"

#include <algorithm>
#include <random>

#include <gtest/gtest.h>

namespace stepcast::evaluation {
namespace {

constexpr vision::Box kBox{10, 10, 100, 100};

vision::Box shifted(double by) {
  return {kBox.x + by, kBox.y, kBox.width, kBox.height};
}

/// Boxes and detections near some of them, all of class 0 and 1.
std::vector<JudgedPicture> random_pictures(std::uint32_t seed, std::size_t count) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> unit(0, 1);
  std::vector<JudgedPicture> pictures(count);
  for (JudgedPicture& picture : pictures) {
    for (int i = 0; i < 3; ++i) {
      const vision::Box box{300 * unit(random), 300 * unit(random), 20 + 80 * unit(random),
                            20 + 80 * unit(random)};
      const std::size_t label = unit(random) < 0.5 ? 0 : 1;
      if (unit(random) < 0.7) {
        picture.truths.push_back({label, box});
      }
      if (unit(random) < 0.7) {
        picture.detections.push_back(
            {label,
             unit(random),
             {box.x + 20 * unit(random), box.y, box.width, box.height * (0.7 + unit(random))}});
      }
    }
  }
  return pictures;
}

TEST(Overlap, OfABoxWithItselfIsOneAndOfStrangersZero) {
  EXPECT_DOUBLE_EQ(overlap(kBox, kBox), 1);
  EXPECT_DOUBLE_EQ(overlap(kBox, shifted(100)), 0);
  EXPECT_DOUBLE_EQ(overlap(kBox, shifted(50)), 1.0 / 3);
  EXPECT_DOUBLE_EQ(overlap({}, {}), 0);
}

TEST(AveragePrecision, IsOneWhenEverythingIsFoundFirst) {
  const std::vector<JudgedPicture> pictures = {
      {{{0, kBox}}, {{0, 0.9, kBox}, {0, 0.1, shifted(300)}}}};
  const auto scores = score_detections(pictures, 1);
  EXPECT_DOUBLE_EQ(scores.map50.value.value(), 1);
  EXPECT_DOUBLE_EQ(scores.map50_95.value.value(), 1);
}

// Two boxes. Said: right (0.9), wrong (0.8), right (0.7): precision 1 up to recall 1/2 (51 of the
// 101 points), 2/3 above.
TEST(AveragePrecision, IsTheMeanOfTheEnvelopeOver101Recalls) {
  const std::vector<JudgedPicture> pictures = {
      {{{0, kBox}, {0, shifted(200)}},
       {{0, 0.9, kBox}, {0, 0.8, shifted(500)}, {0, 0.7, shifted(200)}}}};
  const auto classes = match(pictures, 1);
  EXPECT_NEAR(average_precision(classes[0], 0).value(), (51 + 50 * 2.0 / 3) / 101, 1e-12);
}

TEST(AveragePrecision, ABoxIsFoundOnlyOnce) {
  const std::vector<JudgedPicture> pictures = {
      {{{0, kBox}, {0, shifted(300)}}, {{0, 0.9, kBox}, {0, 0.8, kBox}}}};
  const auto classes = match(pictures, 1);
  EXPECT_TRUE(classes[0].detections[0].right[0]);
  EXPECT_FALSE(classes[0].detections[1].right[0]);
}

TEST(AveragePrecision, SaysNothingOfAClassWithoutBoxes) {
  const std::vector<JudgedPicture> pictures = {{{{0, kBox}}, {{1, 0.9, kBox}}}};
  const auto scores = score_detections(pictures, 2);
  EXPECT_FALSE(scores.classes[1].ap50.value);
  EXPECT_DOUBLE_EQ(scores.classes[0].ap50.value.value(), 0);
  EXPECT_DOUBLE_EQ(scores.map50.value.value(), 0) << "the mean is over classes with boxes";
}

TEST(AveragePrecision, CountsLooseBoxesAtLowOverlapsOnly) {
  // Overlap 0.6: right at 0.50, 0.55 and 0.60.
  const std::vector<JudgedPicture> pictures = {{{{0, kBox}}, {{0, 0.9, shifted(25)}}}};
  const auto classes = match(pictures, 1);
  EXPECT_NEAR(average_precision_50_95(classes[0]).value(), 0.3, 1e-12);
}

TEST(AveragePrecision, DependsOnTheOrderOfConfidencesOnly) {
  for (std::uint32_t seed = 1; seed <= 30; ++seed) {
    auto pictures = random_pictures(seed, 12);
    const auto before = score_detections(pictures, 2, {.resamples = 1});
    for (JudgedPicture& picture : pictures) {
      for (vision::Detection& detection : picture.detections) {
        detection.confidence = detection.confidence * detection.confidence / 2;
      }
    }
    const auto after = score_detections(pictures, 2, {.resamples = 1});
    EXPECT_DOUBLE_EQ(before.map50_95.value.value(), after.map50_95.value.value()) << seed;
  }
}

TEST(AveragePrecision, NeverGainsFromOneMoreWrongDetection) {
  for (std::uint32_t seed = 1; seed <= 30; ++seed) {
    auto pictures = random_pictures(seed, 12);
    const double before = average_precision(match(pictures, 2)[0], 0).value();
    pictures[seed % 12].detections.push_back({0, 0.5, {900, 900, 10, 10}});
    const double after = average_precision(match(pictures, 2)[0], 0).value();
    EXPECT_LE(after, before + 1e-12) << seed;
    EXPECT_GE(after, 0);
    EXPECT_LE(before, 1);
  }
}

TEST(AveragePrecision, OfWeightedPicturesIsThatOfRepeatedOnes) {
  for (std::uint32_t seed = 1; seed <= 20; ++seed) {
    const auto pictures = random_pictures(seed, 6);
    std::vector<std::uint32_t> weights;
    std::vector<JudgedPicture> repeated;
    for (std::size_t i = 0; i < pictures.size(); ++i) {
      weights.push_back(static_cast<std::uint32_t>((i + seed) % 3));
      repeated.insert(repeated.end(), weights.back(), pictures[i]);
    }
    const auto weighted = average_precision_50_95(match(pictures, 2)[1], weights);
    const auto counted = average_precision_50_95(match(repeated, 2)[1]);
    ASSERT_EQ(weighted.has_value(), counted.has_value()) << seed;
    // Copies of a detection come one after another; the envelope sees the last of them.
    EXPECT_NEAR(weighted.value_or(0), counted.value_or(0), 1e-12) << seed;
  }
}

TEST(PrecisionRecall, RecallNeverFallsAndBestF1IsOnTheCurve) {
  const auto pictures = random_pictures(5, 20);
  const auto matches = match(pictures, 2)[0];
  const auto curve = precision_recall(matches);
  ASSERT_FALSE(curve.empty());
  EXPECT_TRUE(std::is_sorted(curve.begin(), curve.end(),
                             [](const auto& a, const auto& b) { return a.recall < b.recall; }));
  const auto best = best_f1(matches);
  ASSERT_TRUE(best);
  for (const CurvePoint& point : curve) {
    EXPECT_LE(2 * point.precision * point.recall * (best->precision + best->recall),
              2 * best->precision * best->recall * (point.precision + point.recall) + 1e-12);
  }
}

TEST(Bootstrap, IntervalHoldsTheFigureAndRepeats) {
  const auto pictures = random_pictures(9, 40);
  const auto first = score_detections(pictures, 2, {.resamples = 200, .seed = 4});
  const auto again = score_detections(pictures, 2, {.resamples = 200, .seed = 4});
  const auto& interval = first.map50.interval.value();
  EXPECT_LT(interval.low, first.map50.value.value());
  EXPECT_GT(interval.high, first.map50.value.value());
  EXPECT_EQ(interval.low, again.map50.interval->low);
  EXPECT_EQ(interval.high, again.map50.interval->high);
}

// 95 % of the intervals of a mean must hold the true mean; 100 trials say 95 +- 2.2 (one sigma).
TEST(Bootstrap, CoversTheTruthAsOftenAsItSays) {
  std::mt19937_64 random(3);
  std::normal_distribution<double> normal(5, 2);
  int covered = 0;
  for (std::uint64_t trial = 0; trial < 100; ++trial) {
    std::vector<double> values(60);
    std::generate(values.begin(), values.end(), [&] { return normal(random); });
    const auto interval = bootstrap_interval(values.size(),
                                             [&](Weights weights) -> std::optional<double> {
                                               double sum = 0;
                                               for (std::size_t i = 0; i < values.size(); ++i) {
                                                 sum += weights[i] * values[i];
                                               }
                                               return sum / static_cast<double>(values.size());
                                             },
                                             {.resamples = 300, .seed = trial});
    covered += interval->low < 5 && interval->high > 5 ? 1 : 0;
  }
  EXPECT_GE(covered, 88);
  EXPECT_LE(covered, 99);
}

TEST(PairedDifference, OfEqualJudgesIsNothing) {
  const auto pictures = random_pictures(11, 20);
  const auto matches = match(pictures, 2);
  const auto figure = [&](Weights w) { return mean_average_precision(matches, 0, w); };
  const auto difference = paired_difference(20, figure, figure, {.resamples = 50});
  ASSERT_TRUE(difference);
  EXPECT_EQ(difference->value, 0);
  EXPECT_EQ(difference->interval.low, 0);
  EXPECT_EQ(difference->share_better, 0.5);
}

TEST(Proportion, OfNoneStillLeavesRoom) {
  const auto none = proportion_interval(0, 150);
  EXPECT_EQ(none.low, 0);
  EXPECT_NEAR(none.high, 0.02497, 1e-5);  // z^2 / (n + z^2)
  EXPECT_EQ(proportion_interval(150, 150).high, 1);
}

}  // namespace
}  // namespace stepcast::evaluation
