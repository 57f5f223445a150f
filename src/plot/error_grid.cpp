#include "error_grid.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace stepcast::plot {
namespace {

ErrorGrid::Extent joined(const ErrorGrid::Extent& extent, std::int64_t column, std::int64_t row) {
  return {.x_min = std::min(extent.x_min, column),
          .x_max = std::max(extent.x_max, column),
          .y_min = std::min(extent.y_min, row),
          .y_max = std::max(extent.y_max, row)};
}

bool fits(const ErrorGrid::Extent& extent) {
  return extent.x_max - extent.x_min < ErrorGrid::kCells &&
         extent.y_max - extent.y_min < ErrorGrid::kCells;
}

/// Indices of cells twice as large; >> rounds towards minus infinity, as cells left of 0 need.
ErrorGrid::Extent halved(const ErrorGrid::Extent& extent, int times) {
  return {.x_min = extent.x_min >> times,
          .x_max = extent.x_max >> times,
          .y_min = extent.y_min >> times,
          .y_max = extent.y_max >> times};
}

std::int64_t cell_index(double position, double cell) {
  return static_cast<std::int64_t>(std::floor(position / cell));
}

}  // namespace

void ErrorGrid::add(double x, double y, double value) {
  if (!in_window(cell_index(x, cell_), cell_index(y, cell_))) {
    make_room(x, y);
  }
  const std::int64_t column = cell_index(x, cell_);
  const std::int64_t row = cell_index(y, cell_);
  extent_ = empty_ ? Extent{column, column, row, row} : joined(extent_, column, row);
  empty_ = false;
  float& kept = values_[index(column, row)];
  kept = std::max(kept, static_cast<float>(value));
}

void ErrorGrid::make_room(double x, double y) {
  int halvings = 0;
  Extent wanted{};
  for (;; ++halvings) {
    const double cell = std::ldexp(cell_, halvings);
    const std::int64_t column = cell_index(x, cell);
    const std::int64_t row = cell_index(y, cell);
    wanted =
        empty_ ? Extent{column, column, row, row} : joined(halved(extent_, halvings), column, row);
    if (fits(wanted)) {
      break;
    }
  }
  // Centred, so that the next points on any side find room without another rebuild.
  rebuild((wanted.x_min + wanted.x_max - kCells + 1) >> 1,
          (wanted.y_min + wanted.y_max - kCells + 1) >> 1, halvings);
}

void ErrorGrid::rebuild(std::int64_t left, std::int64_t low, int halvings) {
  const std::vector<float> old =
      std::exchange(values_, std::vector<float>(kCells * kCells, kEmpty));
  const std::int64_t old_left = std::exchange(left_, left);
  const std::int64_t old_low = std::exchange(low_, low);
  cell_ = std::ldexp(cell_, halvings);
  if (empty_) {
    return;
  }
  for (std::int64_t row = extent_.y_min; row <= extent_.y_max; ++row) {
    for (std::int64_t column = extent_.x_min; column <= extent_.x_max; ++column) {
      const auto from = static_cast<std::size_t>((row - old_low) * kCells + (column - old_left));
      float& kept = values_[index(column >> halvings, row >> halvings)];
      kept = std::max(kept, old[from]);
    }
  }
  extent_ = halved(extent_, halvings);
}

}  // namespace stepcast::plot
