#include "stepcast/gcode/thumbnail.hpp"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <string>

#include <fmt/format.h>

#include "base64.hpp"
#include "text.hpp"

namespace stepcast::gcode {
namespace {

using namespace std::string_view_literals;

// The largest previews that slicers write are some 100 KiB; this refuses what would only eat
// memory.
constexpr std::uint64_t kMaxEncodedBytes = std::uint64_t{16} * 1024 * 1024;

std::string_view magic(PictureFormat format) {
  switch (format) {
    case PictureFormat::kPng:
      return "\x89PNG\r\n\x1A\n"sv;
    case PictureFormat::kJpg:
      return "\xFF\xD8\xFF"sv;
    case PictureFormat::kQoi:
      return "qoif"sv;
  }
  return {};
}

tl::unexpected<Error> bad(const Thumbnail& thumbnail, std::string why) {
  return fail(Errc::kMalformed, "the thumbnail cannot be decoded: " + std::move(why),
              fmt::format("offset {}", thumbnail.offset),
              "print without it, or slice the job again");
}

Result<std::vector<std::byte>> decode_block(std::string_view block, const Thumbnail& thumbnail) {
  std::string encoded;
  encoded.reserve(block.size());
  while (!block.empty()) {
    const auto end = block.find_first_of("\r\n");
    auto line = trim(block.substr(0, end));
    block = end == std::string_view::npos ? std::string_view{} : block.substr(end + 1);
    if (line.empty()) {
      continue;
    }
    if (!take_prefix(line, ";")) {
      return bad(thumbnail, "a line of it is no comment");
    }
    encoded += trim(line);
  }
  if (encoded.size() != thumbnail.encoded_chars) {
    return bad(thumbnail, fmt::format("it has {} characters, {} were announced", encoded.size(),
                                      thumbnail.encoded_chars));
  }
  std::vector<std::byte> picture;
  picture.reserve(encoded.size() / 4 * 3);
  if (!append_base64(encoded, picture)) {
    return bad(thumbnail, "it is not base64");
  }
  const auto expected = magic(thumbnail.format);
  if (picture.size() < expected.size() ||
      std::memcmp(picture.data(), expected.data(), expected.size()) != 0) {
    return bad(thumbnail, fmt::format("it is announced as {}, but does not begin like one",
                                      format_name(thumbnail.format)));
  }
  return picture;
}

}  // namespace

std::string_view format_name(PictureFormat format) {
  switch (format) {
    case PictureFormat::kPng:
      return "png";
    case PictureFormat::kJpg:
      return "jpg";
    case PictureFormat::kQoi:
      return "qoi";
  }
  return "unknown";
}

Result<std::vector<std::byte>> decode_thumbnail(std::string_view job, const Thumbnail& thumbnail) {
  if (thumbnail.length > kMaxEncodedBytes) {
    return bad(thumbnail,
               fmt::format("it has {} bytes, the limit is {}", thumbnail.length, kMaxEncodedBytes));
  }
  if (thumbnail.offset > job.size() || thumbnail.length > job.size() - thumbnail.offset) {
    return bad(thumbnail, "it lies beyond the end of the job");
  }
  return decode_block(job.substr(thumbnail.offset, thumbnail.length), thumbnail);
}

Result<std::vector<std::byte>> read_thumbnail(const std::filesystem::path& file,
                                              const Thumbnail& thumbnail) {
  if (thumbnail.length > kMaxEncodedBytes) {
    return decode_thumbnail({}, thumbnail);
  }
  std::error_code none;
  if (!std::filesystem::exists(file, none)) {
    return fail(Errc::kNotFound, "there is no such file", file.string(), "check the path");
  }
  std::ifstream stream(file, std::ios::binary);
  std::string block(thumbnail.length, '\0');
  stream.seekg(static_cast<std::streamoff>(thumbnail.offset));
  stream.read(block.data(), static_cast<std::streamsize>(block.size()));
  if (!stream) {
    return fail(Errc::kIo,
                fmt::format("cannot read {} bytes of a thumbnail at offset {}", thumbnail.length,
                            thumbnail.offset),
                file.string(), "the file changed since it was scanned: scan it again");
  }
  return decode_block(block, thumbnail);
}

}  // namespace stepcast::gcode
