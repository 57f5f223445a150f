#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/training/progress.hpp"

namespace stepcast::training {

/// A picture that is of one class as a whole.
struct ClassifiedPicture {
  std::string path;
  int class_index = 0;
  double weight = 1;  ///< In the loss: less for labels that are less sure.
};

/// How a classifier learns: first a new last layer on the features of the published network, which
/// stay as they are; then, slowly, everything.
struct ClassifierTraining {
  std::vector<ClassifiedPicture> pictures;
  std::vector<std::string> classes;
  std::string pretrained;  ///< `.npz` of MobileNetV2.
  int size = 224;          ///< Pixels, square.
  int views = 8;           ///< Changed copies of each picture for the first part.
  int head_epochs = 60;
  int fine_epochs = 12;  ///< 0: the features stay as they are.
  int batch = 16;
  double head_rate = 1e-3;
  double fine_rate = 5e-5;
  double label_smoothing = 0.05;
  std::uint64_t seed = 1;
  int threads = 2;
};

/// A network that has learnt; see train_classifier().
///
/// Threads: one at a time.
class TrainedClassifier {
 public:
  TrainedClassifier(TrainedClassifier&&) noexcept;
  TrainedClassifier& operator=(TrainedClassifier&&) noexcept;
  ~TrainedClassifier();

  /// Of each picture, before softmax: pictures x classes. @returns errors of files
  [[nodiscard]] Result<std::vector<std::vector<double>>> logits(
      const std::vector<std::string>& paths);

  /// As ONNX, with `description` under the key `stepcast`; output `logits`. @returns kIo
  [[nodiscard]] Result<void> write(const std::string& onnx_path,
                                   const std::string& description) const;

 private:
  friend Result<TrainedClassifier> train_classifier(const ClassifierTraining&,
                                                    const TrainingObserver&);
  class Network;
  explicit TrainedClassifier(std::unique_ptr<Network> network);
  std::unique_ptr<Network> network_;
};

/// Classes count alike however many pictures they have. The same pictures, options, seed and number
/// of threads give the same network on the same machine.
/// @returns kInvalidArgument for options that fit nothing, errors of files, kInterrupted
[[nodiscard]] Result<TrainedClassifier> train_classifier(const ClassifierTraining& training,
                                                         const TrainingObserver& observer);

}  // namespace stepcast::training
