#pragma once

#include <span>

#include "stepcast/training/progress.hpp"

namespace stepcast::training {

/// When a training ends: with some epochs on pictures that are changed little.
struct Closing {
  int planned_epochs = 0;
  int closing_epochs = 0;
  /// They begin when the validation loss has not fallen for so many epochs; 0: as planned.
  int patience = 0;

  /// The first closing epoch, from 1, as far as the epochs that were tell.
  [[nodiscard]] int first(std::span<const EpochRecord> history) const;
  [[nodiscard]] int last(std::span<const EpochRecord> history) const {
    return first(history) + closing_epochs - 1;
  }
  /// Epochs done before this one, for a rate that falls as planned: one that closes early goes on
  /// as if it had come in its time.
  [[nodiscard]] int done_before(int epoch, std::span<const EpochRecord> history) const {
    const int closes = first(history);
    return epoch < closes ? epoch - 1 : planned_epochs - closing_epochs + epoch - closes;
  }
};

}  // namespace stepcast::training
