#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "stepcast/evaluation/bootstrap.hpp"

namespace stepcast::evaluation {

/// What a picture shows and what was said.
struct Judgement {
  std::size_t truth = 0;
  std::size_t said = 0;
};

/// Rows: truth; columns: what was said. @pre all indices below class_count
[[nodiscard]] std::vector<std::vector<std::size_t>> confusion(std::span<const Judgement> judgements,
                                                              std::size_t class_count);

struct ClassF1 {
  std::size_t support = 0;  ///< Pictures that truly show it.
  double precision = 0;     ///< 0 where it was never said.
  double recall = 0;
  double f1 = 0;
};
[[nodiscard]] std::vector<ClassF1> class_f1(std::span<const Judgement> judgements,
                                            std::size_t class_count);

/// The mean F1 over the classes that some weighted picture truly shows; nullopt when there are no
/// pictures. For an interval: bootstrap_interval() over it.
[[nodiscard]] std::optional<double> macro_f1(std::span<const Judgement> judgements,
                                             std::size_t class_count, Weights weights = {});
[[nodiscard]] std::optional<double> accuracy(std::span<const Judgement> judgements,
                                             Weights weights = {});

/// How sure a judgement was, and whether it was right.
struct Confidence {
  double value = 0;  ///< 0 to 1
  bool right = false;
};

/// Judgements of about the same confidence. Calibrated: share_right is about mean_confidence.
struct ReliabilityBin {
  double low = 0;
  double high = 0;
  std::size_t count = 0;
  double mean_confidence = 0;  ///< 0 when empty.
  double share_right = 0;      ///< 0 when empty.
};
inline constexpr std::size_t kReliabilityBins = 15;
/// Bins of equal width; the upper end belongs to a bin. @pre bins > 0
[[nodiscard]] std::vector<ReliabilityBin> reliability(std::span<const Confidence> confidences,
                                                      std::size_t bins = kReliabilityBins);
/// The mean distance between confidence and share right, bins weighted by their count; 0 when
/// there are none.
[[nodiscard]] double expected_calibration_error(std::span<const ReliabilityBin> bins);

/// Raw numbers of a network for one picture, one a class, and what it truly shows.
struct Logits {
  std::vector<double> values;
  std::size_t truth = 0;
};

/// exp(v / temperature), scaled to sum 1. @pre temperature > 0
[[nodiscard]] std::vector<double> softmax(std::span<const double> values, double temperature = 1);

/// The mean of -log p(truth). @pre not empty
[[nodiscard]] double negative_log_likelihood(std::span<const Logits> pictures, double temperature);

/// The temperature, 0.05 to 20, at which the truth is most likely. It changes how sure answers
/// are, never which class wins. Fit it on pictures that the network was not trained on.
/// @pre not empty
[[nodiscard]] double fit_temperature(std::span<const Logits> pictures);

}  // namespace stepcast::evaluation
