#pragma once

#include <string>
#include <vector>

#include "stepcast/figures/canvas.hpp"

namespace stepcast::figures {

/// Bars to the right, one row a name, the parts of a row behind each other.
struct BarFigure {
  struct Row {
    std::string name;
    std::vector<double> parts;  ///< One for each of part_names, 0 or above.
  };
  std::string title;
  std::string subtitle;
  std::vector<std::string> part_names;
  std::vector<Row> rows;
};
/// 960 pixels wide, as high as it needs.
[[nodiscard]] vision::Picture draw(const BarFigure& figure);

}  // namespace stepcast::figures
