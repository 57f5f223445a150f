#include "stepcast/vision/annotate.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>
#include <opencv2/imgproc.hpp>

#include "stepcast/base/contracts.hpp"

namespace stepcast::vision {
namespace {

// Blue, green, red; told apart by colour-blind people too (Okabe and Ito, without black).
const std::array<cv::Scalar, 6> kBoxColours{cv::Scalar(0, 94, 213),    cv::Scalar(178, 114, 0),
                                            cv::Scalar(115, 158, 0),   cv::Scalar(0, 159, 230),
                                            cv::Scalar(167, 121, 204), cv::Scalar(233, 180, 86)};

int pixel(double position) {
  return static_cast<int>(std::lround(position));
}

}  // namespace

void annotate(Picture& picture, std::span<const Detection> detections,
              const std::vector<std::string>& classes) {
  STEPCAST_CHECK(picture.width > 0 && picture.height > 0);
  cv::Mat view(picture.height, picture.width, CV_8UC3, picture.bgr.data());
  // Readable when the picture is shown as wide as a page.
  constexpr double kPageWidth = 640;
  const double size = std::max(1.0, picture.width / kPageWidth);
  const int line = pixel(2 * size);
  const double letters = 0.5 * size;
  constexpr int kFont = cv::FONT_HERSHEY_SIMPLEX;
  for (const Detection& detection : detections) {
    STEPCAST_CHECK(detection.class_index < classes.size());
    const cv::Scalar& colour = kBoxColours.at(detection.class_index % kBoxColours.size());
    const cv::Rect box(pixel(detection.box.x), pixel(detection.box.y), pixel(detection.box.width),
                       pixel(detection.box.height));
    cv::rectangle(view, box, colour, line);
    const std::string label =
        fmt::format("{} {:.2f}", classes[detection.class_index], detection.confidence);
    int below = 0;
    const cv::Size text = cv::getTextSize(label, kFont, letters, line / 2, &below);
    const int height = text.height + below + line;
    // Above the box, or inside it at the upper edge of the picture.
    const int top = box.y >= height ? box.y - height : box.y;
    const int left = std::max(0, std::min(box.x, picture.width - text.width));
    cv::rectangle(view, cv::Rect(left, top, text.width + line, height), colour, cv::FILLED);
    cv::putText(view, label, {left + line / 2, top + height - below}, kFont, letters,
                cv::Scalar::all(255), std::max(1, line / 2), cv::LINE_AA);
  }
}

}  // namespace stepcast::vision
