#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/training/labelled_picture.hpp"
#include "stepcast/training/progress.hpp"

namespace stepcast::training {

/// How a detector learns.
struct DetectorTraining {
  std::vector<LabelledPicture> pictures;
  std::vector<std::string> classes;
  std::string pretrained;  ///< `.npz` of YOLOX-nano; empty: from random weights.
  std::string folder;      ///< For the checkpoint; an interrupted training goes on from there.
  int size = 320;          ///< Pixels; a multiple of 32.
  int epochs = 60;
  int closing_epochs = 10;  ///< The last ones see single pictures, as the product will.
  int batch = 16;
  double learning_rate = 1e-3;
  double weight_decay = 0.02;
  std::uint64_t seed = 1;
  int threads = 2;
};

/// Trains and writes the network as ONNX, with `description` under the key `stepcast`.
/// The same pictures, options, seed and number of threads give the same network on the same
/// machine.
/// @returns kInvalidArgument for options that fit nothing, errors of files, kInterrupted
[[nodiscard]] Result<void> train_detector(const DetectorTraining& training,
                                          const std::string& description,
                                          const std::string& onnx_path,
                                          const TrainingObserver& observer);

}  // namespace stepcast::training
