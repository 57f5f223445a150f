#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/dataset/dataset.hpp"
#include "stepcast/evaluation/classification.hpp"
#include "stepcast/evaluation/match.hpp"

namespace stepcast::dataset {

/// What a model said of pictures of a data set, as `stepcast detect --json` and `stepcast predict
/// --json` write it: one JSON object a line.
struct Answers {
  std::vector<std::string> classes;  ///< Of the data set, then those that only the model names.
  std::size_t known_classes = 0;     ///< So many of them are the data set's.
  std::vector<std::size_t> items;    ///< The picture of each answer.
  /// One an answer, for lines with `detections`: with the boxes of the data set.
  std::vector<evaluation::JudgedPicture> detections;
  /// One an answer, for lines with `prediction`.
  std::vector<evaluation::Judgement> judgements;
  std::vector<evaluation::Confidence> confidences;
};

/// `only`: answers for pictures of other splits are left out; nullopt takes all. Answers for
/// pictures without the labels that they need, or that are not in the data set, are an error.
/// @returns kMalformed and kNotFound with file and line; kMalformed too when a picture of the
/// wanted split has no answer: leaving out hard ones would flatter
[[nodiscard]] Result<Answers> read_answers(std::string_view text, std::string_view file_name,
                                           const Dataset& data, std::optional<Split> only);

}  // namespace stepcast::dataset
