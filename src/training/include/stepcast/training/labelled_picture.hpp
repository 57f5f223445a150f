#pragma once

#include <string>
#include <vector>

#include "stepcast/vision/picture.hpp"

namespace stepcast::training {

/// A marked region of a picture.
struct Mark {
  int class_index = 0;
  vision::Box box;  ///< In pixels of the picture as it is stored.
};

/// A picture and what a person saw on it; no mark means that there is nothing to find.
struct LabelledPicture {
  std::string path;
  std::vector<Mark> marks;
};

}  // namespace stepcast::training
