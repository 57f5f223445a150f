#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/vision/model_info.hpp"
#include "stepcast/vision/network.hpp"
#include "stepcast/vision/picture.hpp"

namespace stepcast::vision {

/// What a picture shows as a whole.
struct Judgement {
  int width = 0;  ///< Of the picture, upright.
  int height = 0;
  std::size_t best = 0;               ///< Into the classes.
  double confidence = 0;              ///< Its probability.
  std::vector<double> probabilities;  ///< Of each class; their sum is 1.
  bool unsure = false;                ///< The best is less probable than the network answers for.
};

/// Says which class a picture belongs to. One instance a thread: its buffers are used again.
class Classifier {
 public:
  /// Reads an ONNX file and tries it once. @returns kNotFound, kIo, kMalformed or kUnsupported
  [[nodiscard]] static Result<Classifier> load(const std::string& path,
                                               Runtime runtime = Runtime::kAuto);

  Classifier(Classifier&&) noexcept;
  Classifier& operator=(Classifier&&) noexcept;
  ~Classifier();

  [[nodiscard]] const ModelInfo& info() const;
  /// "opencv 4.6.0", "onnxruntime 1.20.1".
  [[nodiscard]] std::string runtime() const;

  /// Decodes and judges a JPEG, PNG or WebP file.
  /// @returns additionally what decode_picture() refuses
  [[nodiscard]] Result<Judgement> judge(std::span<const std::byte> file,
                                        std::string_view name = "picture");
  /// Reads, decodes and judges a file. @returns additionally kNotFound and kIo
  [[nodiscard]] Result<Judgement> judge_file(const std::string& path);
  /// @pre the picture is not empty
  [[nodiscard]] Result<Judgement> judge(const Picture& picture);

 private:
  struct Parts;
  explicit Classifier(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

}  // namespace stepcast::vision
