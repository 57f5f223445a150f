#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
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

/// How a classifier learns: first a new head on the features of the published network, which stay
/// as they are; then, slowly, everything.
struct ClassifierTraining {
  std::vector<ClassifiedPicture> pictures;
  std::vector<std::string> classes;
  std::string pretrained;  ///< `.npz` of MobileNetV2.
  int size = 224;          ///< Pixels, square.
  int hidden = 0;          ///< Width of a layer between features and classes; 0: none.
  double middle = 127.5;   ///< A pixel value v becomes (v - middle) * scale.
  double scale = 1 / 127.5;
  int views = 8;         ///< Changed copies of each picture that the head learns from.
  int head_epochs = 60;  ///< Over all views.
  int head_batch = 0;    ///< 0: all pictures of a view at once.
  double head_rate = 1e-3;
  double head_decay = 0.05;
  int fine_epochs = 12;  ///< 0: the features stay as they are.
  int fine_batch = 16;
  double fine_rate = 5e-5;
  double dropout = 0.3;
  double label_smoothing = 0.05;
  bool balanced = true;  ///< Classes count alike, however many pictures they have.
  std::uint64_t seed = 1;
  int threads = 2;
};

/// The published recipe that ours is measured against: features frozen and fed with 0 to 1, a layer
/// of 128, Adam for 20 epochs of batches of 8, every picture changed anew in each epoch
/// (3DFailDetection).
[[nodiscard]] ClassifierTraining published_recipe(ClassifierTraining training);

/// A network that has learnt.
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
  friend class ClassifierTrainer;
  class Network;
  explicit TrainedClassifier(std::unique_ptr<Network> network);
  std::unique_ptr<Network> network_;
};

/// Teaches networks on some of the pictures at a time, as cross-validation wants; what all of them
/// share, the frozen features, is computed once.
///
/// The same pictures, options, seed and number of threads give the same networks on the same
/// machine. Threads: one at a time.
class ClassifierTrainer {
 public:
  /// Reads the pictures and computes their features; the observer is told of views.
  /// @returns kInvalidArgument for options that fit nothing, errors of files, kInterrupted
  [[nodiscard]] static Result<ClassifierTrainer> create(ClassifierTraining training,
                                                        const TrainingObserver& observer);
  ClassifierTrainer(ClassifierTrainer&&) noexcept;
  ClassifierTrainer& operator=(ClassifierTrainer&&) noexcept;
  ~ClassifierTrainer();

  /// @param chosen indices into the pictures @returns kInterrupted
  [[nodiscard]] Result<TrainedClassifier> train(std::span<const std::size_t> chosen,
                                                const TrainingObserver& observer);

 private:
  class Implementation;
  explicit ClassifierTrainer(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace stepcast::training
