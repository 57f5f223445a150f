#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "stepcast/base/result.hpp"

namespace stepcast::vision {

/// What runs a network.
enum class Runtime {
  kAuto,         ///< ONNX Runtime where its library is found, else OpenCV.
  kOpenCv,       ///< Always there.
  kOnnxRuntime,  ///< Several times faster; refused where its library is not found.
};

/// "auto", "opencv", "onnxruntime". @returns kInvalidArgument for another word
[[nodiscard]] Result<Runtime> runtime_of(std::string_view word);

/// Pictures as numbers: batch x 3 x height x width.
struct InputShape {
  int batch = 1;
  int height = 0;
  int width = 0;
};

/// One output of a network.
struct Output {
  std::string name;
  std::array<int, 4> shape{};     ///< Batch first; 1 behind the last dimension.
  std::span<const float> values;  ///< Valid until the next run.
};

/// A network that has been read. One instance a thread: a run uses the instance's buffers. It
/// computes on the thread that calls it and on no other.
class Network {
 public:
  Network() = default;
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;
  Network(Network&&) = delete;
  Network& operator=(Network&&) = delete;
  virtual ~Network() = default;

  /// Runs the network. The first run of a shape takes longer; a few shapes are remembered.
  /// @pre images has batch * 3 * height * width numbers
  /// @returns the outputs in the order of the file, or kUnsupported where the network cannot take
  ///     this shape.
  [[nodiscard]] virtual Result<std::span<const Output>> run(std::span<const float> images,
                                                            const InputShape& shape) = 0;
  /// "opencv 4.6.0", "onnxruntime 1.20.1".
  [[nodiscard]] virtual std::string runtime() const = 0;
};

/// Reads a network of one input, `images`, from an ONNX file.
///
/// ONNX Runtime's library is looked for once a process: where $STEPCAST_ONNXRUNTIME says (a file),
/// else `libonnxruntime.so.1` and `libonnxruntime.so` of the system.
/// OpenCV's own threads are switched off for the whole process: who wants more cores uses more
/// instances.
/// @param name what errors call the file
/// @returns kMalformed or kUnsupported, also for Runtime::kOnnxRuntime without its library.
[[nodiscard]] Result<std::unique_ptr<Network>> load_network(std::span<const std::byte> onnx,
                                                            std::string_view name,
                                                            Runtime runtime = Runtime::kAuto);

/// Why ONNX Runtime is not used; empty where it is found.
[[nodiscard]] std::string why_no_onnx_runtime();

}  // namespace stepcast::vision
