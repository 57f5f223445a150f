#pragma once

#include <chrono>
#include <string>

#include "stepcast/training/progress.hpp"

#include "terminal.hpp"

namespace stepcast::cli {

/// A line on standard error that tells how far a training is and how long it will take; without a
/// terminal a line an epoch.
class TrainingView {
 public:
  explicit TrainingView(std::string what);
  ~TrainingView();
  TrainingView(const TrainingView&) = delete;
  TrainingView& operator=(const TrainingView&) = delete;

  void show(const training::TrainingProgress& progress);

 private:
  Terminal terminal_;
  std::string what_;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  double share_at_begin_ = -1;  ///< Of a training that goes on from a checkpoint.
};

}  // namespace stepcast::cli
