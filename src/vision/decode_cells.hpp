#pragma once

#include <vector>

#include "stepcast/vision/detection.hpp"
#include "stepcast/vision/model_info.hpp"
#include "stepcast/vision/network.hpp"

namespace stepcast::vision {

/// Appends what the cells of one output claim to see: for each class whose confidence reaches its
/// threshold, a box in pixels of the canvas. Cells whose objectness alone is too low are not
/// looked into; numbers that are none are passed over.
/// @param picture which of the batch
/// @pre the output has 5 + classes planes
void decode_cells(const Output& output, int picture, int stride, std::size_t classes,
                  const std::vector<double>& thresholds, std::vector<Detection>& found);

/// Sorts by confidence and keeps, of boxes of one class that overlap more than `iou`, the best.
void suppress_overlaps(std::vector<Detection>& found, double iou);

/// Intersection over union, 0 to 1; 0 where either has no area.
[[nodiscard]] double overlap(const Box& one, const Box& other);

}  // namespace stepcast::vision
