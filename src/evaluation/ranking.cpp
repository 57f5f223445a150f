#include "stepcast/evaluation/ranking.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

#include "stepcast/base/contracts.hpp"

namespace stepcast::evaluation {
namespace {

std::vector<std::size_t> highest_first(std::span<const Scored> scored) {
  std::vector<std::size_t> order(scored.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return scored[a].score > scored[b].score; });
  return order;
}

/// Calls `visit(score, positives, negatives)` for each different score, highest first.
template <class Visit>
void by_score(std::span<const Scored> scored, Weights weights, const Visit& visit) {
  const auto order = highest_first(scored);
  for (std::size_t i = 0; i < order.size();) {
    const double score = scored[order[i]].score;
    double positives = 0;
    double negatives = 0;
    for (; i < order.size() && scored[order[i]].score == score; ++i) {
      const double weight = weights.empty() ? 1.0 : static_cast<double>(weights[order[i]]);
      (scored[order[i]].positive ? positives : negatives) += weight;
    }
    visit(score, positives, negatives);
  }
}

}  // namespace

std::optional<double> area_under_roc(std::span<const Scored> scored, Weights weights) {
  STEPCAST_CHECK(weights.empty() || weights.size() == scored.size());
  double positives = 0;
  double negatives = 0;
  double pairs_won = 0;
  by_score(scored, weights, [&](double, double more_positive, double more_negative) {
    constexpr double kTie = 0.5;
    pairs_won += more_negative * (positives + kTie * more_positive);
    positives += more_positive;
    negatives += more_negative;
  });
  if (!(positives > 0) || !(negatives > 0)) {
    return std::nullopt;
  }
  return pairs_won / (positives * negatives);
}

std::vector<RocPoint> roc_curve(std::span<const Scored> scored) {
  std::vector<RocPoint> curve = {{std::numeric_limits<double>::infinity(), 0, 0}};
  double positives = 0;
  double negatives = 0;
  by_score(scored, {}, [&](double score, double more_positive, double more_negative) {
    positives += more_positive;
    negatives += more_negative;
    curve.push_back({score, negatives, positives});
  });
  for (RocPoint& point : curve) {
    point.true_rate /= std::max(positives, 1.0);
    point.false_rate /= std::max(negatives, 1.0);
  }
  return curve;
}

std::vector<Scored> failure_scores(std::span<const JudgedPicture> pictures,
                                   std::span<const std::size_t> wanted) {
  const auto counts = [&](std::size_t class_index) {
    return wanted.empty() || std::find(wanted.begin(), wanted.end(), class_index) != wanted.end();
  };
  std::vector<Scored> scored;
  for (const JudgedPicture& picture : pictures) {
    Scored& out = scored.emplace_back();
    out.positive = std::any_of(picture.truths.begin(), picture.truths.end(),
                               [&](const Truth& truth) { return counts(truth.class_index); });
    for (const vision::Detection& detection : picture.detections) {
      if (counts(detection.class_index)) {
        out.score = std::max(out.score, detection.confidence);
      }
    }
  }
  return scored;
}

std::optional<FalseAlarms> false_alarms(std::span<const JudgedPicture> pictures,
                                        std::span<const double> thresholds) {
  FalseAlarms alarms;
  alarms.alarmed_by_class.resize(thresholds.size());
  std::vector<bool> by(thresholds.size());
  for (const JudgedPicture& picture : pictures) {
    if (!picture.truths.empty()) {
      continue;
    }
    ++alarms.frames;
    std::fill(by.begin(), by.end(), false);
    for (const vision::Detection& detection : picture.detections) {
      STEPCAST_CHECK(detection.class_index < thresholds.size());
      if (detection.confidence >= thresholds[detection.class_index]) {
        by[detection.class_index] = true;
      }
    }
    for (std::size_t c = 0; c < by.size(); ++c) {
      alarms.alarmed_by_class[c] += by[c] ? 1 : 0;
    }
    alarms.alarmed += std::find(by.begin(), by.end(), true) != by.end() ? 1 : 0;
  }
  if (alarms.frames == 0) {
    return std::nullopt;
  }
  constexpr double kThousand = 1000;
  const auto share = proportion_interval(alarms.alarmed, alarms.frames);
  alarms.per_thousand =
      kThousand * static_cast<double>(alarms.alarmed) / static_cast<double>(alarms.frames);
  alarms.interval = {kThousand * share.low, kThousand * share.high};
  return alarms;
}

}  // namespace stepcast::evaluation
