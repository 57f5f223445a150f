#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "stepcast/camera/mjpeg_reader.hpp"

namespace {

using stepcast::camera::MjpegReader;

struct Reading {
  bool taken = true;
  std::vector<std::string> frames;
};

Reading read_in_pieces(std::string_view stream, std::size_t step) {
  Reading reading;
  auto reader = MjpegReader::create(
      "multipart/x-mixed-replace; boundary=XX",
      [&reading](std::string jpeg) { reading.frames.push_back(std::move(jpeg)); });
  if (!reader) {
    std::abort();
  }
  for (std::size_t at = 0; at < stream.size() && reading.taken; at += step) {
    reading.taken = reader->push(stream.substr(at, step)).has_value();
  }
  return reading;
}

}  // namespace

// The first byte says where to cut; the rest is what a camera sends. In one piece or in many, the
// same pictures come out, or the stream is refused.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const std::size_t step = 1 + data[0] % 64;
  const std::string_view stream(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto whole = read_in_pieces(stream, stream.size() + 1);
  const auto cut = read_in_pieces(stream, step);
  if (whole.taken != cut.taken || whole.frames != cut.frames) {
    std::abort();
  }
  for (const auto& frame : whole.frames) {
    if (!frame.starts_with("\xFF\xD8") || frame.size() > MjpegReader::kLargestFrame) {
      std::abort();
    }
  }
  static_cast<void>(MjpegReader::create(stream, [](const std::string& /*jpeg*/) {}).has_value());
  return 0;
}
