#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "stepcast/evaluation/classification.hpp"
#include "stepcast/evaluation/match.hpp"

namespace stepcast::evaluation {

/// What a detector says of boxes, class against class: in each picture the most confident detection
/// takes the free box, of whatever class, that it overlaps best, by 0.5 or more. The class
/// thresholds.size() means "nothing": a box that nobody found, or a detection where nothing is.
/// @param thresholds of each class; detections below are not counted
/// @pre every class index is below thresholds.size()
[[nodiscard]] std::vector<Judgement> judge_boxes(std::span<const JudgedPicture> pictures,
                                                 std::span<const double> thresholds);

/// Each detection of at least this confidence, and whether it found a box of its class (overlap of
/// 0.5 or more).
/// @pre every class index is below class_count
[[nodiscard]] std::vector<Confidence> box_confidences(std::span<const JudgedPicture> pictures,
                                                      std::size_t class_count, double least);

}  // namespace stepcast::evaluation
