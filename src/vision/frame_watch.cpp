#include "stepcast/vision/frame_watch.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include <opencv2/imgproc.hpp>

#include "stepcast/base/contracts.hpp"

#include "decode.hpp"

namespace stepcast::vision {
namespace {

constexpr int kMeasuredWidth = 320;

/// Any change of a pixel changes it (FNV-1a, eight bytes at a time).
std::uint64_t fingerprint_of(const cv::Mat& pixels) {
  constexpr std::uint64_t kStart = 14695981039346656037U;
  constexpr std::uint64_t kFactor = 1099511628211U;
  std::uint64_t sum = kStart;
  for (int y = 0; y < pixels.rows; ++y) {
    const auto* const row = pixels.ptr<std::uint8_t>(y);
    const std::size_t bytes = static_cast<std::size_t>(pixels.cols) * pixels.elemSize();
    for (std::size_t at = 0; at < bytes; at += sizeof(std::uint64_t)) {
      std::uint64_t piece = 0;
      std::memcpy(&piece, row + at, std::min(sizeof piece, bytes - at));
      sum = (sum ^ piece) * kFactor;
      sum ^= sum >> 32U;
    }
  }
  return sum;
}

/// The brightness below which this share of the pixels lies.
double brightness_below(const std::array<std::size_t, 256>& counts, double share,
                        std::size_t pixels) {
  std::size_t sum = 0;
  for (std::size_t value = 0; value < counts.size(); ++value) {
    sum += counts.at(value);
    if (static_cast<double>(sum) > share * static_cast<double>(pixels)) {
      return static_cast<double>(value);
    }
  }
  return 255;
}

FrameMeasures measure(const cv::Mat& pixels) {
  constexpr double kEnd = 0.05;
  FrameMeasures frame;
  frame.fingerprint = fingerprint_of(pixels);
  cv::Mat grey;
  cv::cvtColor(pixels, grey, cv::COLOR_BGR2GRAY);
  if (grey.cols > kMeasuredWidth) {
    const int height = std::max(1, grey.rows * kMeasuredWidth / grey.cols);
    cv::resize(grey, grey, {kMeasuredWidth, height}, 0, 0, cv::INTER_AREA);
  }
  std::array<std::size_t, 256> counts{};
  for (int y = 0; y < grey.rows; ++y) {
    for (int x = 0; x < grey.cols; ++x) {
      ++counts.at(grey.at<std::uint8_t>(y, x));
    }
  }
  frame.dark_end = brightness_below(counts, kEnd, grey.total());
  frame.bright_end = brightness_below(counts, 1 - kEnd, grey.total());
  cv::Scalar mean;
  cv::Scalar deviation;
  cv::Mat second;
  cv::Laplacian(grey, second, CV_16S, 3);
  cv::meanStdDev(second, mean, deviation);
  frame.detail = std::hypot(mean[0], deviation[0]);
  constexpr int kPatches = 16;  // across: larger than noise and texture
  cv::resize(grey, grey, {kPatches, kPatches * 3 / 4}, 0, 0, cv::INTER_AREA);
  cv::meanStdDev(grey, mean, deviation);
  frame.spread = deviation[0];
  return frame;
}

}  // namespace

std::string_view frame_fault_name(FrameFault fault) {
  constexpr std::array<std::string_view, 5> kNames{"dark", "bright", "covered", "blurred",
                                                   "frozen"};
  return kNames.at(static_cast<std::size_t>(fault));
}

FrameMeasures measure_frame(const Picture& picture) {
  STEPCAST_CHECK(picture.width > 0 && picture.height > 0);
  // OpenCV has no view of constant pixels; nothing here writes.
  return measure(cv::Mat(picture.height, picture.width, CV_8UC3,
                         const_cast<std::uint8_t*>(picture.bgr.data())));
}

Result<FrameMeasures> measure_frame(std::span<const std::byte> file, std::string_view name) {
  InputFormat wanted;
  wanted.width = kMeasuredWidth;
  wanted.height = kMeasuredWidth;
  cv::Mat pixels;
  return decode(file, name, &wanted, pixels).map([&](PictureSize /*size*/) {
    return measure(pixels);
  });
}

FrameWatch::FrameWatch(const Limits& limits) : limits_(limits) {}

std::vector<FrameFault> FrameWatch::look(const FrameMeasures& frame) {
  std::vector<FrameFault> faults;
  equal_ = equal_ > 0 && frame.fingerprint == fingerprint_ ? equal_ + 1 : 1;
  fingerprint_ = frame.fingerprint;
  const bool dark = frame.bright_end < limits_.dark_below;
  const bool bright = frame.dark_end > limits_.bright_above;
  const bool faint = frame.detail < limits_.faint_detail;
  const double usual = usual_detail();
  if (dark) {
    faults.push_back(FrameFault::kDark);
  } else if (bright) {
    faults.push_back(FrameFault::kBright);
  } else if (faint && frame.spread < limits_.even_below) {
    faults.push_back(FrameFault::kCovered);
  } else if (faint || (usual > 0 && frame.detail < limits_.blurred_below * usual)) {
    faults.push_back(FrameFault::kBlurred);
  } else if (equal_ == 1) {
    if (details_.size() < limits_.remembered) {
      details_.push_back(frame.detail);
    } else {
      details_[next_] = frame.detail;
      next_ = (next_ + 1) % limits_.remembered;
    }
  }
  if (equal_ >= limits_.frozen_after) {
    faults.push_back(FrameFault::kFrozen);
  }
  return faults;
}

void FrameWatch::forget() {
  details_.clear();
  next_ = 0;
  equal_ = 0;
}

double FrameWatch::usual_detail() const {
  if (details_.size() < limits_.learned_after || details_.empty()) {
    return 0;
  }
  std::vector<double> sorted = details_;
  const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
  std::nth_element(sorted.begin(), middle, sorted.end());
  return *middle;
}

}  // namespace stepcast::vision
