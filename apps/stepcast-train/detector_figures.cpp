#include "detector_figures.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "stepcast/vision/detector.hpp"

namespace stepcast::cli {
namespace {

/// Curves want weak answers too.
constexpr double kWeakest = 0.001;
/// Above the loudest clean picture that was learnt from: the next one may be a little louder.
constexpr double kMarginLogits = 0.5;
/// Where a class has no boxes to tune on.
constexpr double kUntunedThreshold = 0.5;
/// Weaker answers are not worth a look, however quiet the clean frames are.
constexpr double kLeastThreshold = 0.1;
constexpr double kWantedPrecision = 0.5;

/// The lowest confidence from which on answers are right often enough; where they never are, that
/// of the best F1.
double tuned_threshold(const evaluation::ClassScores& scores) {
  if (!is_trustworthy(scores) || !scores.best) {
    return kUntunedThreshold;
  }
  std::optional<double> lowest;
  for (const auto& point : scores.curve) {
    if (point.precision >= kWantedPrecision) {
      lowest = point.confidence;
    }
  }
  return lowest.value_or(scores.best->confidence);
}

double above_clean(double loudest) {
  constexpr double kTiny = 1e-6;
  const double p = std::clamp(loudest, kTiny, 1 - kTiny);
  return 1 / (1 + (1 - p) / p * std::exp(-kMarginLogits));
}

struct Seen {
  std::optional<double> auc;
  std::optional<evaluation::Interval> interval;
};

/// Pictures with a defect against pictures without.
Seen failure_auc(const std::vector<evaluation::Scored>& scored) {
  return {evaluation::area_under_roc(scored),
          evaluation::bootstrap_interval(scored.size(), [&](evaluation::Weights weights) {
            return evaluation::area_under_roc(scored, weights);
          })};
}

Result<evaluation::JudgedPicture> judge(vision::Detector& detector, const std::string& path,
                                        const std::vector<dataset::LabelledBox>& boxes) {
  auto found = detector.detect_file(path);
  if (!found) {
    return tl::unexpected(found.error());
  }
  evaluation::JudgedPicture judged{.truths = {}, .detections = std::move(found->detections)};
  for (const auto& box : boxes) {
    judged.truths.push_back({box.class_index, box.box});
  }
  return judged;
}

Result<std::vector<evaluation::JudgedPicture>> judge_unmarked(
    vision::Detector& detector, const std::vector<std::string>& paths) {
  std::vector<evaluation::JudgedPicture> judged;
  for (const auto& path : paths) {
    auto one = judge(detector, path, {});
    if (!one) {
      return tl::unexpected(one.error());
    }
    judged.push_back(std::move(*one));
  }
  return judged;
}

std::string text_of(const evaluation::Estimate& estimate) {
  if (!estimate.value) {
    return "not measurable";
  }
  if (!estimate.interval) {
    return fmt::format("{:.3f}", *estimate.value);
  }
  return fmt::format("{:.3f} ({:.3f} to {:.3f})", *estimate.value, estimate.interval->low,
                     estimate.interval->high);
}

}  // namespace

bool is_trustworthy(const evaluation::ClassScores& scores) {
  return scores.boxes >= kLeastBoxes && scores.pictures >= kLeastPictures;
}

Result<DetectorFigures> detector_figures(const std::string& onnx, const dataset::Dataset& data,
                                         const OtherPictures& others) {
  auto detector = vision::Detector::load(onnx);
  if (!detector) {
    return tl::unexpected(detector.error());
  }
  detector->set_threshold(kWeakest);
  std::vector<evaluation::JudgedPicture> validation;
  for (const auto index : dataset::items_of(data, dataset::Split::kValidation)) {
    const auto& item = data.items[index];
    if (!item.boxes) {
      continue;
    }
    auto judged = judge(*detector, dataset::picture_path(data, item).string(), *item.boxes);
    if (!judged) {
      return tl::unexpected(judged.error());
    }
    validation.push_back(std::move(*judged));
  }
  const auto seen = failure_auc(evaluation::failure_scores(validation));
  DetectorFigures figures{.runtime = detector->runtime(),
                          .validation = {},
                          .scores = evaluation::score_detections(validation, data.classes.size()),
                          .failure_auc = seen.auc,
                          .failure_auc_interval = seen.interval,
                          .loudest_clean = std::vector<double>(data.classes.size(), 0),
                          .watched = {},
                          .watch_auc = {},
                          .watch_auc_interval = {},
                          .failing_found = {},
                          .thresholds = {}};
  figures.validation = std::move(validation);
  const auto quiet = judge_unmarked(*detector, others.clean);
  const auto watched = judge_unmarked(*detector, others.watched);
  auto failing = judge_unmarked(*detector, others.failing);
  for (const auto* judged : {&quiet, &watched}) {
    if (!*judged) {
      return tl::unexpected(judged->error());
    }
  }
  if (!failing) {
    return tl::unexpected(failing.error());
  }
  for (const auto& picture : *quiet) {
    for (const auto& detection : picture.detections) {
      auto& loudest = figures.loudest_clean[detection.class_index];
      loudest = std::max(loudest, detection.confidence);
    }
  }
  for (std::size_t c = 0; c < data.classes.size(); ++c) {
    figures.thresholds.push_back(
        std::min(1.0, std::max({kLeastThreshold, tuned_threshold(figures.scores.classes[c]),
                                above_clean(figures.loudest_clean[c])})));
  }
  figures.watched = evaluation::false_alarms(*watched, figures.thresholds);
  if (const auto found = evaluation::false_alarms(*failing, figures.thresholds)) {
    figures.failing_found =
        static_cast<double>(found->alarmed) / static_cast<double>(found->frames);
    auto scored = evaluation::failure_scores(*failing);
    for (auto& one : scored) {
      one.positive = true;  // nobody has drawn where the failure is
    }
    const auto calm = evaluation::failure_scores(*watched);
    scored.insert(scored.end(), calm.begin(), calm.end());
    const auto unseen = failure_auc(scored);
    figures.watch_auc = unseen.auc;
    figures.watch_auc_interval = unseen.interval;
  }
  return figures;
}

std::string figures_text(const DetectorFigures& figures, const std::vector<std::string>& classes) {
  std::string text = fmt::format(
      "| class | pictures | boxes | mAP50 (95 %) | mAP50-95 (95 %) | threshold | trustworthy |\n"
      "|---|---|---|---|---|---|---|\n");
  for (std::size_t c = 0; c < classes.size(); ++c) {
    const auto& scores = figures.scores.classes[c];
    text += fmt::format("| {} | {} | {} | {} | {} | {:.2f} | {} |\n", classes[c], scores.pictures,
                        scores.boxes, text_of(scores.ap50), text_of(scores.ap50_95),
                        figures.thresholds[c],
                        is_trustworthy(scores) ? "yes" : "no: too few to measure");
  }
  text += fmt::format("| all | {} | | {} | {} | | |\n", figures.scores.pictures,
                      text_of(figures.scores.map50), text_of(figures.scores.map50_95));
  text +=
      fmt::format("\nPictures with a defect against those without (area under the ROC curve): {}\n",
                  text_of({figures.failure_auc, figures.failure_auc_interval}));
  if (figures.watched) {
    text += fmt::format(
        "False alarms on {} clean frames that nothing was tuned on: {}, that is {:.1f} per 1000 "
        "({:.1f} to {:.1f})\n",
        figures.watched->frames, figures.watched->alarmed, figures.watched->per_thousand,
        figures.watched->interval.low, figures.watched->interval.high);
  }
  if (figures.failing_found) {
    text += fmt::format(
        "Frames of failing prints that nothing was learnt from: an alarm in {:.0f} %; "
        "area under the ROC curve against the clean ones: {}\n",
        100 * *figures.failing_found, text_of({figures.watch_auc, figures.watch_auc_interval}));
  }
  return text;
}

}  // namespace stepcast::cli
