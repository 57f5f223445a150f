#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/vision/detection.hpp"
#include "stepcast/vision/model_info.hpp"
#include "stepcast/vision/network.hpp"
#include "stepcast/vision/picture.hpp"

namespace stepcast::vision {

/// What was found in one picture.
struct Found {
  int width = 0;  ///< Of the picture, upright.
  int height = 0;
  std::vector<Detection> detections;  ///< The most confident first; boxes inside the picture.
};

/// Finds defects in pictures. One instance a thread: its buffers are used again for each picture.
///
/// A picture is scaled to fit the width and height of the network and lies on the smallest canvas
/// of whole 32 pixel cells that holds it: a camera's 4:3 picture costs a quarter less than a
/// square.
class Detector {
 public:
  /// Reads an ONNX file and tries it once. @returns kNotFound, kIo, kMalformed or kUnsupported
  [[nodiscard]] static Result<Detector> load(const std::string& path,
                                             Runtime runtime = Runtime::kAuto);

  Detector(Detector&&) noexcept;
  Detector& operator=(Detector&&) noexcept;
  ~Detector();

  [[nodiscard]] const ModelInfo& info() const;
  /// "opencv 4.6.0", "onnxruntime 1.20.1".
  [[nodiscard]] std::string runtime() const;
  /// The same threshold, 0 to 1, for every class instead of those of the network.
  void set_threshold(double threshold);

  /// Decodes and judges a JPEG, PNG or WebP file.
  /// @returns additionally what decode_picture() refuses
  [[nodiscard]] Result<Found> detect(std::span<const std::byte> file,
                                     std::string_view name = "picture");
  /// Reads, decodes and judges a file. @returns additionally kNotFound and kIo
  [[nodiscard]] Result<Found> detect_file(const std::string& path);
  /// @pre the picture is not empty
  [[nodiscard]] Result<Found> detect(const Picture& picture);
  /// Several pictures in one run of the network, on one canvas that holds the largest of them.
  /// @pre none is empty
  [[nodiscard]] Result<std::vector<Found>> detect(std::span<const Picture> pictures);

 private:
  struct Parts;
  explicit Detector(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

}  // namespace stepcast::vision
