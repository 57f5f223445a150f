#include "placing.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include <opencv2/imgproc.hpp>

namespace stepcast::vision {
namespace {

int up_to_cells(int pixels) {
  constexpr int kCell = 32;  // the coarsest cells; info files are checked for it
  return (pixels + kCell - 1) / kCell * kCell;
}

int scaled(int pixels, double scale, int most) {
  return std::clamp(static_cast<int>(std::lround(pixels * scale)), 1, most);
}

/// As far as a mean over whole blocks of pixels goes, then linearly: no pixel is left out.
const cv::Mat& shrink_to(const cv::Mat& pixels, cv::Size size, cv::Mat& scratch) {
  if (pixels.size() == size) {
    return pixels;
  }
  const bool much = pixels.cols >= 2 * size.width && pixels.rows >= 2 * size.height;
  cv::resize(pixels, scratch, size, 0, 0, much ? cv::INTER_AREA : cv::INTER_LINEAR);
  return scratch;
}

}  // namespace

Placing place(const InputFormat& format, PictureSize whole) {
  const double fit_x = static_cast<double>(format.width) / whole.width;
  const double fit_y = static_cast<double>(format.height) / whole.height;
  if (format.fit == InputFormat::Fit::kStretch) {
    const PictureSize size{format.width, format.height};
    return {.canvas = size, .picture = size, .scale_x = fit_x, .scale_y = fit_y};
  }
  const double scale = std::min(fit_x, fit_y);
  const PictureSize picture{scaled(whole.width, scale, format.width),
                            scaled(whole.height, scale, format.height)};
  return {.canvas = {up_to_cells(picture.width), up_to_cells(picture.height)},
          .picture = picture,
          .scale_x = static_cast<double>(picture.width) / whole.width,
          .scale_y = static_cast<double>(picture.height) / whole.height};
}

void fill_planes(const cv::Mat& pixels, const InputFormat& format, const Placing& placing,
                 cv::Mat& scratch, float* planes) {
  const auto [canvas, picture, scale_x, scale_y] = placing;
  const cv::Mat& small = shrink_to(pixels, {picture.width, picture.height}, scratch);
  const auto width = static_cast<std::size_t>(canvas.width);
  const auto height = static_cast<std::size_t>(canvas.height);
  const auto used = static_cast<std::size_t>(picture.width);
  for (std::size_t channel = 0; channel < 3; ++channel) {
    float* const plane = planes + channel * width * height;
    const std::size_t source = format.rgb ? 2 - channel : channel;
    const float offset = -format.mean.at(channel) * format.scale;
    const float filling = static_cast<float>(format.fill) * format.scale + offset;
    for (std::size_t y = 0; y < height; ++y) {
      float* const row = plane + y * width;
      std::size_t x = 0;
      if (y < static_cast<std::size_t>(picture.height)) {
        const std::uint8_t* const from = small.ptr<std::uint8_t>(static_cast<int>(y)) + source;
        for (; x < used; ++x) {
          row[x] = static_cast<float>(from[3 * x]) * format.scale + offset;
        }
      }
      std::fill(row + x, row + width, filling);
    }
  }
}

}  // namespace stepcast::vision
