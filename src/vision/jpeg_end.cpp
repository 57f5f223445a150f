#include "jpeg_end.hpp"

#include <cstring>

namespace stepcast::vision {

bool jpeg_is_whole(std::span<const std::byte> file) {
  // ITU-T T.81, B.1: segments with a length, and after SOS data in which 0xFF is followed by 0 or
  // by a restart marker. A picture within EXIF data lies inside a segment, so its end is skipped.
  constexpr auto kMarker = std::byte{0xFF};
  constexpr auto kEnd = std::byte{0xD9};
  constexpr auto kStartOfScan = std::byte{0xDA};
  constexpr auto kFirstAlone = std::byte{0xD0};  // restart markers, and the start of the picture
  constexpr auto kLastAlone = std::byte{0xD8};
  std::size_t at = 2;
  bool in_scan = false;
  while (at + 1 < file.size()) {
    if (in_scan || file[at] != kMarker) {
      const void* const found = std::memchr(&file[at], 0xFF, file.size() - at);
      if (found == nullptr) {
        return false;
      }
      at = static_cast<std::size_t>(static_cast<const std::byte*>(found) - file.data());
      if (at + 1 >= file.size()) {
        return false;
      }
    }
    const std::byte marker = file[at + 1];
    if (marker == kEnd) {
      return true;
    }
    if (marker == kMarker) {  // filling
      ++at;
    } else if (marker == std::byte{0} || (marker >= kFirstAlone && marker <= kLastAlone)) {
      at += 2;
    } else {
      if (at + 3 >= file.size()) {
        return false;
      }
      const auto length = std::to_integer<std::size_t>(file[at + 2]) << 8U |
                          std::to_integer<std::size_t>(file[at + 3]);
      at += 2 + length;
      in_scan = marker == kStartOfScan;
    }
  }
  return false;
}

}  // namespace stepcast::vision
