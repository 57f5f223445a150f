#include "stepcast/evaluation/detection_scores.hpp"

#include <algorithm>

#include "stepcast/base/contracts.hpp"

namespace stepcast::evaluation {
namespace {

constexpr std::size_t kRecallPoints = 101;

double weight_of(Weights weights, std::size_t picture) {
  return weights.empty() ? 1.0 : static_cast<double>(weights[picture]);
}

double weighted_truths(const ClassMatches& matches, Weights weights) {
  if (weights.empty()) {
    return static_cast<double>(matches.truth_count);
  }
  double sum = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    sum += static_cast<double>(weights[i]) * matches.truths[i];
  }
  return sum;
}

template <class Score>
Estimate estimate(std::size_t pictures, const Score& score, const Bootstrap& options) {
  Estimate result;
  result.value = score(Weights{});
  if (result.value) {
    result.interval = bootstrap_interval(pictures, score, options);
  }
  return result;
}

std::optional<double> mean_50_95(std::span<const ClassMatches> classes, Weights weights) {
  double sum = 0;
  for (std::size_t step = 0; step < kOverlapSteps; ++step) {
    const auto mean = mean_average_precision(classes, step, weights);
    if (!mean) {
      return std::nullopt;
    }
    sum += *mean;
  }
  return sum / static_cast<double>(kOverlapSteps);
}

}  // namespace

std::optional<double> average_precision(const ClassMatches& matches, std::size_t step,
                                        Weights weights) {
  STEPCAST_CHECK(step < kOverlapSteps);
  STEPCAST_CHECK(weights.empty() || weights.size() == matches.truths.size());
  const double truths = weighted_truths(matches, weights);
  if (!(truths > 0)) {
    return std::nullopt;
  }
  std::vector<double> recall;
  std::vector<double> precision;
  recall.reserve(matches.detections.size());
  precision.reserve(matches.detections.size());
  double right = 0;
  double wrong = 0;
  for (const MatchedDetection& detection : matches.detections) {
    const double weight = weight_of(weights, detection.picture);
    if (weight > 0) {
      (detection.right[step] ? right : wrong) += weight;
      recall.push_back(right / truths);
      precision.push_back(right / (right + wrong));
    }
  }
  for (std::size_t i = precision.size(); i-- > 1;) {
    precision[i - 1] = std::max(precision[i - 1], precision[i]);
  }
  double sum = 0;
  std::size_t at = 0;
  for (std::size_t point = 0; point < kRecallPoints; ++point) {
    // 0.01 times the index, rounded as COCO's own program does, so that figures agree to the digit.
    const double wanted = std::min(0.01 * static_cast<double>(point), 1.0);
    while (at < recall.size() && recall[at] < wanted) {
      ++at;
    }
    sum += at < recall.size() ? precision[at] : 0.0;
  }
  return sum / static_cast<double>(kRecallPoints);
}

std::optional<double> average_precision_50_95(const ClassMatches& matches, Weights weights) {
  return mean_50_95(std::span(&matches, 1), weights);
}

std::optional<double> mean_average_precision(std::span<const ClassMatches> classes,
                                             std::size_t step, Weights weights,
                                             std::span<const std::size_t> wanted) {
  double sum = 0;
  double count = 0;
  for (std::size_t c = 0; c < classes.size(); ++c) {
    if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), c) == wanted.end()) {
      continue;
    }
    if (const auto value = average_precision(classes[c], step, weights)) {
      sum += *value;
      count += 1;
    }
  }
  if (count == 0) {
    return std::nullopt;
  }
  return sum / count;
}

std::vector<CurvePoint> precision_recall(const ClassMatches& matches) {
  std::vector<CurvePoint> curve;
  if (matches.truth_count == 0) {
    return curve;
  }
  double right = 0;
  double said = 0;
  for (const MatchedDetection& detection : matches.detections) {
    said += 1;
    right += detection.right[0] ? 1 : 0;
    curve.push_back({.confidence = detection.confidence,
                     .precision = right / said,
                     .recall = right / static_cast<double>(matches.truth_count)});
  }
  return curve;
}

std::optional<CurvePoint> best_f1(const ClassMatches& matches) {
  std::optional<CurvePoint> best;
  double best_value = 0;
  for (const CurvePoint& point : precision_recall(matches)) {
    const double sum = point.precision + point.recall;
    const double value = sum > 0 ? 2 * point.precision * point.recall / sum : 0;
    if (value > best_value) {
      best_value = value;
      best = point;
    }
  }
  return best;
}

DetectionScores score_detections(std::span<const JudgedPicture> pictures, std::size_t class_count,
                                 const Bootstrap& options) {
  const auto classes = match(pictures, class_count);
  DetectionScores scores;
  scores.pictures = pictures.size();
  for (const ClassMatches& matches : classes) {
    ClassScores& out = scores.classes.emplace_back();
    out.boxes = matches.truth_count;
    out.pictures = static_cast<std::size_t>(std::count_if(
        matches.truths.begin(), matches.truths.end(), [](auto count) { return count > 0; }));
    out.detections = matches.detections.size();
    out.curve = precision_recall(matches);
    out.best = best_f1(matches);
    out.ap50 = estimate(
        pictures.size(), [&](Weights w) { return average_precision(matches, 0, w); }, options);
    out.ap50_95 = estimate(
        pictures.size(), [&](Weights w) { return average_precision_50_95(matches, w); }, options);
  }
  scores.map50 = estimate(
      pictures.size(), [&](Weights w) { return mean_average_precision(classes, 0, w); }, options);
  scores.map50_95 = estimate(
      pictures.size(), [&](Weights w) { return mean_50_95(classes, w); }, options);
  return scores;
}

}  // namespace stepcast::evaluation
