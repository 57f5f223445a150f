#include "stepcast/figures/line_figure.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "frame.hpp"

namespace stepcast::figures {
namespace {

constexpr int kWidth = 960;
constexpr int kHeight = 640;
constexpr double kLegendWidth = 220;

template <class Coordinate>
Range range_of(const std::optional<Range>& wanted, const std::vector<Line>& lines,
               const Coordinate& coordinate) {
  if (wanted && wanted->low < wanted->high) {
    return *wanted;
  }
  std::optional<Range> seen;
  for (const Line& line : lines) {
    for (const Point& point : line.points) {
      const double value = coordinate(point);
      if (std::isfinite(value)) {
        seen = seen ? Range{std::min(seen->low, value), std::max(seen->high, value)}
                    : Range{value, value};
      }
    }
  }
  const Range found = seen.value_or(Range{});
  if (found.low < found.high) {
    return found;
  }
  return {found.low - 0.5, found.high + 0.5};
}

/// From values to places on the page.
struct Plane {
  Range x, y;
  vision::Box area;

  [[nodiscard]] Point place(Point value) const {
    return {area.x + area.width * (value.x - x.low) / (x.high - x.low),
            area.y + area.height * (1 - (value.y - y.low) / (y.high - y.low))};
  }
};

void draw_axes(Canvas& canvas, const Plane& plane, const LineFigure& figure) {
  constexpr int kSteps = 6;
  constexpr double kGap = 9;
  const vision::Box& area = plane.area;
  for (const double step : round_steps(plane.x.low, plane.x.high, kSteps)) {
    const double x = plane.place({step, 0}).x;
    canvas.line(std::array{Point{x, area.y}, Point{x, area.y + area.height}}, kGrid, 1);
    canvas.text({x, area.y + area.height + kGap + kSmallSize}, step_text(step), kSmallSize,
                kFaintInk, Align::kCentre);
  }
  for (const double step : round_steps(plane.y.low, plane.y.high, kSteps)) {
    const double y = plane.place({0, step}).y;
    canvas.line(std::array{Point{area.x, y}, Point{area.x + area.width, y}}, kGrid, 1);
    canvas.text({area.x - kGap, y + kSmallSize / 2}, step_text(step), kSmallSize, kFaintInk,
                Align::kRight);
  }
  canvas.line(std::array{Point{area.x, area.y}, Point{area.x, area.y + area.height},
                         Point{area.x + area.width, area.y + area.height}},
              kFaintInk, 1.2);
  constexpr double kBelowNumbers = 44;
  canvas.text({area.x + area.width / 2, area.y + area.height + kBelowNumbers}, figure.x_label,
              kTextSize, kInk, Align::kCentre);
  canvas.text({kMargin + kTextSize, area.y + area.height / 2}, figure.y_label, kTextSize, kInk,
              Align::kCentre, false, true);
}

void draw_legend(Canvas& canvas, const std::vector<Line>& lines, double x, double y) {
  constexpr double kRow = 26;
  constexpr double kSample = 26;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const Line& line = lines[i];
    const double middle = y + static_cast<double>(i) * kRow;
    canvas.line(std::array{Point{x, middle}, Point{x + kSample, middle}}, series_colour(i), 2.4,
                line.dashed);
    constexpr double kGap = 8;
    const double room = kLegendWidth - kSample - kGap;
    canvas.text({x + kSample + kGap, middle + kSmallSize / 2},
                Canvas::fitting(line.name, kSmallSize, room), kSmallSize, kInk);
  }
}

}  // namespace

vision::Picture draw(const LineFigure& figure) {
  Canvas canvas(kWidth, kHeight);
  const double top = draw_heading(canvas, figure.title, figure.subtitle);
  constexpr double kLeft = 100;
  constexpr double kBottom = 74;
  const bool legend =
      figure.lines.size() > 1 || (figure.lines.size() == 1 && !figure.lines.front().name.empty());
  const double right = legend ? kLegendWidth + 2 * kMargin : kMargin + 10;
  const Plane plane{range_of(figure.x, figure.lines, [](Point p) { return p.x; }),
                    range_of(figure.y, figure.lines, [](Point p) { return p.y; }),
                    {kLeft, top, kWidth - kLeft - right, kHeight - top - kBottom}};
  draw_axes(canvas, plane, figure);
  if (figure.diagonal) {
    const double low = std::max(plane.x.low, plane.y.low);
    const double high = std::min(plane.x.high, plane.y.high);
    canvas.line(std::array{plane.place({low, low}), plane.place({high, high})}, kFaintInk, 1.2,
                true);
  }
  if (figure.marked_x) {
    canvas.line(std::array{plane.place({*figure.marked_x, plane.y.low}),
                           plane.place({*figure.marked_x, plane.y.high})},
                kFaintInk, 1.2, true);
  }
  for (std::size_t i = 0; i < figure.lines.size(); ++i) {
    const Line& line = figure.lines[i];
    std::vector<Point> places;
    for (const Point& point : line.points) {
      if (std::isfinite(point.x) && std::isfinite(point.y)) {
        places.push_back(plane.place({std::clamp(point.x, plane.x.low, plane.x.high),
                                      std::clamp(point.y, plane.y.low, plane.y.high)}));
      }
    }
    canvas.line(places, series_colour(i), 2.2, line.dashed);
    constexpr double kDotRadius = 3.6;
    for (const Point& place : line.dots ? places : std::vector<Point>{}) {
      canvas.dot(place, kDotRadius, series_colour(i));
    }
  }
  if (legend) {
    draw_legend(canvas, figure.lines, kWidth - right + kMargin, top + kTextSize);
  }
  return canvas.finish();
}

}  // namespace stepcast::figures
