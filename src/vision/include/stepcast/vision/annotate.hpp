#pragma once

#include <span>
#include <string>
#include <vector>

#include "stepcast/vision/detection.hpp"
#include "stepcast/vision/picture.hpp"

namespace stepcast::vision {

/// Draws each box with its class and confidence, a colour for each class.
/// @pre every class_index is below classes.size()
void annotate(Picture& picture, std::span<const Detection> detections,
              const std::vector<std::string>& classes);

}  // namespace stepcast::vision
