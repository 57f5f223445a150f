#include "decode.hpp"

#include <algorithm>
#include <cstdint>

#include <fmt/format.h>
#include <opencv2/imgcodecs.hpp>

#include "stepcast/base/contracts.hpp"
#include "stepcast/vision/picture.hpp"

#include "jpeg_end.hpp"

namespace stepcast::vision {
namespace {

int flags_of(int shrinking) {
  switch (shrinking) {
    case 2:
      return cv::IMREAD_REDUCED_COLOR_2;
    case 4:
      return cv::IMREAD_REDUCED_COLOR_4;
    case 8:
      return cv::IMREAD_REDUCED_COLOR_8;
    default:
      return cv::IMREAD_COLOR;
  }
}

}  // namespace

Result<void> check_pixels(const PictureHeader& header, std::string_view name) {
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

namespace {

tl::unexpected<Error> broken_picture(std::string_view name) {
  return fail(Errc::kMalformed, "the picture breaks off or is damaged", std::string(name),
              "send it again");
}

Result<PictureHeader> checked_header(std::span<const std::byte> file, std::string_view name) {
  const auto header = read_picture_header(file);
  if (!header) {
    return fail(header.error().code, header.error().message, std::string(name),
                header.error().remedy);
  }
  if (auto fits = check_pixels(*header, name); !fits) {
    return tl::unexpected(fits.error());
  }
  if (header->kind == PictureKind::kJpeg && !jpeg_is_whole(file)) {
    return broken_picture(name);
  }
  return *header;
}

}  // namespace

int shrinking_of(PictureSize whole, const InputFormat& wanted) {
  const auto scale_of = [&](int width, int height) {
    const double x = static_cast<double>(wanted.width) / width;
    const double y = static_cast<double>(wanted.height) / height;
    return wanted.fit == InputFormat::Fit::kLetterbox ? std::min(x, y) : std::max(x, y);
  };
  // Whether EXIF data will turn the picture is not known yet: the factor must do for both.
  const double scale =
      std::max(scale_of(whole.width, whole.height), scale_of(whole.height, whole.width));
  for (const int factor : {8, 4, 2}) {
    if (scale * factor <= 1) {
      return factor;
    }
  }
  return 1;
}

Result<void> check_picture(std::span<const std::byte> file, std::string_view name) {
  return checked_header(file, name).map([](const PictureHeader& /*header*/) {});
}

Result<PictureSize> decode(std::span<const std::byte> file, std::string_view name,
                           const InputFormat* wanted, cv::Mat& pixels) {
  const auto header = checked_header(file, name);
  if (!header) {
    return tl::unexpected(header.error());
  }
  const bool jpeg = header->kind == PictureKind::kJpeg;
  const int shrinking =
      jpeg && wanted != nullptr ? shrinking_of({header->width, header->height}, *wanted) : 1;
  try {
    const cv::Mat bytes(1, static_cast<int>(file.size()), CV_8UC1,
                        const_cast<std::byte*>(file.data()));
    if (cv::imdecode(bytes, flags_of(shrinking), &pixels).empty()) {
      return broken_picture(name);
    }
  } catch (const cv::Exception& error) {
    return fail(Errc::kMalformed, fmt::format("the picture cannot be decoded: {}", error.err),
                std::string(name));
  }
  STEPCAST_CHECK(pixels.type() == CV_8UC3);
  const int lying_width = (header->width + shrinking - 1) / shrinking;
  const bool turned = pixels.cols != lying_width;
  return turned ? PictureSize{header->height, header->width}
                : PictureSize{header->width, header->height};
}

}  // namespace stepcast::vision
