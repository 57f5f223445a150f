#include "stepcast/evaluation/box_judgements.hpp"

#include <algorithm>

#include "stepcast/base/contracts.hpp"

namespace stepcast::evaluation {
namespace {

constexpr double kLeastOverlap = overlap_step(0);

void judge_picture(const JudgedPicture& picture, std::span<const double> thresholds,
                   std::vector<Judgement>& judgements) {
  const std::size_t nothing = thresholds.size();
  std::vector<const vision::Detection*> said;
  for (const auto& detection : picture.detections) {
    STEPCAST_CHECK(detection.class_index < nothing);
    if (detection.confidence >= thresholds[detection.class_index]) {
      said.push_back(&detection);
    }
  }
  std::stable_sort(said.begin(), said.end(),
                   [](const auto* a, const auto* b) { return a->confidence > b->confidence; });
  std::vector<bool> taken(picture.truths.size(), false);
  for (const auto* detection : said) {
    double best = kLeastOverlap;
    std::size_t found = taken.size();
    for (std::size_t t = 0; t < taken.size(); ++t) {
      const double common = overlap(detection->box, picture.truths[t].box);
      if (!taken[t] && common >= best) {
        best = common;
        found = t;
      }
    }
    if (found != taken.size()) {
      taken[found] = true;
    }
    judgements.push_back(
        {.truth = found != taken.size() ? picture.truths[found].class_index : nothing,
         .said = detection->class_index});
  }
  for (std::size_t t = 0; t < taken.size(); ++t) {
    STEPCAST_CHECK(picture.truths[t].class_index < nothing);
    if (!taken[t]) {
      judgements.push_back({.truth = picture.truths[t].class_index, .said = nothing});
    }
  }
}

}  // namespace

std::vector<Judgement> judge_boxes(std::span<const JudgedPicture> pictures,
                                   std::span<const double> thresholds) {
  std::vector<Judgement> judgements;
  for (const auto& picture : pictures) {
    judge_picture(picture, thresholds, judgements);
  }
  return judgements;
}

std::vector<Confidence> box_confidences(std::span<const JudgedPicture> pictures,
                                        std::size_t class_count, double least) {
  std::vector<Confidence> confidences;
  for (const auto& one : match(pictures, class_count)) {
    for (const auto& detection : one.detections) {
      if (detection.confidence >= least) {
        confidences.push_back({.value = detection.confidence, .right = detection.right.front()});
      }
    }
  }
  return confidences;
}

}  // namespace stepcast::evaluation
