#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "onnx_file.hpp"

namespace stepcast::vision {

/// The file with every pair y = Sigmoid(x), z = Mul(x, y) replaced by one z = StepcastSilu(x).
/// OpenCV would compute the two apart from the convolution before them, and the sigmoid one number
/// at a time: half of the time of such a network.
/// @param file what read_onnx() read from `onnx`
[[nodiscard]] std::vector<std::byte> rewrite_for_opencv(std::span<const std::byte> onnx,
                                                        const OnnxFile& file);

}  // namespace stepcast::vision
