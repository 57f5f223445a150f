#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "stepcast/vision/network.hpp"
#include "stepcast/vision/picture.hpp"

namespace stepcast::vision {

/// The small networks of make_networks.py.
inline std::string network_file(std::string_view name) {
  return std::string(STEPCAST_SOURCE_DIR "/tests/unit/vision/networks/") + std::string(name);
}

/// Names ONNX Runtime's library of the peers (scripts/install_peers.sh) to the program under test,
/// once and before it looks for one. Without it, tests of that runtime are skipped.
inline void use_onnx_runtime_of_the_peers() {
  static const bool done = [] {
    namespace fs = std::filesystem;
    std::error_code error;
    for (auto entry = fs::recursive_directory_iterator(fs::path(STEPCAST_PEERS_DIR) / "lib", error);
         !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
      if (entry.depth() > 3) {
        entry.disable_recursion_pending();
      }
      if (entry->path().filename().string().starts_with("libonnxruntime.so.")) {
        setenv("STEPCAST_ONNXRUNTIME", entry->path().c_str(), 0);
      }
    }
    return true;
  }();
  static_cast<void>(done);
}

/// The runtimes that can be tested here.
inline std::vector<Runtime> runtimes_here() {
  use_onnx_runtime_of_the_peers();
  std::vector<Runtime> all{Runtime::kOpenCv};
  if (why_no_onnx_runtime().empty()) {
    all.push_back(Runtime::kOnnxRuntime);
  }
  return all;
}

/// One colour.
inline Picture plain(int width, int height, std::uint8_t blue, std::uint8_t green,
                     std::uint8_t red) {
  Picture picture{.width = width, .height = height, .bgr = {}};
  for (int i = 0; i < width * height; ++i) {
    picture.bgr.insert(picture.bgr.end(), {blue, green, red});
  }
  return picture;
}

inline void paint(Picture& picture, int left, int top, int width, int height, std::uint8_t blue,
                  std::uint8_t green, std::uint8_t red) {
  for (int y = top; y < top + height; ++y) {
    for (int x = left; x < left + width; ++x) {
      auto* const pixel = picture.bgr.data() + 3 * (y * picture.width + x);
      pixel[0] = blue;
      pixel[1] = green;
      pixel[2] = red;
    }
  }
}

}  // namespace stepcast::vision
