#pragma once

#include <cstdint>
#include <span>

namespace stepcast::acoustic {

/// One held-out answer: calibrated log odds, the evidence without the prior, and the truth.
struct Answer {
  double log_odds = 0;
  double evidence = 0;
  int label = 0;
};

[[nodiscard]] double accuracy_of(std::span<const Answer> answers);
/// Share of pairs of a defected and another hit in the right order, ties half.
[[nodiscard]] double auc_of(std::span<const Answer> answers);
/// Mean distance of probability and frequency over ten bins with as many answers in each.
[[nodiscard]] double calibration_error_of(std::span<const Answer> answers);
[[nodiscard]] double mean_loss_of(std::span<const Answer> answers);
/// Share of right decisions over `size` hits of one label, drawn without repetition, mean of both
/// labels. @pre size or more answers of each label
[[nodiscard]] double window_accuracy_of(std::span<const Answer> answers, int size,
                                        std::uint64_t seed);

}  // namespace stepcast::acoustic
