#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "stepcast/base/result.hpp"

namespace stepcast::vision {

enum class ModelKind { kDetector, kClassifier };

/// How a picture becomes the numbers that a network takes.
struct InputFormat {
  enum class Fit {
    kLetterbox,  ///< Scaled to fit, in the top left corner; the rest is filled.
    kStretch,    ///< Scaled to width and height, whatever its proportions.
  };

  int width = 0;  ///< Pixels; of a detector the largest, see Detector.
  int height = 0;
  bool rgb = false;             ///< The order of channels; else blue, green, red.
  std::array<float, 3> mean{};  ///< In the order of channels: (pixel - mean) * scale.
  float scale = 1;
  Fit fit = Fit::kLetterbox;
  std::uint8_t fill = 0;  ///< Pixel value around a letterboxed picture.
};

/// What a network file says of itself: JSON under the key `stepcast` of its metadata
/// (docs/seeing.md).
struct ModelInfo {
  ModelKind kind{};
  std::string name;
  std::vector<std::string> classes;  ///< At least one.
  InputFormat input;

  // Detectors.
  std::vector<int> strides;        ///< Pixels of a cell, for each output `p<stride>`.
  double nms_iou = 0;              ///< Boxes of a class that overlap more are the same thing.
  std::vector<double> thresholds;  ///< For each class: less confidence is not reported.
  std::vector<bool> trustworthy;   ///< For each class: measured on enough pictures.

  // Classifiers.
  double temperature = 1;   ///< Logits are divided by it before softmax.
  double unsure_below = 0;  ///< A best probability below it is the answer "unsure".
};

/// Reads what the ONNX file says of itself.
/// @param name what errors call the file
/// @returns kMalformed for what is no ONNX file, or naming the key that is missing or wrong;
///     kUnsupported for a network without such metadata or of another format.
[[nodiscard]] Result<ModelInfo> read_model_info(std::span<const std::byte> onnx,
                                                std::string_view name);

}  // namespace stepcast::vision
