#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "stepcast/evaluation/bootstrap.hpp"
#include "stepcast/evaluation/match.hpp"

namespace stepcast::evaluation {

/// Average precision of a class by COCO's definition: the mean, over 101 recalls from 0 to 1, of
/// the best precision at that recall or a higher one. `weights` counts pictures; empty: each once.
/// @returns nullopt where the weighted pictures hold no box of the class
/// @pre step < kOverlapSteps; weights are empty or one for each picture
[[nodiscard]] std::optional<double> average_precision(const ClassMatches& matches, std::size_t step,
                                                      Weights weights = {});

/// The mean over all ten overlap steps.
[[nodiscard]] std::optional<double> average_precision_50_95(const ClassMatches& matches,
                                                            Weights weights = {});

/// The mean over the classes that can say; nullopt when none can. `wanted` lists classes that
/// count; empty: all.
[[nodiscard]] std::optional<double> mean_average_precision(
    std::span<const ClassMatches> classes, std::size_t step, Weights weights = {},
    std::span<const std::size_t> wanted = {});

/// A point for each detection at an overlap of 0.5, most confident first.
struct CurvePoint {
  double confidence = 0;
  double precision = 0;
  double recall = 0;
};
[[nodiscard]] std::vector<CurvePoint> precision_recall(const ClassMatches& matches);

/// The confidence at which F1, the harmonic mean of precision and recall, is largest.
/// @returns nullopt for a class without boxes or detections
[[nodiscard]] std::optional<CurvePoint> best_f1(const ClassMatches& matches);

/// A figure with its interval; both absent where the pictures cannot say.
struct Estimate {
  std::optional<double> value;
  std::optional<Interval> interval;
};

struct ClassScores {
  std::size_t pictures = 0;  ///< With at least one box of the class.
  std::size_t boxes = 0;
  std::size_t detections = 0;
  Estimate ap50;
  Estimate ap50_95;
  std::vector<CurvePoint> curve;
  std::optional<CurvePoint> best;  ///< best_f1()
};

struct DetectionScores {
  std::size_t pictures = 0;
  std::vector<ClassScores> classes;
  Estimate map50;  ///< Mean over classes with boxes.
  Estimate map50_95;
};

/// All figures at once. Cost: with 200 pictures, 5 classes, 20 detections a picture and 1000
/// resamples about a second.
/// @pre every class index is below class_count
[[nodiscard]] DetectionScores score_detections(std::span<const JudgedPicture> pictures,
                                               std::size_t class_count,
                                               const Bootstrap& options = {});

}  // namespace stepcast::evaluation
