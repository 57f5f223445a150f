#include "stepcast/vision/picture.hpp"

#include <cstring>

#include <opencv2/imgcodecs.hpp>

#include "stepcast/base/contracts.hpp"

#include "decode.hpp"
#include "file_bytes.hpp"
#include "picture_header.hpp"

namespace stepcast::vision {
namespace {

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
  cv::Mat decoded;
  if (auto size = decode(file, name, nullptr, decoded); !size) {
    return tl::unexpected(size.error());
  }
  Picture picture{.width = decoded.cols, .height = decoded.rows, .bgr = {}};
  STEPCAST_CHECK(decoded.isContinuous());
  picture.bgr.assign(decoded.datastart, decoded.dataend);
  return picture;
}

Result<Picture> read_picture(const std::string& path) {
  const auto bytes = read_bytes(path);
  if (!bytes) {
    return tl::unexpected(bytes.error());
  }
  return decode_picture(*bytes, path);
}

Result<PictureSize> read_picture_size(const std::string& path) {
  const auto bytes = read_bytes(path);
  if (!bytes) {
    return tl::unexpected(bytes.error());
  }
  const std::string_view text(reinterpret_cast<const char*>(bytes->data()), bytes->size());
  for (const std::string_view exif : {"Exif", "EXIF", "eXIf"}) {  // JPEG, WebP, PNG
    if (text.find(exif) != std::string_view::npos) {
      const auto picture = decode_picture(*bytes, path);
      if (!picture) {
        return tl::unexpected(picture.error());
      }
      return PictureSize{picture->width, picture->height};
    }
  }
  const auto header = read_picture_header(*bytes);
  if (!header) {
    return fail(header.error().code, header.error().message, path, header.error().remedy);
  }
  if (auto fits = check_pixels(*header, path); !fits) {
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
