#include "stepcast/vision/network.hpp"

#include <fmt/format.h>

#include "onnx_runtime.hpp"
#include "opencv_network.hpp"

namespace stepcast::vision {

Result<Runtime> runtime_of(std::string_view word) {
  if (word == "auto") {
    return Runtime::kAuto;
  }
  if (word == "opencv") {
    return Runtime::kOpenCv;
  }
  if (word == "onnxruntime") {
    return Runtime::kOnnxRuntime;
  }
  return fail(Errc::kInvalidArgument, fmt::format("there is no runtime '{}'", word), {},
              "use auto, opencv or onnxruntime");
}

Result<std::unique_ptr<Network>> load_network(std::span<const std::byte> onnx,
                                              std::string_view name, Runtime runtime) {
  if (runtime == Runtime::kOpenCv || (runtime == Runtime::kAuto && !onnx_runtime())) {
    return load_with_opencv(onnx, name);
  }
  if (!onnx_runtime()) {
    return fail(Errc::kUnsupported, onnx_runtime().error().message, {},
                onnx_runtime().error().remedy);
  }
  return load_with_onnx_runtime(onnx, name);
}

std::string why_no_onnx_runtime() {
  return onnx_runtime() ? std::string() : onnx_runtime().error().to_string();
}

}  // namespace stepcast::vision
