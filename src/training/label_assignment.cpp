#include "label_assignment.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "stepcast/evaluation/match.hpp"

namespace stepcast::training {
namespace {

// The constants of YOLOX.
constexpr double kCentreRadius = 2.5;  ///< Cells.
constexpr double kOverlapWeight = 3;
constexpr double kOutsideCost =
    1e5;  ///< For places that are not both in the box and near its middle.
constexpr std::size_t kBestOverlaps = 10;
constexpr double kTiny = 1e-8;  ///< Keeps logarithms finite.

struct Candidate {
  std::size_t prediction = 0;
  double overlap = 0;
  double cost = 0;
};

double sigmoid(double x) {
  return 1 / (1 + std::exp(-x));
}

/// The cross entropy of each place's classes with each class, once for all marks: costs() [p][c].
class ClassCosts {
 public:
  ClassCosts(std::span<const Prediction> predictions, int classes)
      : classes_(static_cast<std::size_t>(classes)) {
    costs_.reserve(predictions.size() * classes_);
    std::vector<double> gains(classes_);
    for (const auto& prediction : predictions) {
      const double object = sigmoid(prediction.object_logit);
      double nothing = 0;
      for (std::size_t c = 0; c < classes_; ++c) {
        const double p = std::sqrt(object * sigmoid(prediction.class_logits[c]));
        const double absent = std::log(std::max(kTiny, 1 - p));
        nothing -= absent;
        gains[c] = absent - std::log(std::max(kTiny, p));
      }
      for (const double gain : gains) {
        costs_.push_back(nothing + gain);
      }
    }
  }
  [[nodiscard]] double of(std::size_t prediction, int class_index) const {
    return costs_[prediction * classes_ + static_cast<std::size_t>(class_index)];
  }

 private:
  std::size_t classes_;
  std::vector<double> costs_;
};

struct Place {
  bool in_box = false;
  bool near_middle = false;
};

Place place_of(const Prediction& prediction, const vision::Box& box) {
  const double x = (prediction.cell_x + 0.5) * prediction.stride;
  const double y = (prediction.cell_y + 0.5) * prediction.stride;
  const double radius = kCentreRadius * prediction.stride;
  return {.in_box = x > box.x && x < box.x + box.width && y > box.y && y < box.y + box.height,
          .near_middle = std::abs(x - box.x - box.width / 2) < radius &&
                         std::abs(y - box.y - box.height / 2) < radius};
}

}  // namespace

std::vector<Assignment> assign_labels(std::span<const Prediction> predictions,
                                      std::span<const Mark> marks, int classes) {
  constexpr auto kNobody = std::numeric_limits<std::size_t>::max();
  std::vector<std::size_t> owner(predictions.size(), kNobody);
  std::vector<double> cost_of_owner(predictions.size(), 0);
  const ClassCosts class_costs(predictions, classes);
  std::vector<double> overlap_with_owner(predictions.size(), 0);
  for (std::size_t m = 0; m < marks.size(); ++m) {
    const auto& mark = marks[m];
    std::vector<Candidate> candidates;
    for (std::size_t p = 0; p < predictions.size(); ++p) {
      const auto place = place_of(predictions[p], mark.box);
      if (!place.in_box && !place.near_middle) {
        continue;
      }
      const double overlap = evaluation::overlap(predictions[p].box, mark.box);
      const double cost = class_costs.of(p, mark.class_index) -
                          kOverlapWeight * std::log(overlap + kTiny) +
                          (place.in_box && place.near_middle ? 0 : kOutsideCost);
      candidates.push_back({p, overlap, cost});
    }
    const auto best = std::min(kBestOverlaps, candidates.size());
    std::partial_sort(candidates.begin(), candidates.begin() + static_cast<std::ptrdiff_t>(best),
                      candidates.end(),
                      [](const auto& a, const auto& b) { return a.overlap > b.overlap; });
    double sum = 0;
    for (std::size_t i = 0; i < best; ++i) {
      sum += candidates[i].overlap;
    }
    const auto wanted =
        std::min(candidates.size(), std::max<std::size_t>(1, static_cast<std::size_t>(sum)));
    std::partial_sort(candidates.begin(), candidates.begin() + static_cast<std::ptrdiff_t>(wanted),
                      candidates.end(),
                      [](const auto& a, const auto& b) { return a.cost < b.cost; });
    for (std::size_t i = 0; i < wanted; ++i) {
      const auto& candidate = candidates[i];
      if (owner[candidate.prediction] == kNobody ||
          candidate.cost < cost_of_owner[candidate.prediction]) {
        owner[candidate.prediction] = m;
        cost_of_owner[candidate.prediction] = candidate.cost;
        overlap_with_owner[candidate.prediction] = candidate.overlap;
      }
    }
  }
  std::vector<Assignment> assignments;
  for (std::size_t p = 0; p < predictions.size(); ++p) {
    if (owner[p] != kNobody) {
      assignments.push_back({p, owner[p], overlap_with_owner[p]});
    }
  }
  return assignments;
}

}  // namespace stepcast::training
