#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "stepcast/acoustic/training.hpp"

namespace stepcast::acoustic {

/// Log odds that a hit is defected.
using Predictor = std::function<double(const Features&)>;

/// Something that learns from samples, all its choices made inside them.
struct Learner {
  std::string name;
  std::function<Predictor(std::span<const Sample>, std::uint64_t seed)> learn;
};

[[nodiscard]] Learner network_learner();
[[nodiscard]] Learner logistic_learner();
[[nodiscard]] Learner neighbours_learner();

/// Mean and standard deviation of each feature.
struct Normalisation {
  Features mean{};
  Features scale{};

  [[nodiscard]] Features operator()(const Features& x) const;
};
[[nodiscard]] Normalisation normalisation_of(std::span<const Sample> samples);
[[nodiscard]] std::vector<Sample> normalised(std::span<const Sample> samples,
                                             const Normalisation& normalisation);

/// slope * x + offset as log odds, by maximum likelihood with a weak pull to slope 1, offset 0.
struct Calibration {
  double slope = 1;
  double offset = 0;
};
[[nodiscard]] Calibration calibrate(std::span<const double> log_odds, std::span<const int> labels);

/// Cross-entropy of one answer, in nats.
[[nodiscard]] double loss_of(double log_odds, int label);

/// What cross-validation inside the samples chose.
struct NetworkChoice {
  double weight_penalty = 0;
  int epochs = 0;
  double inner_loss = 0;
};

/// The models' fields but for name and description.
[[nodiscard]] HitModel learn_networks(std::span<const Sample> samples, std::uint64_t seed,
                                      const Progress& progress, NetworkChoice* choice);

}  // namespace stepcast::acoustic
