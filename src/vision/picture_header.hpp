#pragma once

#include <cstddef>
#include <span>

#include "stepcast/base/result.hpp"

namespace stepcast::vision {

enum class PictureKind { kJpeg, kPng, kWebp };

struct PictureHeader {
  PictureKind kind{};
  int width = 0;  ///< As stored, before any rotation; above 0.
  int height = 0;
};

/// Reads kind and size without decoding anything; looks at the bytes before the first pixels only.
/// @returns kMalformed for what is no JPEG, PNG or WebP, or breaks off before its size.
[[nodiscard]] Result<PictureHeader> read_picture_header(std::span<const std::byte> file);

}  // namespace stepcast::vision
