#include "stepcast/figures/bar_figure.hpp"

#include <algorithm>
#include <array>
#include <numeric>

#include <fmt/format.h>

#include "frame.hpp"

namespace stepcast::figures {

vision::Picture draw(const BarFigure& figure) {
  constexpr int kBarWidth = 960;
  constexpr double kRow = 30;
  constexpr double kBar = 18;
  constexpr double kLegendRow = 34;
  constexpr double kHeading = 110;
  constexpr double kMostHeight = 9000;
  const double height =
      std::min(kHeading + kLegendRow + kRow * static_cast<double>(figure.rows.size()) + kMargin,
               kMostHeight);
  Canvas canvas(kBarWidth, static_cast<int>(height));
  double y = draw_heading(canvas, figure.title, figure.subtitle);
  if (figure.part_names.size() > 1) {
    double x = kMargin;
    for (std::size_t i = 0; i < figure.part_names.size(); ++i) {
      constexpr double kSwatch = 12;
      constexpr double kAfter = 28;
      canvas.fill({x, y, kSwatch, kSwatch}, series_colour(i));
      canvas.text({x + kSwatch + 7, y + kSwatch - 1}, figure.part_names[i], kSmallSize, kInk);
      x += kSwatch + 7 + Canvas::text_width(figure.part_names[i], kSmallSize) + kAfter;
    }
    y += kLegendRow;
  }
  double longest_name = 0;
  double largest = 0;
  double longest_number = 0;
  for (const BarFigure::Row& row : figure.rows) {
    const double sum = std::accumulate(row.parts.begin(), row.parts.end(), 0.0);
    longest_name = std::max(longest_name, Canvas::text_width(row.name, kTextSize));
    longest_number = std::max(longest_number, Canvas::text_width(step_text(sum), kTextSize));
    largest = std::max(largest, sum);
  }
  constexpr double kMostName = 260;
  constexpr double kGap = 12;
  const double left = kMargin + std::min(longest_name, kMostName) + kGap;
  const double room = kBarWidth - left - kMargin - kGap - longest_number;
  for (const BarFigure::Row& row : figure.rows) {
    canvas.text({left - kGap, y + (kBar + kTextSize) / 2},
                Canvas::fitting(row.name, kTextSize, kMostName), kTextSize, kInk, Align::kRight);
    double x = left;
    double sum = 0;
    for (std::size_t i = 0; i < row.parts.size(); ++i) {
      const double length = largest > 0 ? room * row.parts[i] / largest : 0;
      canvas.fill({x, y, length, kBar}, series_colour(i));
      x += length;
      sum += row.parts[i];
    }
    canvas.text({x + kGap / 2, y + (kBar + kTextSize) / 2}, step_text(sum), kTextSize, kFaintInk);
    y += kRow;
  }
  return canvas.finish();
}

}  // namespace stepcast::figures
