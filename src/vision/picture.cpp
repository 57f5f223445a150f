#include "stepcast/vision/picture.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>

#include <fmt/format.h>
#include <opencv2/imgcodecs.hpp>

#include "stepcast/base/contracts.hpp"

#include "picture_header.hpp"

namespace stepcast::vision {
namespace {

Result<void> check_size(const PictureHeader& header, std::string_view name) {
  const auto pixels = std::int64_t{header.width} * header.height;
  if (pixels > kMaxPixels) {
    return fail(
        Errc::kOutOfRange,
        fmt::format("{} by {} pixels are {:.1f} megapixels, the most is {}", header.width,
                    header.height, static_cast<double>(pixels) / 1e6, kMaxPixels / 1'000'000),
        std::string(name), "make the picture smaller");
  }
  return {};
}

constexpr std::streamsize kReadAtOnce = 1 << 18;  // most pictures whole

Result<std::vector<char>> read_file(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) {
    return fail(errno == ENOENT ? Errc::kNotFound : Errc::kIo,
                fmt::format("cannot be opened: {}", std::strerror(errno)), path);
  }
  std::vector<char> bytes;
  std::vector<char> piece(kReadAtOnce);
  while (stream.read(piece.data(), kReadAtOnce) || stream.gcount() > 0) {
    bytes.insert(bytes.end(), piece.begin(), piece.begin() + stream.gcount());
  }
  if (stream.bad()) {
    return fail(Errc::kIo, "cannot be read", path);
  }
  return bytes;
}

std::vector<std::byte> encode(const Picture& picture, const char* extension,
                              const std::vector<int>& parameters) {
  STEPCAST_CHECK(picture.width > 0 && picture.height > 0);
  STEPCAST_CHECK(picture.bgr.size() == 3 * static_cast<std::size_t>(picture.width) *
                                           static_cast<std::size_t>(picture.height));
  // OpenCV has no view of constant pixels; imencode only reads.
  const cv::Mat view(picture.height, picture.width, CV_8UC3,
                     const_cast<std::uint8_t*>(picture.bgr.data()));
  std::vector<std::uint8_t> bytes;
  STEPCAST_CHECK(cv::imencode(extension, view, bytes, parameters));
  std::vector<std::byte> file(bytes.size());
  std::memcpy(file.data(), bytes.data(), bytes.size());
  return file;
}

}  // namespace

Result<Picture> decode_picture(std::span<const std::byte> file, std::string_view name) {
  const auto header = read_picture_header(file);
  if (!header) {
    return fail(header.error().code, header.error().message, std::string(name),
                header.error().remedy);
  }
  if (auto fits = check_size(*header, name); !fits) {
    return tl::unexpected(fits.error());
  }
  cv::Mat decoded;
  try {
    const cv::Mat bytes(1, static_cast<int>(file.size()), CV_8UC1,
                        const_cast<std::byte*>(file.data()));
    decoded = cv::imdecode(bytes, cv::IMREAD_COLOR);
  } catch (const cv::Exception& error) {
    return fail(Errc::kMalformed, fmt::format("the picture cannot be decoded: {}", error.err),
                std::string(name));
  }
  if (decoded.empty()) {
    return fail(Errc::kMalformed, "the picture breaks off or is damaged", std::string(name),
                "send it again");
  }
  Picture picture{.width = decoded.cols, .height = decoded.rows, .bgr = {}};
  STEPCAST_CHECK(decoded.isContinuous() && decoded.type() == CV_8UC3);
  picture.bgr.assign(decoded.datastart, decoded.dataend);
  return picture;
}

Result<Picture> read_picture(const std::string& path) {
  const auto bytes = read_file(path);
  if (!bytes) {
    return tl::unexpected(bytes.error());
  }
  return decode_picture(std::as_bytes(std::span(*bytes)), path);
}

Result<PictureSize> read_picture_size(const std::string& path) {
  const auto bytes = read_file(path);
  if (!bytes) {
    return tl::unexpected(bytes.error());
  }
  const auto file = std::as_bytes(std::span(*bytes));
  const std::string_view text(bytes->data(), bytes->size());
  for (const std::string_view exif : {"Exif", "EXIF", "eXIf"}) {  // JPEG, WebP, PNG
    if (text.find(exif) != std::string_view::npos) {
      const auto picture = decode_picture(file, path);
      if (!picture) {
        return tl::unexpected(picture.error());
      }
      return PictureSize{picture->width, picture->height};
    }
  }
  const auto header = read_picture_header(file);
  if (!header) {
    return fail(header.error().code, header.error().message, path, header.error().remedy);
  }
  if (auto fits = check_size(*header, path); !fits) {
    return tl::unexpected(fits.error());
  }
  return PictureSize{header->width, header->height};
}

std::vector<std::byte> encode_jpeg(const Picture& picture, int quality) {
  STEPCAST_CHECK(quality >= 1 && quality <= 100);
  return encode(picture, ".jpg", {cv::IMWRITE_JPEG_QUALITY, quality});
}

std::vector<std::byte> encode_png(const Picture& picture) {
  return encode(picture, ".png", {});
}

}  // namespace stepcast::vision
