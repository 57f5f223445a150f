#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "stepcast/base/result.hpp"
#include "stepcast/vision/network.hpp"

namespace stepcast::vision {

class OnnxRuntimeLibrary;

/// ONNX Runtime's library, loaded at the first call and then kept; or why there is none.
[[nodiscard]] const Result<std::shared_ptr<OnnxRuntimeLibrary>>& onnx_runtime();

/// @pre onnx_runtime() has a value
[[nodiscard]] Result<std::unique_ptr<Network>> load_with_onnx_runtime(
    std::span<const std::byte> onnx, std::string_view name);

}  // namespace stepcast::vision
