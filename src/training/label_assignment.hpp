#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "stepcast/training/labelled_picture.hpp"

namespace stepcast::training {

/// What a network says at one place of its maps.
struct Prediction {
  double stride = 0;
  double cell_x = 0;  ///< Column and row of the cell.
  double cell_y = 0;
  vision::Box box;  ///< Decoded, pixels of the input.
  float object_logit = 0;
  const float* class_logits = nullptr;  ///< As many as there are classes.
};

/// A place that shall learn a mark.
struct Assignment {
  std::size_t prediction = 0;
  std::size_t mark = 0;
  double overlap = 0;  ///< Intersection over union now.
};

/// SimOTA (Ge et al., arXiv:2107.08430, section 2.1): each mark gets as many places near its middle
/// as its ten best overlaps sum up to, those that cost least; a place that two marks want goes to
/// the cheaper one. O(marks * predictions).
[[nodiscard]] std::vector<Assignment> assign_labels(std::span<const Prediction> predictions,
                                                    std::span<const Mark> marks, int classes);

}  // namespace stepcast::training
