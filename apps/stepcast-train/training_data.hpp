#pragma once

#include <string>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/dataset/dataset.hpp"
#include "stepcast/training/labelled_picture.hpp"

namespace stepcast::cli {

/// Each a dataset.json, or a folder of labelled pictures of a kind that is known; several become
/// one, classes joined by name. @pre there is one
[[nodiscard]] Result<dataset::Dataset> read_training_data(const std::vector<std::string>& paths);

/// The pictures of a split that somebody drew boxes on, or looked at and found clean.
[[nodiscard]] std::vector<training::LabelledPicture> marked_pictures(const dataset::Dataset& data,
                                                                     dataset::Split split);

/// All pictures that are named or lie in folders that are named, by name; masks (`NAME_mask.png`)
/// are none. @returns kNotFound
[[nodiscard]] Result<std::vector<std::string>> pictures_in(const std::vector<std::string>& paths);

}  // namespace stepcast::cli
