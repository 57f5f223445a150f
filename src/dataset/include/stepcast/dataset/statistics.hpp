#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "stepcast/dataset/dataset.hpp"
#include "stepcast/figures/bar_figure.hpp"

namespace stepcast::dataset {

struct ClassCounts {
  std::string name;
  std::size_t pictures = 0;  ///< That show it, in a box or as a whole.
  std::size_t boxes = 0;
  std::size_t train = 0;  ///< Pictures by split.
  std::size_t validation = 0;
  std::size_t test = 0;
  double median_share = 0;  ///< Of the picture's area that a box covers; 0 without boxes.
  double smallest_share = 0;
  double centre_x = 0;  ///< Mean place of boxes, 0 to 1; 0 without boxes.
  double centre_y = 0;
  std::size_t at_edge = 0;  ///< Boxes that touch the picture's edge: what they hold may go on.
};

struct Statistics {
  std::size_t pictures = 0;
  std::size_t negatives = 0;  ///< Somebody looked and there is nothing.
  std::size_t unlabelled = 0;
  std::vector<ClassCounts> classes;
  /// Pictures that show both classes of a row and a column.
  std::vector<std::vector<std::size_t>> together;
  std::map<std::string, std::size_t> sources;  ///< Pictures of each.
  std::map<std::string, std::size_t> flags;
};
[[nodiscard]] Statistics statistics(const Dataset& data);

/// For a terminal; lines end with '\n'.
[[nodiscard]] std::string table(const Statistics& statistics);
/// Pictures of each class by split.
[[nodiscard]] figures::BarFigure class_bars(const Statistics& statistics, const std::string& name);

}  // namespace stepcast::dataset
