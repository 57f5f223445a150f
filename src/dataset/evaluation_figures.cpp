#include "stepcast/dataset/evaluation_figures.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "stepcast/evaluation/box_judgements.hpp"

namespace stepcast::dataset {

using figures::LineFigure;
using figures::Range;

LineFigure precision_recall_figure(const evaluation::DetectionScores& scores,
                                   std::span<const std::string> classes, const std::string& title) {
  LineFigure figure{.title = title,
                    .subtitle = {},
                    .x_label = "recall: share of the boxes that are found",
                    .y_label = "precision: share of the answers that are right",
                    .x = Range{0, 1},
                    .y = Range{0, 1},
                    .lines = {}};
  std::size_t boxes = 0;
  for (std::size_t c = 0; c < scores.classes.size() && c < classes.size(); ++c) {
    const evaluation::ClassScores& one = scores.classes[c];
    boxes += one.boxes;
    if (!one.ap50.value) {
      continue;
    }
    figures::Line line{.name = fmt::format("{} {:.3f}", classes[c], *one.ap50.value), .points = {}};
    if (!one.curve.empty()) {
      line.points.push_back({0, one.curve.front().precision});
    }
    for (const evaluation::CurvePoint& point : one.curve) {
      line.points.push_back({point.recall, point.precision});
    }
    figure.lines.push_back(std::move(line));
  }
  figure.subtitle =
      fmt::format("{} pictures, {} boxes; overlap of at least 0.5", scores.pictures, boxes);
  if (scores.map50.value) {
    figure.subtitle += fmt::format("; mAP50 {:.3f}", *scores.map50.value);
  }
  return figure;
}

LineFigure roc_figure(std::span<const evaluation::Scored> scored, const std::string& title) {
  LineFigure figure{.title = title,
                    .subtitle = {},
                    .x_label = "share of good pictures with an alarm",
                    .y_label = "share of failures that are seen",
                    .x = Range{0, 1},
                    .y = Range{0, 1},
                    .lines = {{.name = "", .points = {}}},
                    .diagonal = true};
  for (const evaluation::RocPoint& point : evaluation::roc_curve(scored)) {
    figure.lines.front().points.push_back({point.false_rate, point.true_rate});
  }
  const auto positives =
      std::count_if(scored.begin(), scored.end(), [](const auto& one) { return one.positive; });
  figure.subtitle = fmt::format("{} pictures with a failure, {} without", positives,
                                static_cast<std::ptrdiff_t>(scored.size()) - positives);
  if (const auto area = evaluation::area_under_roc(scored)) {
    figure.subtitle += fmt::format("; area under the curve {:.3f}", *area);
  }
  return figure;
}

figures::MatrixFigure confusion_figure(std::span<const evaluation::Judgement> judgements,
                                       std::span<const std::string> classes,
                                       const std::string& title) {
  figures::MatrixFigure figure{.title = title,
                               .subtitle = fmt::format("{} pictures", judgements.size()),
                               .row_label = "shown",
                               .column_label = "said",
                               .rows = {},
                               .columns = {classes.begin(), classes.end()},
                               .counts = {}};
  const auto matrix = evaluation::confusion(judgements, classes.size());
  for (std::size_t c = 0; c < classes.size(); ++c) {
    if (std::any_of(matrix[c].begin(), matrix[c].end(), [](auto count) { return count > 0; })) {
      figure.rows.push_back(classes[c]);
      figure.counts.push_back(matrix[c]);
    }
  }
  return figure;
}

LineFigure reliability_figure(std::span<const evaluation::ReliabilityBin> bins,
                              const std::string& title) {
  LineFigure figure{.title = title,
                    .subtitle = {},
                    .x_label = "confidence",
                    .y_label = "share right",
                    .x = Range{0, 1},
                    .y = Range{0, 1},
                    .lines = {{.name = "", .points = {}, .dashed = false, .dots = true}},
                    .diagonal = true};
  std::size_t count = 0;
  for (const evaluation::ReliabilityBin& bin : bins) {
    count += bin.count;
    if (bin.count > 0) {
      figure.lines.front().points.push_back({bin.mean_confidence, bin.share_right});
    }
  }
  figure.subtitle = fmt::format("{} answers; expected calibration error {:.3f}", count,
                                evaluation::expected_calibration_error(bins));
  return figure;
}

figures::NamedFigures detection_diagrams(std::span<const evaluation::JudgedPicture> pictures,
                                         const evaluation::DetectionScores& scores,
                                         std::span<const double> thresholds,
                                         std::span<const std::string> classes) {
  std::vector<std::string> with_nothing(classes.begin(), classes.end());
  with_nothing.emplace_back("nothing");
  const auto boxes = evaluation::judge_boxes(pictures, thresholds);
  auto confused = confusion_figure(boxes, with_nothing, "What was there and what was said");
  confused.subtitle = fmt::format(
      "boxes of {} pictures at the thresholds of the classes; overlap "
      "of at least 0.5",
      pictures.size());
  // Below, answers are many and nearly all wrong: they would drown the rest.
  constexpr double kLeastConfidence = 0.05;
  const auto bins = evaluation::reliability(
      evaluation::box_confidences(pictures, classes.size(), kLeastConfidence));
  return {
      {"precision_recall.png",
       draw(precision_recall_figure(scores, classes, "Precision and recall"))},
      {"failures.png", draw(roc_figure(evaluation::failure_scores(pictures), "Failure or not"))},
      {"confusion.png", draw(confused)},
      {"reliability.png", draw(reliability_figure(bins, "Is confidence what it says?"))}};
}

figures::NamedFigures classification_diagrams(std::span<const evaluation::Judgement> judgements,
                                              std::span<const evaluation::ReliabilityBin> bins,
                                              std::span<const std::string> classes) {
  return {{"confusion.png", draw(confusion_figure(judgements, classes, "What was shown and said"))},
          {"reliability.png", draw(reliability_figure(bins, "Is confidence what it says?"))}};
}

LineFigure training_figure(std::span<const TrainingCurve> curves, std::size_t best_epoch,
                           const std::string& title, const std::string& quantity) {
  LineFigure figure{.title = title,
                    .subtitle = best_epoch > 0 ? fmt::format("kept: epoch {} (dashed)", best_epoch)
                                               : std::string(),
                    .x_label = "epoch",
                    .y_label = quantity,
                    .x = {},
                    .y = {},
                    .lines = {}};
  for (const TrainingCurve& curve : curves) {
    figures::Line line{.name = curve.name, .points = {}};
    for (std::size_t i = 0; i < curve.values.size(); ++i) {
      if (std::isfinite(curve.values[i])) {
        line.points.push_back({static_cast<double>(i + 1), curve.values[i]});
      }
    }
    figure.lines.push_back(std::move(line));
  }
  if (best_epoch > 0) {
    figure.marked_x = static_cast<double>(best_epoch);
  }
  return figure;
}

}  // namespace stepcast::dataset
