#include "picture_header.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace stepcast::vision {
namespace {

/// Bytes of the file, nullopt behind its end.
class Bytes {
 public:
  explicit Bytes(std::span<const std::byte> file) : file_(file) {}

  [[nodiscard]] std::optional<std::uint32_t> big(std::size_t at, std::size_t count) const {
    if (at > file_.size() || count > file_.size() - at) {
      return std::nullopt;
    }
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      value = value << 8U | std::to_integer<std::uint32_t>(file_[at + i]);
    }
    return value;
  }
  [[nodiscard]] std::optional<std::uint32_t> little(std::size_t at, std::size_t count) const {
    if (at > file_.size() || count > file_.size() - at) {
      return std::nullopt;
    }
    std::uint32_t value = 0;
    for (std::size_t i = count; i-- > 0;) {
      value = value << 8U | std::to_integer<std::uint32_t>(file_[at + i]);
    }
    return value;
  }
  [[nodiscard]] bool says(std::size_t at, std::string_view text) const {
    if (at > file_.size() || text.size() > file_.size() - at) {
      return false;
    }
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (file_[at + i] != static_cast<std::byte>(text[i])) {
        return false;
      }
    }
    return true;
  }

 private:
  std::span<const std::byte> file_;
};

using Size = std::optional<PictureHeader>;

Size sized(PictureKind kind, std::optional<std::uint32_t> width,
           std::optional<std::uint32_t> height) {
  constexpr std::uint32_t kLongestSide = 1U << 30U;  // products fit 64 bits
  if (!width || !height || *width == 0 || *height == 0 || *width > kLongestSide ||
      *height > kLongestSide) {
    return std::nullopt;
  }
  return PictureHeader{kind, static_cast<int>(*width), static_cast<int>(*height)};
}

/// ITU-T T.81, B.1 and B.2.2: segments up to the frame header.
Size jpeg(const Bytes& bytes) {
  constexpr std::uint32_t kFill = 0xFF;
  constexpr std::uint32_t kFirstFrame = 0xC0;
  constexpr std::uint32_t kLastFrame = 0xCF;
  constexpr std::array kNoFrames = {0xC4U, 0xC8U, 0xCCU};  // Huffman tables, reserved, arithmetic
  constexpr std::uint32_t kStartOfScan = 0xDA;
  for (std::size_t at = 2;;) {
    const auto prefix = bytes.big(at, 1);
    const auto marker = bytes.big(at + 1, 1);
    if (!marker || *prefix != kFill || *marker == kStartOfScan) {
      return std::nullopt;
    }
    if (*marker == kFill) {
      ++at;
      continue;
    }
    const bool frame = *marker >= kFirstFrame && *marker <= kLastFrame && *marker != kNoFrames[0] &&
                       *marker != kNoFrames[1] && *marker != kNoFrames[2];
    if (frame) {
      return sized(PictureKind::kJpeg, bytes.big(at + 7, 2), bytes.big(at + 5, 2));
    }
    const auto length = bytes.big(at + 2, 2);
    if (!length || *length < 2) {
      return std::nullopt;
    }
    at += 2 + *length;
  }
}

/// The three kinds of WebP: lossy (RFC 6386, 9.1), lossless, extended.
Size webp(const Bytes& bytes) {
  constexpr std::uint32_t kFourteenBits = 0x3FFF;
  if (bytes.says(12, "VP8 ")) {
    const auto width = bytes.little(26, 2);
    const auto height = bytes.little(28, 2);
    if (!height) {
      return std::nullopt;
    }
    return sized(PictureKind::kWebp, *width & kFourteenBits, *height & kFourteenBits);
  }
  if (bytes.says(12, "VP8L")) {
    const auto packed = bytes.little(21, 4);
    if (!packed) {
      return std::nullopt;
    }
    return sized(PictureKind::kWebp, (*packed & kFourteenBits) + 1,
                 (*packed >> 14U & kFourteenBits) + 1);
  }
  const auto width = bytes.little(24, 3);
  const auto height = bytes.little(27, 3);
  if (!bytes.says(12, "VP8X") || !height) {
    return std::nullopt;
  }
  return sized(PictureKind::kWebp, *width + 1, *height + 1);
}

}  // namespace

Result<PictureHeader> read_picture_header(std::span<const std::byte> file) {
  const Bytes bytes(file);
  Size size;
  if (bytes.says(0, "\xFF\xD8")) {
    size = jpeg(bytes);
  } else if (bytes.says(0, "\x89PNG\r\n\x1A\n")) {
    size = sized(PictureKind::kPng, bytes.big(16, 4), bytes.big(20, 4));
  } else if (bytes.says(0, "RIFF") && bytes.says(8, "WEBP")) {
    size = webp(bytes);
  } else {
    return fail(Errc::kMalformed,
                file.empty() ? "the picture is empty" : "this is no JPEG, PNG or WebP picture", {},
                "send a picture in one of these formats");
  }
  if (!size) {
    return fail(Errc::kMalformed, "the picture breaks off before its size", {}, "send it again");
  }
  return *size;
}

}  // namespace stepcast::vision
