#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "stepcast/vision/model_info.hpp"
#include "stepcast/vision/picture.hpp"

// An ONNX file from somewhere: it is refused with a reason, or what it says of itself is whole.
// The same bytes as a picture: looked at without being decoded.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  const auto info = stepcast::vision::read_model_info(bytes, "fuzz.onnx");
  if (info) {
    const bool detector = info->kind == stepcast::vision::ModelKind::kDetector;
    const std::size_t classes = info->classes.size();
    if (classes == 0 || info->input.width < 1 || info->input.height < 1 ||
        (detector && (info->thresholds.size() != classes || info->trustworthy.size() != classes ||
                      info->strides.empty()))) {
      std::abort();
    }
  } else if (info.error().message.empty()) {
    std::abort();
  }
  static_cast<void>(stepcast::vision::check_picture(bytes).has_value());
  return 0;
}
