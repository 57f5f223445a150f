#pragma once

#include <optional>
#include <string>
#include <vector>

#include "stepcast/figures/canvas.hpp"

namespace stepcast::figures {

struct Line {
  std::string name;           ///< For the legend.
  std::vector<Point> points;  ///< In the order of x.
  bool dashed = false;
  bool dots = false;  ///< Marks every point.
};

struct Range {
  double low = 0;
  double high = 1;
};

/// Curves over one axis: precision over recall, loss over epochs, success over confidence.
struct LineFigure {
  std::string title;
  std::string subtitle;
  std::string x_label;
  std::string y_label;
  std::optional<Range> x;  ///< Absent: what the points need.
  std::optional<Range> y;
  std::vector<Line> lines;
  bool diagonal = false;             ///< Where y equals x, dashed: the ideal of a calibrated judge.
  std::optional<double> marked_x{};  ///< A dashed line upright: the epoch that was kept.
};
/// 960 x 640 pixels; the legend stands to the right.
[[nodiscard]] vision::Picture draw(const LineFigure& figure);

}  // namespace stepcast::figures
