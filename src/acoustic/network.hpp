#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "stepcast/acoustic/model.hpp"
#include "stepcast/acoustic/training.hpp"

namespace stepcast::acoustic {

struct NetworkTraining {
  int epochs = 60;
  double weight_penalty = 1.0;  ///< Times the squared weights over twice the samples.
  double dropout = 0.5;         ///< Share of hidden units left out, each step anew.
  double rate = 3e-3;           ///< Of Adam.
  std::uint64_t seed = 1;
};

/// e to the x, to the same bit on every machine, unlike that of C libraries. Good to 1e-14.
[[nodiscard]] double portable_exp(double x);

/// Learns with Adam from normalised samples, cross-entropy, batches of 32. The same seed gives the
/// same network to the last bit. `after_epoch` (may be empty) sees the network on its way.
/// @pre samples is not empty
[[nodiscard]] Network train_network(
    std::span<const Sample> samples, const NetworkTraining& training,
    const std::function<void(int epoch, const Network&)>& after_epoch = {});

}  // namespace stepcast::acoustic
