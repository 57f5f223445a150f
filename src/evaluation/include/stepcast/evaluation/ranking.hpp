#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "stepcast/evaluation/bootstrap.hpp"
#include "stepcast/evaluation/match.hpp"

namespace stepcast::evaluation {

/// A number that should be higher where something is there.
struct Scored {
  double score = 0;
  bool positive = false;
};

/// The area under the ROC curve: how likely a positive scores above a negative, ties counting
/// half. @returns nullopt without both kinds
/// @pre weights are empty or one for each
[[nodiscard]] std::optional<double> area_under_roc(std::span<const Scored> scored,
                                                   Weights weights = {});

/// A point of the ROC curve for each different score, from (0, 0) to (1, 1).
struct RocPoint {
  double threshold = 0;  ///< Scores at or above it count as positive.
  double false_rate = 0;
  double true_rate = 0;
};
[[nodiscard]] std::vector<RocPoint> roc_curve(std::span<const Scored> scored);

/// "Does this picture show a failure?": its most confident detection against whether it holds any
/// box. `wanted` lists classes that count; empty: all.
[[nodiscard]] std::vector<Scored> failure_scores(std::span<const JudgedPicture> pictures,
                                                 std::span<const std::size_t> wanted = {});

/// Frames without a failure in which a detector would have raised the alarm.
struct FalseAlarms {
  std::size_t frames = 0;
  std::size_t alarmed = 0;
  std::vector<std::size_t> alarmed_by_class;
  double per_thousand = 0;
  Interval interval;  ///< Of per_thousand, as if frames were independent; frames of a film are not.
};
/// Only pictures without boxes count. `thresholds` has one for each class; infinity switches off.
/// @returns nullopt without such pictures
[[nodiscard]] std::optional<FalseAlarms> false_alarms(std::span<const JudgedPicture> pictures,
                                                      std::span<const double> thresholds);

}  // namespace stepcast::evaluation
