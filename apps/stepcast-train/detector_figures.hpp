#pragma once

#include <optional>
#include <string>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/dataset/dataset.hpp"
#include "stepcast/evaluation/detection_scores.hpp"
#include "stepcast/evaluation/match.hpp"
#include "stepcast/evaluation/ranking.hpp"

namespace stepcast::cli {

/// How good a detector is on pictures that it has not learnt from.
struct DetectorFigures {
  std::string runtime;
  std::vector<evaluation::JudgedPicture> validation;  ///< What it said of each picture.
  evaluation::DetectionScores scores;
  /// Pictures with a defect against pictures without, both of the validation split.
  std::optional<double> failure_auc;
  std::optional<evaluation::Interval> failure_auc_interval;
  /// The most confident answer of each class on any frame without a defect that was learnt from.
  std::vector<double> loudest_clean;
  /// On frames without a defect that were neither learnt from nor tuned on, at the thresholds.
  std::optional<evaluation::FalseAlarms> watched;
  std::vector<double> thresholds;
};

/// Judges the validation split and folders of frames without a defect, and chooses a threshold for
/// each class: where its F1 is best, but never where a clean frame that was learnt from would
/// alarm.
/// @param clean pictures without a defect that were learnt from
/// @param watched pictures without a defect that were not
[[nodiscard]] Result<DetectorFigures> detector_figures(const std::string& onnx,
                                                       const dataset::Dataset& data,
                                                       const std::vector<std::string>& clean,
                                                       const std::vector<std::string>& watched);

/// As a table for the terminal.
[[nodiscard]] std::string figures_text(const DetectorFigures& figures,
                                       const std::vector<std::string>& classes);

/// A class whose figure means something: at least so many boxes in so many validation pictures.
inline constexpr std::size_t kLeastBoxes = 30;
inline constexpr std::size_t kLeastPictures = 10;
[[nodiscard]] bool is_trustworthy(const evaluation::ClassScores& scores);

}  // namespace stepcast::cli
