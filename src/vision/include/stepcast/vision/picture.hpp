#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "stepcast/base/result.hpp"

namespace stepcast::vision {

/// Rows from the top, pixels from the left, three bytes each in the order blue, green, red, no
/// padding between rows: `height * width * 3` bytes.
struct Picture {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> bgr;
};

/// A rectangle in pixels of a picture, from its top left corner.
struct Box {
  double x = 0;
  double y = 0;
  double width = 0;
  double height = 0;
};

/// The most that a picture may have, so that a small file cannot ask for gigabytes: above any
/// camera of a printer, below a phone's best.
inline constexpr std::int64_t kMaxPixels = 24'000'000;

/// Decodes JPEG (progressive too), PNG or WebP, upright by the orientation that its EXIF data
/// tells. Size and kind are read from the header first: nothing is decoded that will be refused.
/// @returns kMalformed for what is none of these or breaks off, kOutOfRange above kMaxPixels.
[[nodiscard]] Result<Picture> decode_picture(std::span<const std::byte> file,
                                             std::string_view name = "picture");

/// What decode_picture() would refuse without decoding: other formats, too many pixels, a JPEG that
/// breaks off.
[[nodiscard]] Result<void> check_picture(std::span<const std::byte> file,
                                         std::string_view name = "picture");

/// Reads and decodes a file. @returns additionally kNotFound and kIo.
[[nodiscard]] Result<Picture> read_picture(const std::string& path);

struct PictureSize {
  int width = 0;
  int height = 0;
};

/// As read_picture() would give it, upright. Decodes only files with EXIF data, which may tell of a
/// rotation; of others it reads the header.
[[nodiscard]] Result<PictureSize> read_picture_size(const std::string& path);

/// @pre picture is not empty; 1 <= quality <= 100
[[nodiscard]] std::vector<std::byte> encode_jpeg(const Picture& picture, int quality);
/// @pre picture is not empty
[[nodiscard]] std::vector<std::byte> encode_png(const Picture& picture);

}  // namespace stepcast::vision
