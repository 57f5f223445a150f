#pragma once

#include <functional>
#include <optional>

namespace stepcast::training {

/// Where a training is, for a progress bar.
struct TrainingProgress {
  int epoch = 0;  ///< From 1.
  int epochs = 0;
  int step = 0;  ///< In the epoch, from 1.
  int steps = 0;
  double loss = 0;                          ///< Mean of the epoch so far.
  std::optional<double> validation_loss{};  ///< At the last step, where pictures are kept for it.
};

/// What a whole epoch came to.
struct EpochRecord {
  int epoch = 0;  ///< From 1.
  double loss = 0;
  std::optional<double> validation_loss{};
};

/// Returns false to stop; the checkpoint of the last whole epoch stays.
using TrainingObserver = std::function<bool(const TrainingProgress&)>;

}  // namespace stepcast::training
