#include "stepcast/figures/matrix_figure.hpp"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "stepcast/base/contracts.hpp"

#include "frame.hpp"

namespace stepcast::figures {

vision::Picture draw(const MatrixFigure& figure) {
  STEPCAST_CHECK(figure.counts.size() == figure.rows.size());
  double names = 0;
  for (const std::string& name : figure.rows) {
    names = std::max(names, Canvas::text_width(name, kTextSize));
  }
  double cell = 64;
  for (const std::string& name : figure.columns) {
    cell = std::max(cell, Canvas::text_width(name, kSmallSize) + 14);
  }
  constexpr double kMostCell = 120;
  cell = std::min(cell, kMostCell);
  constexpr double kCellHeight = 52;
  constexpr double kHeading = 96;
  constexpr double kLabels = 66;
  constexpr double kRowLabel = 34;
  const double left = kMargin + kRowLabel + names + 14;
  const double heading = std::max(Canvas::text_width(figure.title, kTitleSize, true),
                                  Canvas::text_width(figure.subtitle, kTextSize));
  const auto columns = static_cast<double>(figure.columns.size());
  const auto rows = static_cast<double>(figure.rows.size());
  const double width = std::max(left + cell * columns, kMargin + heading) + kMargin;
  Canvas canvas(static_cast<int>(width),
                static_cast<int>(kHeading + kLabels + kCellHeight * rows + kMargin));
  const double top = draw_heading(canvas, figure.title, figure.subtitle) + kLabels - 10;
  canvas.text({left + cell * columns / 2, top - kLabels / 2 - 4}, figure.column_label, kTextSize,
              kFaintInk, Align::kCentre);
  canvas.text({kMargin + kTextSize, top + kCellHeight * rows / 2}, figure.row_label, kTextSize,
              kFaintInk, Align::kCentre, false, true);
  for (std::size_t c = 0; c < figure.columns.size(); ++c) {
    canvas.text({left + cell * (static_cast<double>(c) + 0.5), top - 12},
                Canvas::fitting(figure.columns[c], kSmallSize, cell - 6), kSmallSize, kInk,
                Align::kCentre);
  }
  for (std::size_t r = 0; r < figure.rows.size(); ++r) {
    const auto& counts = figure.counts[r];
    const double y = top + kCellHeight * static_cast<double>(r);
    canvas.text({left - 14, y + (kCellHeight + kTextSize) / 2}, figure.rows[r], kTextSize, kInk,
                Align::kRight);
    const auto sum = std::accumulate(counts.begin(), counts.end(), std::size_t{0});
    for (std::size_t c = 0; c < counts.size(); ++c) {
      const double share = sum == 0 ? 0 : static_cast<double>(counts[c]) / static_cast<double>(sum);
      const double x = left + cell * static_cast<double>(c);
      constexpr Colour kDark{8, 69, 148};
      constexpr Colour kLight{244, 247, 251};
      canvas.fill({x + 1, y + 1, cell - 2, kCellHeight - 2}, mixed(kLight, kDark, share));
      if (counts[c] == 0) {
        continue;
      }
      constexpr double kDarkEnough = 0.5;
      const Colour ink = share > kDarkEnough ? kPaper : kInk;
      const double middle = x + cell / 2;
      canvas.text({middle, y + kCellHeight / 2}, fmt::format("{}", counts[c]), kTextSize, ink,
                  Align::kCentre);
      canvas.text({middle, y + kCellHeight / 2 + 16}, fmt::format("{:.0f} %", 100 * share), 7.5,
                  share > kDarkEnough ? mixed(kPaper, kDark, 0.15) : kFaintInk, Align::kCentre);
    }
  }
  return canvas.finish();
}

}  // namespace stepcast::figures
