#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

#include "stepcast/base/result.hpp"

namespace stepcast::gcode {

enum class PictureFormat : std::uint8_t { kPng, kJpg, kQoi };

/// "png", "jpg", "qoi".
[[nodiscard]] std::string_view format_name(PictureFormat format);

/// A preview that a slicer wrote into the comments of a job, base64 line by line. Sizes are claims.
struct Thumbnail {
  int width_px{};
  int height_px{};
  PictureFormat format{};
  std::uint64_t offset{};         ///< Of the first encoded line in the file.
  std::uint64_t length{};         ///< Bytes of the encoded lines, comment markers included.
  std::uint64_t encoded_chars{};  ///< Base64 characters that the slicer announced.
};

/// The bytes of the picture. `job` is the whole job in memory.
/// @returns kMalformed when the block is no base64, has another length than announced, or holds
/// something other than the announced format.
[[nodiscard]] Result<std::vector<std::byte>> decode_thumbnail(std::string_view job,
                                                              const Thumbnail& thumbnail);

/// The same from a file, of which only the block is read. @returns also kNotFound or kIo.
[[nodiscard]] Result<std::vector<std::byte>> read_thumbnail(const std::filesystem::path& file,
                                                            const Thumbnail& thumbnail);

}  // namespace stepcast::gcode
