#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "stepcast/base/result.hpp"
#include "stepcast/vision/network.hpp"

namespace stepcast::predict {

/// What a picture shows.
struct Verdict {
  std::string label;  ///< The class as the network calls it.
  double confidence = 0;
  bool unsure = false;
  int width = 0;  ///< Of the picture, upright.
  int height = 0;
  std::string model;  ///< The network's name.
};

/// Judges pictures on one thread of its own, of low priority.
///
/// Threads: any.
class Predictor {
 public:
  struct Options {
    std::string model;  ///< ONNX file of a classifier; read when the first picture comes.
    vision::Runtime runtime = vision::Runtime::kAuto;
    std::size_t most_waiting = 2;  ///< The one being judged among them.
    int niceness = 10;             ///< Of its thread; 0 to 19.
  };

  explicit Predictor(Options options);
  Predictor(const Predictor&) = delete;
  Predictor& operator=(const Predictor&) = delete;
  Predictor(Predictor&&) = delete;
  Predictor& operator=(Predictor&&) = delete;
  ~Predictor();

  /// Waits for the verdict on a JPEG, PNG or WebP file.
  /// @returns kMalformed and kOutOfRange for a picture that is refused; kFull when too many wait;
  ///     kUnsupported for all that is wrong with the network, its absence too.
  [[nodiscard]] Result<Verdict> judge(std::string picture);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace stepcast::predict
