#include "decode_cells.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

#include "stepcast/base/contracts.hpp"

namespace stepcast::vision {
namespace {

double sigmoid_of(double x) {
  return 1.0 / (1.0 + std::exp(-x));
}

/// The logit at and above which sigmoid() is at least this.
double logit_of(double probability) {
  return probability <= 0   ? -std::numeric_limits<double>::infinity()
         : probability >= 1 ? std::numeric_limits<double>::infinity()
                            : std::log(probability / (1 - probability));
}

}  // namespace

void decode_cells(const Output& output, int picture, int stride, std::size_t classes,
                  const std::vector<double>& thresholds, std::vector<Detection>& found) {
  constexpr std::size_t kBoxPlanes = 5;  // tx, ty, tw, th, objectness
  constexpr std::size_t kObjectnessPlane = 4;
  constexpr double kLongestLog = 8;  // e^8 cells are wider than any canvas
  const auto planes = static_cast<std::size_t>(output.shape[1]);
  const auto rows = static_cast<std::size_t>(output.shape[2]);
  const auto columns = static_cast<std::size_t>(output.shape[3]);
  const std::size_t cells = rows * columns;
  STEPCAST_CHECK(planes == kBoxPlanes + classes && thresholds.size() == classes);
  STEPCAST_CHECK(picture >= 0 && picture < output.shape[0]);
  const float* const first =
      output.values.data() + static_cast<std::size_t>(picture) * planes * cells;
  const double least = *std::min_element(thresholds.begin(), thresholds.end());
  const auto least_logit = static_cast<float>(logit_of(least));
  for (std::size_t cell = 0; cell < cells; ++cell) {
    const float* const at = first + cell;
    const float objectness = at[kObjectnessPlane * cells];
    if (!(objectness >= least_logit)) {
      continue;
    }
    const double tw = std::min<double>(at[2 * cells], kLongestLog);
    const double th = std::min<double>(at[3 * cells], kLongestLog);
    if (!std::isfinite(at[0]) || !std::isfinite(at[cells]) || std::isnan(tw) || std::isnan(th)) {
      continue;
    }
    const double present = sigmoid_of(objectness);
    for (std::size_t index = 0; index < classes; ++index) {
      const double confidence = present * sigmoid_of(at[(kBoxPlanes + index) * cells]);
      if (!(confidence >= thresholds[index])) {
        continue;
      }
      Box box{.x = 0, .y = 0, .width = std::exp(tw) * stride, .height = std::exp(th) * stride};
      box.x = (at[0] + static_cast<double>(cell % columns)) * stride - box.width / 2;
      box.y = (at[cells] + static_cast<double>(cell / columns)) * stride - box.height / 2;
      found.push_back({.class_index = index, .confidence = confidence, .box = box});
    }
  }
}

double overlap(const Box& one, const Box& other) {
  const double width =
      std::min(one.x + one.width, other.x + other.width) - std::max(one.x, other.x);
  const double height =
      std::min(one.y + one.height, other.y + other.height) - std::max(one.y, other.y);
  if (width <= 0 || height <= 0) {
    return 0;
  }
  const double shared = width * height;
  return shared / (one.width * one.height + other.width * other.height - shared);
}

void suppress_overlaps(std::vector<Detection>& found, double iou) {
  constexpr std::size_t kMostClaims = 2000;  // comparing all pairs stays below some milliseconds
  const auto better = [](const Detection& one, const Detection& other) {
    return one.confidence > other.confidence;
  };
  std::stable_sort(found.begin(), found.end(), better);
  found.resize(std::min(found.size(), kMostClaims));
  std::size_t kept = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    const bool known = std::any_of(
        found.begin(), found.begin() + static_cast<std::ptrdiff_t>(kept), [&](const Detection& k) {
          return k.class_index == found[i].class_index && overlap(k.box, found[i].box) > iou;
        });
    if (!known) {
      found[kept++] = found[i];
    }
  }
  found.resize(kept);
}

}  // namespace stepcast::vision
