#include "stepcast/evaluation/classification.hpp"

#include <cmath>
#include <random>

#include <gtest/gtest.h>

namespace stepcast::evaluation {
namespace {

const std::vector<Judgement> kJudgements = {{0, 0}, {0, 0}, {0, 1}, {1, 1}, {1, 0}, {2, 2}};

TEST(Confusion, CountsTruthInRowsAndAnswersInColumns) {
  const std::vector<std::vector<std::size_t>> expected = {
      {2, 1, 0, 0}, {1, 1, 0, 0}, {0, 0, 1, 0}, {0, 0, 0, 0}};
  EXPECT_EQ(confusion(kJudgements, 4), expected);
}

TEST(MacroF1, IsTheMeanOverClassesThatAreShown) {
  // Class 0: 2 of 3 said, 2 of 3 true: 2/3. Class 1: 1 of 2, 1 of 2: 1/2. Class 2: 1.
  EXPECT_NEAR(macro_f1(kJudgements, 4).value(), (2.0 / 3 + 0.5 + 1) / 3, 1e-12);
  const auto classes = class_f1(kJudgements, 4);
  EXPECT_NEAR(classes[0].f1, 2.0 / 3, 1e-12);
  EXPECT_EQ(classes[0].support, 3);
  EXPECT_EQ(classes[3].f1, 0);
  EXPECT_FALSE(macro_f1({}, 4));
}

TEST(MacroF1, OfWeightedPicturesIsThatOfRepeatedOnes) {
  const std::vector<std::uint32_t> weights = {2, 0, 1, 3, 0, 0};
  std::vector<Judgement> repeated;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    repeated.insert(repeated.end(), weights[i], kJudgements[i]);
  }
  EXPECT_DOUBLE_EQ(macro_f1(kJudgements, 4, weights).value(), macro_f1(repeated, 4).value());
  EXPECT_DOUBLE_EQ(accuracy(kJudgements, weights).value(), accuracy(repeated).value());
}

TEST(CalibrationError, IsTheMeanDistanceOfConfidenceAndSuccess) {
  // Ten at 0.95, nine right: 0.05 apart. Ten at 0.65, four right: 0.25 apart.
  std::vector<Confidence> confidences;
  for (int i = 0; i < 10; ++i) {
    confidences.push_back({0.95, i < 9});
    confidences.push_back({0.65, i < 4});
  }
  const auto bins = reliability(confidences, 10);
  EXPECT_EQ(bins[9].count, 10);
  EXPECT_NEAR(bins[6].share_right, 0.4, 1e-12);
  EXPECT_NEAR(expected_calibration_error(bins), (0.05 + 0.25) / 2, 1e-12);
}

TEST(Reliability, PutsTheEndsIntoTheFirstAndTheLastBin) {
  const std::vector<Confidence> ends = {{0, false}, {1, true}, {0.5, true}};
  const auto bins = reliability(ends, 2);
  EXPECT_EQ(bins[0].count, 2) << "the upper end belongs to a bin";
  EXPECT_EQ(bins[1].count, 1);
}

TEST(Softmax, SumsToOneAndForgetsAShift) {
  const auto shares = softmax(std::vector<double>{1000, 1001, 999});
  EXPECT_NEAR(shares[0] + shares[1] + shares[2], 1, 1e-12);
  const auto same = softmax(std::vector<double>{0, 1, -1});
  EXPECT_NEAR(shares[1], same[1], 1e-12);
  const auto hot = softmax(std::vector<double>{0, 1, -1}, 1e6);
  EXPECT_NEAR(hot[1], 1.0 / 3, 1e-5);
}

// Answers drawn from the probabilities themselves, then sharpened: the fit undoes it.
TEST(Temperature, UndoesTheSharpeningOfHonestAnswers) {
  std::mt19937 random(5);
  std::normal_distribution<double> normal(0, 1.5);
  std::uniform_real_distribution<double> unit(0, 1);
  for (const double sharpening : {0.5, 1.0, 3.0}) {
    std::vector<Logits> pictures;
    for (int i = 0; i < 4000; ++i) {
      Logits logits{{normal(random), normal(random), normal(random)}, 0};
      const auto shares = softmax(logits.values);
      const double draw = unit(random);
      logits.truth = draw < shares[0] ? 0 : draw < shares[0] + shares[1] ? 1 : 2;
      for (double& value : logits.values) {
        value *= sharpening;
      }
      pictures.push_back(logits);
    }
    const double fitted = fit_temperature(pictures);
    EXPECT_NEAR(fitted, sharpening, 0.08 * sharpening);
    EXPECT_LE(negative_log_likelihood(pictures, fitted), negative_log_likelihood(pictures, 1));
  }
}

}  // namespace
}  // namespace stepcast::evaluation
