#pragma once

#include <string_view>

namespace stepcast::vision {

/// The operation of rewrite_for_opencv() for x * sigmoid(x), and the one that stands for a
/// depthwise 3 x 3 convolution: OpenCV 4.6 computes those of planes narrower than 18 pixels without
/// vectors.
inline constexpr std::string_view kSiluOperation = "StepcastSilu";
inline constexpr std::string_view kDepthwiseOperation = "StepcastDepthwise";

/// Tells OpenCV how to compute them. Once a process.
void register_opencv_layers();

}  // namespace stepcast::vision
