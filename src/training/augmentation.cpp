#include "augmentation.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include <opencv2/imgproc.hpp>

namespace stepcast::training {
namespace {

const cv::Scalar kGrey(kFill, kFill, kFill);

double uniform(std::mt19937_64& random, double least, double most) {
  return std::uniform_real_distribution<double>(least, most)(random);
}

bool happens(std::mt19937_64& random, double probability) {
  return uniform(random, 0, 1) < probability;
}

/// A mark whose visible rest is smaller teaches nothing but noise.
constexpr double kLeastSidePx = 4;
/// At least this share of a mark must still be there.
constexpr double kLeastVisible = 0.2;

void keep_what_is_visible(std::vector<Mark>& marks, const std::vector<double>& areas, int size) {
  std::vector<Mark> kept;
  for (std::size_t i = 0; i < marks.size(); ++i) {
    const auto& box = marks[i].box;
    const double left = std::clamp(box.x, 0.0, static_cast<double>(size));
    const double top = std::clamp(box.y, 0.0, static_cast<double>(size));
    const double right = std::clamp(box.x + box.width, 0.0, static_cast<double>(size));
    const double bottom = std::clamp(box.y + box.height, 0.0, static_cast<double>(size));
    const double width = right - left;
    const double height = bottom - top;
    if (width >= kLeastSidePx && height >= kLeastSidePx &&
        width * height >= kLeastVisible * areas[i]) {
      kept.push_back({marks[i].class_index, {left, top, width, height}});
    }
  }
  marks = std::move(kept);
}

/// Four pictures around a random point of a canvas of twice the side.
Sample mosaic(const std::vector<Sample>& samples, std::size_t index, int size,
              std::mt19937_64& random) {
  const int canvas = 2 * size;
  Sample made{cv::Mat(canvas, canvas, CV_8UC3, kGrey), {}};
  const int middle_x = static_cast<int>(uniform(random, 0.5, 1.5) * size);
  const int middle_y = static_cast<int>(uniform(random, 0.5, 1.5) * size);
  std::uniform_int_distribution<std::size_t> any(0, samples.size() - 1);
  const std::array<std::size_t, 4> chosen = {index, any(random), any(random), any(random)};
  for (std::size_t k = 0; k < chosen.size(); ++k) {
    const auto tile = letterboxed(samples[chosen[k]], size);
    // The tile without its filling.
    const auto& source = samples[chosen[k]].picture;
    const double ratio = static_cast<double>(size) / std::max(source.cols, source.rows);
    const int width = std::min(size, static_cast<int>(source.cols * ratio));
    const int height = std::min(size, static_cast<int>(source.rows * ratio));
    const bool right = k % 2 == 1;
    const bool below = k / 2 == 1;
    const int x = right ? middle_x : middle_x - width;
    const int y = below ? middle_y : middle_y - height;
    const cv::Rect place = cv::Rect(x, y, width, height) & cv::Rect(0, 0, canvas, canvas);
    if (place.empty()) {
      continue;
    }
    tile.picture(cv::Rect(place.x - x, place.y - y, place.width, place.height))
        .copyTo(made.picture(place));
    for (auto mark : tile.marks) {
      mark.box.x += x;
      mark.box.y += y;
      made.marks.push_back(mark);
    }
  }
  return made;
}

/// Turned, scaled, sheared and moved about its middle, onto `size` by `size`.
Sample warped(const Sample& sample, int size, const Augmentation& how, std::mt19937_64& random) {
  constexpr double kRadPerDeg = std::numbers::pi / 180;
  const double scale = uniform(random, how.least_scale, how.most_scale);
  const double angle = uniform(random, -how.rotation_deg, how.rotation_deg) * kRadPerDeg;
  const double shear = std::tan(uniform(random, -how.shear_deg, how.shear_deg) * kRadPerDeg);
  const double mirror = happens(random, how.mirror) ? -1 : 1;
  const double to_x = size * (0.5 + uniform(random, -how.translation, how.translation));
  const double to_y = size * (0.5 + uniform(random, -how.translation, how.translation));
  const double a = scale * std::cos(angle) * mirror;
  const double b = scale * (shear * std::cos(angle) - std::sin(angle));
  const double c = scale * std::sin(angle) * mirror;
  const double d = scale * (shear * std::sin(angle) + std::cos(angle));
  const double from_x = 0.5 * sample.picture.cols;
  const double from_y = 0.5 * sample.picture.rows;
  const cv::Matx23d matrix(a, b, to_x - a * from_x - b * from_y, c, d,
                           to_y - c * from_x - d * from_y);
  Sample made;
  cv::warpAffine(sample.picture, made.picture, matrix, {size, size}, cv::INTER_LINEAR,
                 cv::BORDER_CONSTANT, kGrey);
  std::vector<double> areas;
  for (const auto& mark : sample.marks) {
    // What a mosaic has cut off is gone.
    const double x0 = std::clamp(mark.box.x, 0.0, static_cast<double>(sample.picture.cols));
    const double y0 = std::clamp(mark.box.y, 0.0, static_cast<double>(sample.picture.rows));
    const double x1 =
        std::clamp(mark.box.x + mark.box.width, 0.0, static_cast<double>(sample.picture.cols));
    const double y1 =
        std::clamp(mark.box.y + mark.box.height, 0.0, static_cast<double>(sample.picture.rows));
    double left = 1e9;
    double top = 1e9;
    double right = -1e9;
    double bottom = -1e9;
    for (const auto& [x, y] : {std::pair{x0, y0}, {x1, y0}, {x0, y1}, {x1, y1}}) {
      const double u = matrix(0, 0) * x + matrix(0, 1) * y + matrix(0, 2);
      const double v = matrix(1, 0) * x + matrix(1, 1) * y + matrix(1, 2);
      left = std::min(left, u);
      right = std::max(right, u);
      top = std::min(top, v);
      bottom = std::max(bottom, v);
    }
    made.marks.push_back({mark.class_index, {left, top, right - left, bottom - top}});
    areas.push_back(mark.box.width * mark.box.height * scale * scale);
  }
  keep_what_is_visible(made.marks, areas, size);
  return made;
}

/// The piece of `source` under `from` lies on `target` under `to`, fading out at its edge.
void put(const cv::Mat& source, const cv::Rect& from, cv::Mat& target, const cv::Rect& to) {
  cv::Mat piece;
  cv::resize(source(from), piece, to.size(), 0, 0, cv::INTER_AREA);
  cv::Mat share(to.size(), CV_32FC1, cv::Scalar(0));
  constexpr double kInner = 0.45;
  cv::ellipse(
      share,
      cv::RotatedRect(
          {0.5F * static_cast<float>(to.width), 0.5F * static_cast<float>(to.height)},
          {static_cast<float>(2 * kInner * to.width), static_cast<float>(2 * kInner * to.height)},
          0),
      cv::Scalar(1), cv::FILLED);
  constexpr double kFade = 0.04;
  cv::GaussianBlur(share, share, {}, std::max(1.0, kFade * std::min(to.width, to.height)));
  auto place = target(to);
  for (int y = 0; y < to.height; ++y) {
    for (int x = 0; x < to.width; ++x) {
      const float part = share.at<float>(y, x);
      auto& below = place.at<cv::Vec3b>(y, x);
      const auto& above = piece.at<cv::Vec3b>(y, x);
      for (int c = 0; c < 3; ++c) {
        below[c] = cv::saturate_cast<std::uint8_t>(part * static_cast<float>(above[c]) +
                                                   (1 - part) * static_cast<float>(below[c]));
      }
    }
  }
}

/// A picture without marks, with a piece of another one on it.
Sample with_a_piece(const std::vector<Sample>& samples, const Sample& sample,
                    const Augmentation& how, std::mt19937_64& random) {
  Sample made{sample.picture.clone(), {}};
  const bool wants_mark = happens(random, 0.5);
  std::uniform_int_distribution<std::size_t> any(0, samples.size() - 1);
  constexpr int kTries = 30;
  for (int attempt = 0; attempt < kTries; ++attempt) {
    const auto& donor = samples[any(random)];
    cv::Rect2d from;
    int class_index = -1;
    if (wants_mark) {
      for (const auto& mark : donor.marks) {
        if (std::find(how.pasted.begin(), how.pasted.end(), mark.class_index) != how.pasted.end()) {
          from = {mark.box.x, mark.box.y, mark.box.width, mark.box.height};
          class_index = mark.class_index;
        }
      }
    } else if (donor.marks.empty()) {
      const double width = uniform(random, 0.2, 0.6) * donor.picture.cols;
      const double height = uniform(random, 0.2, 0.6) * donor.picture.rows;
      from = {uniform(random, 0, donor.picture.cols - width),
              uniform(random, 0, donor.picture.rows - height), width, height};
    }
    const cv::Rect whole = cv::Rect(from) & cv::Rect(0, 0, donor.picture.cols, donor.picture.rows);
    constexpr int kLeastPiecePx = 24;
    if (whole.width < kLeastPiecePx || whole.height < kLeastPiecePx) {
      continue;
    }
    const double side = uniform(random, 0.15, 0.6) * std::min(made.picture.cols, made.picture.rows);
    const double ratio = side / std::max(whole.width, whole.height);
    const cv::Size size(std::max(8, static_cast<int>(whole.width * ratio)),
                        std::max(8, static_cast<int>(whole.height * ratio)));
    const cv::Rect to({static_cast<int>(uniform(random, 0, made.picture.cols - size.width)),
                       static_cast<int>(uniform(random, 0, made.picture.rows - size.height))},
                      size);
    put(donor.picture, whole, made.picture, to);
    if (class_index >= 0) {
      made.marks.push_back({class_index,
                            {static_cast<double>(to.x), static_cast<double>(to.y),
                             static_cast<double>(to.width), static_cast<double>(to.height)}});
    }
    break;
  }
  return made;
}

void recolour(cv::Mat& picture, const Augmentation& how, std::mt19937_64& random) {
  // Hue runs over 180 in OpenCV's 8 bits.
  constexpr double kHueSteps = 180;
  const double turn = happens(random, how.other_colour) ? 1 : how.hue;
  const double hue = uniform(random, -turn, turn) * kHueSteps;
  const double saturation =
      happens(random, how.grey) ? 0 : 1 + uniform(random, -how.saturation, how.saturation);
  const double brightness = 1 + uniform(random, -how.brightness, how.brightness);
  cv::Mat hsv;
  cv::cvtColor(picture, hsv, cv::COLOR_BGR2HSV);
  cv::Mat table(1, 256, CV_8UC3);
  for (int i = 0; i < 256; ++i) {
    const double turned = std::fmod(i + hue + 2 * kHueSteps, kHueSteps);
    table.at<cv::Vec3b>(0, i) = {static_cast<std::uint8_t>(turned),
                                 cv::saturate_cast<std::uint8_t>(i * saturation),
                                 cv::saturate_cast<std::uint8_t>(i * brightness)};
  }
  cv::LUT(hsv, table, hsv);
  cv::cvtColor(hsv, picture, cv::COLOR_HSV2BGR);
}

}  // namespace

Result<Sample> load_sample(const LabelledPicture& labelled, int longest) {
  auto picture = vision::read_picture(labelled.path);
  if (!picture) {
    return tl::unexpected(picture.error());
  }
  const cv::Mat view(picture->height, picture->width, CV_8UC3, picture->bgr.data());
  Sample sample{{}, labelled.marks};
  const double ratio = std::min(1.0, static_cast<double>(longest) / std::max(view.cols, view.rows));
  if (ratio < 1) {
    cv::resize(view, sample.picture, {}, ratio, ratio, cv::INTER_AREA);
    for (auto& mark : sample.marks) {
      mark.box = {mark.box.x * ratio, mark.box.y * ratio, mark.box.width * ratio,
                  mark.box.height * ratio};
    }
  } else {
    sample.picture = view.clone();
  }
  return sample;
}

Sample letterboxed(const Sample& sample, int size) {
  const double ratio =
      static_cast<double>(size) / std::max(sample.picture.cols, sample.picture.rows);
  const cv::Size scaled(std::min(size, static_cast<int>(sample.picture.cols * ratio)),
                        std::min(size, static_cast<int>(sample.picture.rows * ratio)));
  Sample made{cv::Mat(size, size, CV_8UC3, kGrey), {}};
  auto place = made.picture(cv::Rect({0, 0}, scaled));
  cv::resize(sample.picture, place, scaled, 0, 0, cv::INTER_LINEAR);
  for (const auto& mark : sample.marks) {
    made.marks.push_back({mark.class_index,
                          {mark.box.x * ratio, mark.box.y * ratio, mark.box.width * ratio,
                           mark.box.height * ratio}});
  }
  return made;
}

Sample augmented(const std::vector<Sample>& samples, std::size_t index, int size,
                 const Augmentation& how, std::mt19937_64& random) {
  const bool pastes =
      !how.pasted.empty() && samples[index].marks.empty() && happens(random, how.paste);
  const auto start = happens(random, how.mosaic) ? mosaic(samples, index, size, random)
                     : pastes
                         ? letterboxed(with_a_piece(samples, samples[index], how, random), size)
                         : letterboxed(samples[index], size);
  auto made = warped(start, size, how, random);
  recolour(made.picture, how, random);
  if (happens(random, how.blur)) {
    cv::GaussianBlur(made.picture, made.picture, {}, uniform(random, 0.5, 1.5));
  }
  return made;
}

}  // namespace stepcast::training
