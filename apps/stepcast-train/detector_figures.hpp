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
  /// Frames of failing prints against those watched.
  std::optional<double> watch_auc;
  std::optional<evaluation::Interval> watch_auc_interval;
  std::optional<double> failing_found;  ///< Share of frames of failing prints with an alarm.
  std::vector<double> thresholds;
};

/// Pictures beside those of the data set.
struct OtherPictures {
  std::vector<std::string> clean;    ///< Without a defect, and learnt from.
  std::vector<std::string> watched;  ///< Without a defect; never learnt from nor tuned on.
  std::vector<std::string> failing;  ///< With one, somewhere; never learnt from nor tuned on.
};

/// Judges the validation split and the other pictures, and chooses a threshold for each class: the
/// lowest confidence from which on answers are more often right than wrong, but never where a clean
/// picture that was learnt from would alarm.
[[nodiscard]] Result<DetectorFigures> detector_figures(const std::string& onnx,
                                                       const dataset::Dataset& data,
                                                       const OtherPictures& others);

/// As a table for the terminal.
[[nodiscard]] std::string figures_text(const DetectorFigures& figures,
                                       const std::vector<std::string>& classes);

/// A class whose figure means something: at least so many boxes in so many validation pictures.
inline constexpr std::size_t kLeastBoxes = 30;
inline constexpr std::size_t kLeastPictures = 10;
[[nodiscard]] bool is_trustworthy(const evaluation::ClassScores& scores);

}  // namespace stepcast::cli
