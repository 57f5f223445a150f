#include "stepcast/evaluation/match.hpp"

#include <algorithm>

#include "stepcast/base/contracts.hpp"

namespace stepcast::evaluation {
namespace {

constexpr std::size_t kMostDetections = 100;  // of one class in one picture, as COCO counts

/// Which detection takes which box at one overlap step.
void match_step(const std::vector<std::vector<double>>& overlaps, std::size_t truth_count,
                std::size_t step, std::span<MatchedDetection> detections) {
  constexpr double kRounding = 1e-10;
  std::vector<bool> taken(truth_count, false);
  for (std::size_t d = 0; d < detections.size(); ++d) {
    double best = std::min(overlap_step(step), 1 - kRounding);
    std::size_t found = truth_count;
    for (std::size_t t = 0; t < truth_count; ++t) {
      if (!taken[t] && overlaps[d][t] >= best) {
        best = overlaps[d][t];
        found = t;
      }
    }
    if (found != truth_count) {
      taken[found] = true;
      detections[d].right[step] = true;
    }
  }
}

void match_picture(const JudgedPicture& picture, std::size_t index, std::size_t class_index,
                   ClassMatches& out) {
  std::vector<const vision::Box*> truths;
  for (const Truth& truth : picture.truths) {
    if (truth.class_index == class_index) {
      truths.push_back(&truth.box);
    }
  }
  std::vector<const vision::Detection*> said;
  for (const vision::Detection& detection : picture.detections) {
    if (detection.class_index == class_index) {
      said.push_back(&detection);
    }
  }
  std::stable_sort(said.begin(), said.end(),
                   [](const auto* a, const auto* b) { return a->confidence > b->confidence; });
  said.resize(std::min(said.size(), kMostDetections));

  std::vector<std::vector<double>> overlaps;
  const std::size_t first = out.detections.size();
  for (const vision::Detection* detection : said) {
    std::vector<double>& row = overlaps.emplace_back();
    for (const vision::Box* truth : truths) {
      row.push_back(overlap(detection->box, *truth));
    }
    out.detections.push_back({.confidence = detection->confidence, .picture = index, .right = {}});
  }
  const std::span fresh(out.detections.data() + first, said.size());
  for (std::size_t step = 0; step < kOverlapSteps; ++step) {
    match_step(overlaps, truths.size(), step, fresh);
  }
  out.truths[index] = static_cast<std::uint32_t>(truths.size());
  out.truth_count += truths.size();
}

}  // namespace

double overlap(const vision::Box& a, const vision::Box& b) {
  const double width = std::min(a.x + a.width, b.x + b.width) - std::max(a.x, b.x);
  const double height = std::min(a.y + a.height, b.y + b.height) - std::max(a.y, b.y);
  if (!(width > 0) || !(height > 0)) {
    return 0;
  }
  const double common = width * height;
  return common / (a.width * a.height + b.width * b.height - common);
}

std::vector<ClassMatches> match(std::span<const JudgedPicture> pictures, std::size_t class_count) {
  for (const JudgedPicture& picture : pictures) {
    for (const Truth& truth : picture.truths) {
      STEPCAST_CHECK(truth.class_index < class_count);
    }
    for (const vision::Detection& detection : picture.detections) {
      STEPCAST_CHECK(detection.class_index < class_count);
    }
  }
  std::vector<ClassMatches> classes(class_count);
  for (std::size_t c = 0; c < class_count; ++c) {
    classes[c].truths.resize(pictures.size());
    for (std::size_t i = 0; i < pictures.size(); ++i) {
      match_picture(pictures[i], i, c, classes[c]);
    }
    std::stable_sort(classes[c].detections.begin(), classes[c].detections.end(),
                     [](const auto& a, const auto& b) { return a.confidence > b.confidence; });
  }
  return classes;
}

}  // namespace stepcast::evaluation
