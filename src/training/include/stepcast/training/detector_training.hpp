#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/training/labelled_picture.hpp"
#include "stepcast/training/npz.hpp"
#include "stepcast/training/progress.hpp"

namespace stepcast::training {

/// How a detector learns.
struct DetectorTraining {
  std::vector<LabelledPicture> pictures;
  std::vector<LabelledPicture> validation;  ///< Judged after every epoch; never learnt from.
  std::vector<std::string> classes;
  std::string pretrained;       ///< `.npz` of YOLOX-nano; empty: from random weights.
  std::string folder;           ///< For the checkpoint; an interrupted training goes on from there.
  int size = 320;               ///< Pixels; a multiple of 32.
  double mosaic = 0.25;         ///< Probability that a picture is made of four.
  std::vector<int> pasted;      ///< Classes of what may lie anywhere: put on clean pictures too.
  bool rare_more_often = true;  ///< Pictures with rare classes come several times an epoch.
  int epochs = 24;
  int closing_epochs = 4;  ///< The last ones see single pictures, as the product will.
  /// The closing epochs begin when the loss on the validation pictures has not fallen for so many
  /// epochs; 0: not before their time.
  int patience = 0;
  int batch = 8;
  double learning_rate = 4e-4;
  double backbone_rate = 0.3;  ///< Times that, for what was learnt from many more pictures before.
  double weight_decay = 0.02;
  std::uint64_t seed = 1;
  int threads = 2;
};

/// The published recipe that ours is measured against: from random weights, 30 epochs of batches of
/// 64 at 416 pixels, every picture made of four (notebook of the monitoring project
/// bensidhom/3D_printer, whose network is a larger one).
[[nodiscard]] DetectorTraining published_recipe(DetectorTraining training);

/// A detector that has learnt: its weights, ready to be written.
class TrainedDetector {
 public:
  TrainedDetector(NamedArrays weights, int classes, std::vector<EpochRecord> history)
      : weights_(std::move(weights)), classes_(classes), history_(std::move(history)) {}

  /// As ONNX, with `description` under the key `stepcast`; outputs `p8`, `p16` and `p32`.
  /// @returns kIo
  [[nodiscard]] Result<void> write(const std::string& onnx_path,
                                   const std::string& description) const;

  [[nodiscard]] const std::vector<EpochRecord>& history() const { return history_; }

 private:
  NamedArrays weights_;
  int classes_;
  std::vector<EpochRecord> history_;
};

/// The same pictures, options, seed and number of threads give the same network on the same
/// machine.
/// @returns kInvalidArgument for options that fit nothing and for a checkpoint of another training,
///     errors of files, kInterrupted
[[nodiscard]] Result<TrainedDetector> train_detector(const DetectorTraining& training,
                                                     const TrainingObserver& observer);

}  // namespace stepcast::training
