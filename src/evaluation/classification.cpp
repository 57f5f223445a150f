#include "stepcast/evaluation/classification.hpp"

#include <algorithm>
#include <cmath>

#include "stepcast/base/contracts.hpp"

namespace stepcast::evaluation {
namespace {

struct Counts {
  double truth = 0;
  double said = 0;
  double both = 0;

  [[nodiscard]] double f1() const { return truth + said > 0 ? 2 * both / (truth + said) : 0; }
};

std::vector<Counts> counts_of(std::span<const Judgement> judgements, std::size_t class_count,
                              Weights weights) {
  STEPCAST_CHECK(weights.empty() || weights.size() == judgements.size());
  std::vector<Counts> counts(class_count);
  for (std::size_t i = 0; i < judgements.size(); ++i) {
    const Judgement& judgement = judgements[i];
    STEPCAST_CHECK(judgement.truth < class_count && judgement.said < class_count);
    const double weight = weights.empty() ? 1.0 : static_cast<double>(weights[i]);
    counts[judgement.truth].truth += weight;
    counts[judgement.said].said += weight;
    counts[judgement.truth].both += judgement.truth == judgement.said ? weight : 0.0;
  }
  return counts;
}

}  // namespace

std::vector<std::vector<std::size_t>> confusion(std::span<const Judgement> judgements,
                                                std::size_t class_count) {
  std::vector matrix(class_count, std::vector<std::size_t>(class_count));
  for (const Judgement& judgement : judgements) {
    STEPCAST_CHECK(judgement.truth < class_count && judgement.said < class_count);
    ++matrix[judgement.truth][judgement.said];
  }
  return matrix;
}

std::vector<ClassF1> class_f1(std::span<const Judgement> judgements, std::size_t class_count) {
  std::vector<ClassF1> scores;
  for (const Counts& counts : counts_of(judgements, class_count, {})) {
    scores.push_back({.support = static_cast<std::size_t>(counts.truth),
                      .precision = counts.said > 0 ? counts.both / counts.said : 0,
                      .recall = counts.truth > 0 ? counts.both / counts.truth : 0,
                      .f1 = counts.f1()});
  }
  return scores;
}

std::optional<double> macro_f1(std::span<const Judgement> judgements, std::size_t class_count,
                               Weights weights) {
  double sum = 0;
  double shown = 0;
  for (const Counts& counts : counts_of(judgements, class_count, weights)) {
    if (counts.truth > 0) {
      sum += counts.f1();
      shown += 1;
    }
  }
  if (shown == 0) {
    return std::nullopt;
  }
  return sum / shown;
}

std::optional<double> accuracy(std::span<const Judgement> judgements, Weights weights) {
  STEPCAST_CHECK(weights.empty() || weights.size() == judgements.size());
  double right = 0;
  double all = 0;
  for (std::size_t i = 0; i < judgements.size(); ++i) {
    const double weight = weights.empty() ? 1.0 : static_cast<double>(weights[i]);
    all += weight;
    right += judgements[i].truth == judgements[i].said ? weight : 0.0;
  }
  if (!(all > 0)) {
    return std::nullopt;
  }
  return right / all;
}

std::vector<ReliabilityBin> reliability(std::span<const Confidence> confidences, std::size_t bins) {
  STEPCAST_CHECK(bins > 0);
  const auto count = static_cast<double>(bins);
  std::vector<ReliabilityBin> result(bins);
  for (std::size_t i = 0; i < bins; ++i) {
    result[i].low = static_cast<double>(i) / count;
    result[i].high = static_cast<double>(i + 1) / count;
  }
  for (const Confidence& confidence : confidences) {
    STEPCAST_CHECK(confidence.value >= 0 && confidence.value <= 1);
    const double place = std::ceil(confidence.value * count) - 1;
    ReliabilityBin& bin =
        result[std::min(static_cast<std::size_t>(std::max(place, 0.0)), bins - 1)];
    ++bin.count;
    bin.mean_confidence += confidence.value;
    bin.share_right += confidence.right ? 1 : 0;
  }
  for (ReliabilityBin& bin : result) {
    if (bin.count > 0) {
      bin.mean_confidence /= static_cast<double>(bin.count);
      bin.share_right /= static_cast<double>(bin.count);
    }
  }
  return result;
}

double expected_calibration_error(std::span<const ReliabilityBin> bins) {
  double sum = 0;
  double count = 0;
  for (const ReliabilityBin& bin : bins) {
    const auto weight = static_cast<double>(bin.count);
    sum += weight * std::abs(bin.mean_confidence - bin.share_right);
    count += weight;
  }
  return count > 0 ? sum / count : 0;
}

std::vector<double> softmax(std::span<const double> values, double temperature) {
  STEPCAST_CHECK(temperature > 0);
  if (values.empty()) {
    return {};
  }
  const double largest = *std::max_element(values.begin(), values.end());
  std::vector<double> shares;
  double sum = 0;
  for (const double value : values) {
    shares.push_back(std::exp((value - largest) / temperature));
    sum += shares.back();
  }
  for (double& share : shares) {
    share /= sum;
  }
  return shares;
}

double negative_log_likelihood(std::span<const Logits> pictures, double temperature) {
  STEPCAST_CHECK(!pictures.empty() && temperature > 0);
  double sum = 0;
  for (const Logits& picture : pictures) {
    STEPCAST_CHECK(picture.truth < picture.values.size());
    const double largest = *std::max_element(picture.values.begin(), picture.values.end());
    double partition = 0;
    for (const double value : picture.values) {
      partition += std::exp((value - largest) / temperature);
    }
    sum += std::log(partition) - (picture.values[picture.truth] - largest) / temperature;
  }
  return sum / static_cast<double>(pictures.size());
}

double fit_temperature(std::span<const Logits> pictures) {
  // Convex in 1 / T, so it has one valley in log T as well: golden section.
  constexpr double kCoolest = 0.05;
  constexpr double kHottest = 20;
  constexpr double kGolden = 0.6180339887498949;
  constexpr int kSteps = 60;  // 6 * 0.618^60 is below 1e-11
  double low = std::log(kCoolest);
  double high = std::log(kHottest);
  const auto cost = [&](double log_temperature) {
    return negative_log_likelihood(pictures, std::exp(log_temperature));
  };
  double left = high - kGolden * (high - low);
  double right = low + kGolden * (high - low);
  double left_cost = cost(left);
  double right_cost = cost(right);
  for (int i = 0; i < kSteps; ++i) {
    if (left_cost <= right_cost) {
      high = right;
      right = left;
      right_cost = left_cost;
      left = high - kGolden * (high - low);
      left_cost = cost(left);
    } else {
      low = left;
      left = right;
      left_cost = right_cost;
      right = low + kGolden * (high - low);
      right_cost = cost(right);
    }
  }
  return std::exp((low + high) / 2);
}

}  // namespace stepcast::evaluation
