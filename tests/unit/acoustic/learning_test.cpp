#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include <gtest/gtest.h>
#include <unistd.h>

#include "stepcast/acoustic/training.hpp"

#include "figures.hpp"
#include "folds.hpp"
#include "learners.hpp"
#include "network.hpp"
#include "random.hpp"

namespace stepcast::acoustic {
namespace {

// Two clouds along the first feature, `apart` standard deviations from each other.
std::vector<Sample> clouds(std::size_t count, double apart, std::uint64_t seed) {
  Random random(seed);
  const auto bell = [&] {
    double sum = 0;
    for (int i = 0; i < 12; ++i) {
      sum += random.unit() - 0.5;
    }
    return sum;
  };
  std::vector<Sample> samples(count);
  for (std::size_t i = 0; i < count; ++i) {
    samples[i].label = static_cast<int>(i % 2);
    samples[i].group = static_cast<std::uint32_t>(i);
    for (double& x : samples[i].x) {
      x = bell();
    }
    samples[i].x[0] += apart * static_cast<double>(samples[i].label);
  }
  return samples;
}

TEST(PortableExp, IsTheExponential) {
  for (double x = -50.0; x < 50.0; x += 0.137) {
    EXPECT_NEAR(portable_exp(x) / std::exp(x), 1.0, 1e-13) << x;
  }
  EXPECT_GT(portable_exp(-1e9), 0.0);
  EXPECT_TRUE(std::isfinite(portable_exp(1e9)));
}

TEST(Folds, HoldAsManyOfEachLabelAndKeepEqualRowsTogether) {
  auto samples = clouds(203, 1.0, 3);
  for (std::size_t i = 0; i < 60; ++i) {
    samples[i].group = static_cast<std::uint32_t>(i % 20);
    samples[i].label = static_cast<int>(i % 20 % 2);
  }
  const auto folds = stratified_folds(samples, 5, 11);
  std::vector<std::set<int>> folds_of_group(203);
  std::vector<int> defected(5, 0);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    folds_of_group[samples[i].group].insert(folds[i]);
    defected[static_cast<std::size_t>(folds[i])] += samples[i].label;
  }
  for (const auto& of_group : folds_of_group) {
    EXPECT_LE(of_group.size(), 1U);
  }
  const auto [fewest, most] = std::ranges::minmax(defected);
  EXPECT_LE(most - fewest, 3);
  EXPECT_NE(folds, stratified_folds(samples, 5, 12));
}

TEST(Figures, AreTheTextbookOnes) {
  const std::vector<Answer> answers{{-2.0, -2.0, 0}, {-1.0, -1.0, 1}, {0.5, 0.5, 0}, {3.0, 3.0, 1}};
  EXPECT_DOUBLE_EQ(accuracy_of(answers), 0.5);
  EXPECT_DOUBLE_EQ(auc_of(answers), 0.75);
  const std::vector<Answer> ties{{1.0, 1.0, 0}, {1.0, 1.0, 1}};
  EXPECT_DOUBLE_EQ(auc_of(ties), 0.5);
  std::vector<Answer> honest(1000);
  for (std::size_t i = 0; i < honest.size(); ++i) {
    honest[i] = {std::log(0.25 / 0.75), 0.0, i % 4 == 0 ? 1 : 0};
  }
  EXPECT_LT(calibration_error_of(honest), 1e-9);
  for (Answer& answer : honest) {
    answer.log_odds = std::log(0.75 / 0.25);
  }
  EXPECT_NEAR(calibration_error_of(honest), 0.5, 1e-9);
  // Five hits, each right with evidence 1 in 4 of 5 cases: a window is right if three or more are.
  std::vector<Answer> windows;
  for (int i = 0; i < 2000; ++i) {
    windows.push_back({0, i % 5 == 0 ? 1.0 : -1.0, 0});
    windows.push_back({0, i % 5 == 0 ? -1.0 : 1.0, 1});
  }
  EXPECT_NEAR(window_accuracy_of(windows, 5, 1), 0.942, 0.01);
}

TEST(Calibration, FindsSlopeAndOffset) {
  Random random(5);
  std::vector<double> raw;
  std::vector<int> labels;
  for (int i = 0; i < 20000; ++i) {
    const double x = 6.0 * random.unit() - 3.0;
    raw.push_back(x);
    labels.push_back(random.unit() < probability_of(0.5 * x - 0.75) ? 1 : 0);
  }
  const Calibration found = calibrate(raw, labels);
  EXPECT_NEAR(found.slope, 0.5, 0.04);
  EXPECT_NEAR(found.offset, -0.75, 0.06);
}

// No learner can be better than the overlap of the clouds allows, nor should one be much worse.
TEST(Learners, ComeNearTheBestThereIs) {
  const auto known = clouds(300, 2.0, 1);
  const auto unknown = clouds(600, 2.0, 2);
  for (const Learner& learner : {network_learner(), logistic_learner(), neighbours_learner()}) {
    const Predictor predict = learner.learn(known, 9);
    std::vector<Answer> answers;
    for (const Sample& sample : unknown) {
      const double odds = predict(sample.x);
      answers.push_back({odds, odds, sample.label});
    }
    EXPECT_GT(accuracy_of(answers), 0.74) << learner.name;  // 0.841 is the bound
    EXPECT_LT(accuracy_of(answers), 0.88) << learner.name;
    EXPECT_LT(calibration_error_of(answers), 0.12) << learner.name;
  }
}

TEST(Learners, FindNothingWhereNothingIs) {
  LabelledTable table{.name = "noise", .file = "noise.csv", .samples = clouds(80, 0.0, 4)};
  const Evaluation found = evaluate(table, {.folds = 3, .repeats = 1, .seed = 1, .resamples = 50});
  ASSERT_EQ(found.learners.size(), 3U);
  for (const LearnerFigures& learner : found.learners) {
    EXPECT_GT(learner.auc.value, 0.25) << learner.learner;
    EXPECT_LT(learner.auc.value, 0.75) << learner.learner;
    EXPECT_LE(learner.accuracy.low, learner.accuracy.value) << learner.learner;
    EXPECT_GE(learner.accuracy.high, learner.accuracy.value) << learner.learner;
  }
}

TEST(Learning, GivesTheSameNetworkForTheSameSeedOnly) {
  const auto samples = clouds(64, 1.0, 6);
  const auto weights = [&](std::uint64_t seed) {
    return train_network(samples, {.epochs = 5, .seed = seed}).hidden_weights;
  };
  EXPECT_EQ(weights(1), weights(1));
  EXPECT_NE(weights(1), weights(2));
}

TEST(Learning, MakesTheShippedModelFromItsTables) {
  const std::filesystem::path folder = STEPCAST_SHARED_DIR "/data/ae";
  if (!std::filesystem::exists(folder)) {
    GTEST_SKIP() << folder << " is not there";
  }
  std::vector<HitModel> models;
  for (const char* name : {"overflow_train.csv", "binary_train.csv"}) {
    const auto table = read_labelled(folder / name);
    ASSERT_TRUE(table) << table.error().to_string();
    models.push_back(learn_model(*table, 1));
  }
  std::ifstream file(STEPCAST_SOURCE_DIR "/models/acoustic.json", std::ios::binary);
  const std::string shipped((std::istreambuf_iterator<char>(file)),
                            std::istreambuf_iterator<char>());
  EXPECT_TRUE(Judge(std::move(models)).to_json() == shipped)
      << "stepcast-train hear overflow_train.csv binary_train.csv --out models/acoustic.json";
}

TEST(LabelledTable, RefusesWhatNothingCanBeLearnedFrom) {
  const std::filesystem::path file = std::filesystem::temp_directory_path() /
                                     ("stepcast_labels_" + std::to_string(::getpid()) + ".csv");
  const auto error_of = [&](const std::string& rows) {
    std::ofstream(file) << "amplitude,duration,energy,rms,rise_time,counts,label\n" << rows;
    const auto table = read_labelled(file);
    return table ? Error{} : table.error();
  };
  EXPECT_EQ(error_of("1,1,1,1,1,1,0\n").code, Errc::kOutOfRange);
  const Error third = error_of("1,1,1,1,1,1,0\n1,1,1,1,1,1,2\n");
  EXPECT_EQ(third.code, Errc::kMalformed);
  EXPECT_NE(third.location.find(":3"), std::string::npos) << third.location;
  EXPECT_EQ(error_of("1,1,1,1,1,1,\n").code, Errc::kMalformed);
  std::filesystem::remove(file);
}

}  // namespace
}  // namespace stepcast::acoustic
