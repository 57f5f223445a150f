#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace stepcast::timelapse {

/// As much of a JPEG as a film needs: its frame header, and then `rest`.
inline std::string jpeg_of(std::uint16_t width, std::uint16_t height, std::string_view rest) {
  const auto word = [](std::uint16_t value) {
    return std::string{static_cast<char>(value >> 8U), static_cast<char>(value & 0xffU)};
  };
  std::string jpeg = "\xff\xd8";
  jpeg += std::string("\xff\xe0", 2) + word(4) + "JF";  // a segment to be passed over
  jpeg += std::string("\xff\xc0", 2) + word(11) + "\x08" + word(height) + word(width);
  jpeg += std::string("\x01\x01\x11\x00", 4);
  jpeg += rest;
  return jpeg + "\xff\xd9";
}

}  // namespace stepcast::timelapse
