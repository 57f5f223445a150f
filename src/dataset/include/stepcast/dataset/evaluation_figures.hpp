#pragma once

#include <span>
#include <string>
#include <vector>

#include "stepcast/evaluation/classification.hpp"
#include "stepcast/evaluation/detection_scores.hpp"
#include "stepcast/evaluation/match.hpp"
#include "stepcast/evaluation/ranking.hpp"
#include "stepcast/figures/line_figure.hpp"
#include "stepcast/figures/matrix_figure.hpp"
#include "stepcast/figures/png_file.hpp"

namespace stepcast::dataset {

/// The figures of a judgement as diagrams, for evaluations and for trainers.

/// A curve for each class with boxes; the legend tells its average precision.
[[nodiscard]] figures::LineFigure precision_recall_figure(const evaluation::DetectionScores& scores,
                                                          std::span<const std::string> classes,
                                                          const std::string& title);

/// "Is there a failure?" at every threshold.
[[nodiscard]] figures::LineFigure roc_figure(std::span<const evaluation::Scored> scored,
                                             const std::string& title);

/// Rows for classes that are shown, columns for all.
[[nodiscard]] figures::MatrixFigure confusion_figure(
    std::span<const evaluation::Judgement> judgements, std::span<const std::string> classes,
    const std::string& title);

/// Share right over confidence; on the diagonal confidence is what it says.
[[nodiscard]] figures::LineFigure reliability_figure(
    std::span<const evaluation::ReliabilityBin> bins, const std::string& title);

/// All diagrams of a detector, drawn: precision and recall, failures, confusion of boxes at the
/// thresholds of the classes, reliability.
[[nodiscard]] figures::NamedFigures detection_diagrams(
    std::span<const evaluation::JudgedPicture> pictures, const evaluation::DetectionScores& scores,
    std::span<const double> thresholds, std::span<const std::string> classes);

/// All diagrams of a classifier, drawn: confusion, reliability.
[[nodiscard]] figures::NamedFigures classification_diagrams(
    std::span<const evaluation::Judgement> judgements,
    std::span<const evaluation::ReliabilityBin> bins, std::span<const std::string> classes);

/// A line of values over epochs.
struct TrainingCurve {
  std::string name;
  std::vector<double> values;  ///< Of epoch 1, 2, ...; NaN where it was not measured.
};
/// `best_epoch`, from 1, is marked; 0: none.
[[nodiscard]] figures::LineFigure training_figure(std::span<const TrainingCurve> curves,
                                                  std::size_t best_epoch, const std::string& title,
                                                  const std::string& quantity);

}  // namespace stepcast::dataset
