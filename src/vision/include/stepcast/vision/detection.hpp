#pragma once

#include <cstddef>

#include "stepcast/vision/picture.hpp"

namespace stepcast::vision {

/// Something that a detector has found, or that a person has marked (confidence 1).
struct Detection {
  std::size_t class_index = 0;  ///< Into the classes of the model or of the data set.
  double confidence = 0;        ///< 0 to 1.
  Box box;                      ///< In pixels of the picture, inside it.
};

}  // namespace stepcast::vision
