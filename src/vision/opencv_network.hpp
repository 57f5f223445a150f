#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "stepcast/base/result.hpp"
#include "stepcast/vision/network.hpp"

namespace stepcast::vision {

/// @returns kUnsupported for a network with operations that OpenCV does not know.
[[nodiscard]] Result<std::unique_ptr<Network>> load_with_opencv(std::span<const std::byte> onnx,
                                                                std::string_view name);

}  // namespace stepcast::vision
