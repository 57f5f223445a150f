#pragma once

#include <memory>
#include <string>

#include "stepcast/base/result.hpp"
#include "stepcast/vision/model_info.hpp"
#include "stepcast/vision/network.hpp"

namespace stepcast::vision {

struct Model {
  ModelInfo info;
  std::unique_ptr<Network> network;
};

/// Reads an ONNX file that must be of this kind.
/// @returns kNotFound, kIo, kMalformed, kUnsupported; kInvalidArgument for the other kind
[[nodiscard]] Result<Model> load_model(const std::string& path, ModelKind kind, Runtime runtime);

}  // namespace stepcast::vision
