#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "stepcast/figures/canvas.hpp"

namespace stepcast::figures {

/// A table of counts, each cell as dark as its share of its row: a confusion matrix.
struct MatrixFigure {
  std::string title;
  std::string subtitle;
  std::string row_label;     ///< What rows mean: "shown".
  std::string column_label;  ///< "said".
  std::vector<std::string> rows;
  std::vector<std::string> columns;
  std::vector<std::vector<std::size_t>> counts;
};
[[nodiscard]] vision::Picture draw(const MatrixFigure& figure);

}  // namespace stepcast::figures
