#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include <opencv2/core/mat.hpp>

#include "stepcast/base/result.hpp"
#include "stepcast/vision/model_info.hpp"
#include "stepcast/vision/picture.hpp"

#include "picture_header.hpp"

namespace stepcast::vision {

/// @returns kOutOfRange above kMaxPixels
[[nodiscard]] Result<void> check_pixels(const PictureHeader& header, std::string_view name);

/// Decodes upright into `pixels` (blue, green, red), whose memory is used again.
///
/// A JPEG that has at least twice (four, eight times) the pixels that are wanted is decoded at half
/// (a quarter, an eighth) of its size, which its format makes cheap: a mean over pixels, as
/// shrinking should be.
/// @param wanted what the picture will be scaled to; nullptr for the whole size
/// @returns the whole size, or kMalformed, kOutOfRange as decode_picture()
[[nodiscard]] Result<PictureSize> decode(std::span<const std::byte> file, std::string_view name,
                                         const InputFormat* wanted, cv::Mat& pixels);

/// The factor 1, 2, 4 or 8 by which decode() shrinks a JPEG of this size, lying or standing.
[[nodiscard]] int shrinking_of(PictureSize whole, const InputFormat& wanted);

}  // namespace stepcast::vision
