#pragma once

#include <functional>

namespace stepcast::training {

/// Where a training is, for a progress bar.
struct TrainingProgress {
  int epoch = 0;  ///< From 1.
  int epochs = 0;
  int step = 0;  ///< In the epoch, from 1.
  int steps = 0;
  double loss = 0;  ///< Mean of the epoch so far.
};

/// Returns false to stop; the checkpoint of the last whole epoch stays.
using TrainingObserver = std::function<bool(const TrainingProgress&)>;

}  // namespace stepcast::training
