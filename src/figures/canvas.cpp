#include "stepcast/figures/canvas.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include <opencv2/imgproc.hpp>

#include "stepcast/base/contracts.hpp"

namespace stepcast::figures {
namespace {

constexpr int kOversampling = 3;
constexpr int kFont = cv::FONT_HERSHEY_SIMPLEX;
constexpr double kCapitalAtScaleOne = 21;  // pixels of a capital of that font

cv::Scalar bgr(Colour colour) {
  return {static_cast<double>(colour.blue), static_cast<double>(colour.green),
          static_cast<double>(colour.red)};
}

int fine(double value) {
  return static_cast<int>(std::lround(value * kOversampling));
}

cv::Point fine(Point point) {
  return {fine(point.x), fine(point.y)};
}

int stroke(double thickness) {
  return std::max(1, fine(thickness));
}

int letter_stroke(double size, bool strong) {
  constexpr double kThin = 0.115;  // of the height of a capital
  constexpr double kThick = 0.19;
  return stroke(size * (strong ? kThick : kThin));
}

double font_scale(double size) {
  return size * kOversampling / kCapitalAtScaleOne;
}

std::string ascii(std::string_view words) {
  std::string out;
  for (const char c : words) {
    const auto byte = static_cast<unsigned char>(c);
    constexpr unsigned char kContinuation = 0xC0;
    if (byte < 0x80) {
      out += byte < ' ' ? ' ' : c;
    } else if ((byte & kContinuation) == kContinuation) {
      out += '?';
    }
  }
  return out;
}

}  // namespace

class Canvas::Impl {
 public:
  Impl(int across, int down)
      : width(across), height(down), page(down * kOversampling, across * kOversampling, CV_8UC3) {
    page.setTo(bgr(kPaper));
  }

  void text(Point at, const std::string& words, double size, Colour colour, bool strong,
            bool upward) {
    const int thickness = letter_stroke(size, strong);
    if (!upward) {
      cv::putText(page, words, fine(at), kFont, font_scale(size), bgr(colour), thickness,
                  cv::LINE_AA);
      return;
    }
    // Drawn flat on a strip of its own, turned, and laid on the page where that is darker.
    int below = 0;
    const auto extent = cv::getTextSize(words, kFont, font_scale(size), thickness, &below);
    const int margin = thickness + below;
    cv::Mat strip(extent.height + 2 * margin, extent.width + 2 * margin, CV_8UC3);
    strip.setTo(bgr(kPaper));
    cv::putText(strip, words, {margin, extent.height + margin}, kFont, font_scale(size),
                bgr(colour), thickness, cv::LINE_AA);
    cv::rotate(strip, strip, cv::ROTATE_90_COUNTERCLOCKWISE);
    const cv::Point corner(fine(at.x) - extent.height - margin, fine(at.y) - extent.width - margin);
    const cv::Rect wanted(corner, strip.size());
    const cv::Rect seen = wanted & cv::Rect({0, 0}, page.size());
    if (!seen.empty()) {
      auto under = page(seen);
      cv::min(under, strip(seen - corner), under);
    }
  }

  int width;
  int height;
  cv::Mat page;
};

Canvas::Canvas(int width, int height) {
  constexpr int kLongest = 10'000;
  STEPCAST_CHECK(width > 0 && height > 0 && width <= kLongest && height <= kLongest);
  impl_ = std::make_unique<Impl>(width, height);
}
Canvas::Canvas(Canvas&&) noexcept = default;
Canvas& Canvas::operator=(Canvas&&) noexcept = default;
Canvas::~Canvas() = default;

int Canvas::width() const {
  return impl_->width;
}
int Canvas::height() const {
  return impl_->height;
}

void Canvas::fill(const vision::Box& box, Colour colour) {
  const cv::Rect area(fine(Point{box.x, box.y}),
                      fine(Point{box.x + box.width, box.y + box.height}));
  if (!area.empty()) {
    cv::rectangle(impl_->page, area, bgr(colour), cv::FILLED);
  }
}

void Canvas::outline(const vision::Box& box, Colour colour, double thickness) {
  cv::rectangle(impl_->page, fine(Point{box.x, box.y}),
                fine(Point{box.x + box.width, box.y + box.height}), bgr(colour), stroke(thickness),
                cv::LINE_AA);
}

void Canvas::line(std::span<const Point> points, Colour colour, double thickness, bool dashed) {
  constexpr double kDash = 6;
  double travelled = 0;
  for (std::size_t i = 1; i < points.size(); ++i) {
    const Point& from = points[i - 1];
    const Point& to = points[i];
    const double length = std::hypot(to.x - from.x, to.y - from.y);
    if (!dashed) {
      cv::line(impl_->page, fine(from), fine(to), bgr(colour), stroke(thickness), cv::LINE_AA);
      continue;
    }
    for (double at = 0; at < length;) {
      const double into = std::fmod(travelled + at, 2 * kDash);
      const double rest = into < kDash ? kDash - into : 2 * kDash - into;
      const double end = std::min(at + std::max(rest, 0.1), length);
      if (into < kDash) {
        const auto place = [&](double d) {
          return fine(
              Point{std::lerp(from.x, to.x, d / length), std::lerp(from.y, to.y, d / length)});
        };
        cv::line(impl_->page, place(at), place(end), bgr(colour), stroke(thickness), cv::LINE_AA);
      }
      at = end;
    }
    travelled += length;
  }
}

void Canvas::dot(Point at, double radius, Colour colour) {
  cv::circle(impl_->page, fine(at), stroke(radius), bgr(colour), cv::FILLED, cv::LINE_AA);
}

void Canvas::picture(const vision::Picture& picture, const vision::Box& into) {
  const cv::Rect area(fine(Point{into.x, into.y}),
                      fine(Point{into.x + into.width, into.y + into.height}));
  if (area.empty() || (area & cv::Rect({0, 0}, impl_->page.size())) != area) {
    return;
  }
  const cv::Mat view(picture.height, picture.width, CV_8UC3,
                     const_cast<std::uint8_t*>(picture.bgr.data()));
  auto target = impl_->page(area);
  cv::resize(view, target, area.size(), 0, 0,
             picture.width > area.width ? cv::INTER_AREA : cv::INTER_LINEAR);
}

void Canvas::text(Point at, std::string_view words, double size, Colour colour, Align align,
                  bool strong, bool upward) {
  const double width = text_width(words, size, strong);
  const double back = align == Align::kLeft ? 0 : align == Align::kCentre ? width / 2 : width;
  (upward ? at.y : at.x) += upward ? back : -back;
  impl_->text(at, ascii(words), size, colour, strong, upward);
}

double Canvas::text_width(std::string_view words, double size, bool strong) {
  int below = 0;
  const auto extent =
      cv::getTextSize(ascii(words), kFont, font_scale(size), letter_stroke(size, strong), &below);
  return static_cast<double>(extent.width) / kOversampling;
}

std::string Canvas::fitting(std::string_view words, double size, double width) {
  if (text_width(words, size) <= width) {
    return std::string(words);
  }
  std::string cut(words);
  while (!cut.empty() && text_width(cut + "..", size) > width) {
    cut.pop_back();
  }
  return cut + "..";
}

vision::Picture Canvas::finish() const {
  cv::Mat small;
  cv::resize(impl_->page, small, {impl_->width, impl_->height}, 0, 0, cv::INTER_AREA);
  vision::Picture picture{.width = impl_->width, .height = impl_->height, .bgr = {}};
  picture.bgr.assign(small.datastart, small.dataend);
  return picture;
}

Colour series_colour(std::size_t index) {
  constexpr std::array<Colour, 8> kColours = {{{0, 114, 178},
                                               {213, 94, 0},
                                               {0, 158, 115},
                                               {204, 121, 167},
                                               {130, 90, 44},
                                               {86, 180, 233},
                                               {230, 159, 0},
                                               {90, 90, 90}}};
  return kColours[index % kColours.size()];
}

Colour mixed(Colour a, Colour b, double share) {
  const auto channel = [&](std::uint8_t x, std::uint8_t y) {
    return static_cast<std::uint8_t>(
        std::lround(std::lerp(static_cast<double>(x), static_cast<double>(y), share)));
  };
  return {channel(a.red, b.red), channel(a.green, b.green), channel(a.blue, b.blue)};
}

}  // namespace stepcast::figures
