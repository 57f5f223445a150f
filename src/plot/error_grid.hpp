#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace stepcast::plot {

/// The largest value in each square cell of a plane, in constant memory: the window of cells moves
/// with the points, and the cells double when the points no longer fit. Lengths in mm.
class ErrorGrid {
 public:
  static constexpr std::int64_t kCells = 256;  ///< Along each side.
  static constexpr float kEmpty = -1.0F;       ///< No point fell into the cell.

  /// Cells that hold points; counted from the origin of the plane.
  struct Extent {
    std::int64_t x_min, x_max, y_min, y_max;  ///< Inclusive.
  };

  explicit ErrorGrid(double cell) : cell_(cell) {}

  void add(double x, double y, double value);

  [[nodiscard]] bool empty() const { return empty_; }
  [[nodiscard]] double cell() const { return cell_; }
  [[nodiscard]] const Extent& extent() const { return extent_; }
  /// @pre (column, row) lies in extent()
  [[nodiscard]] float at(std::int64_t column, std::int64_t row) const {
    return values_[index(column, row)];
  }

 private:
  [[nodiscard]] bool in_window(std::int64_t column, std::int64_t row) const {
    return column >= left_ && column < left_ + kCells && row >= low_ && row < low_ + kCells;
  }
  [[nodiscard]] std::size_t index(std::int64_t column, std::int64_t row) const {
    return static_cast<std::size_t>((row - low_) * kCells + (column - left_));
  }
  void make_room(double x, double y);
  void rebuild(std::int64_t left, std::int64_t low, int halvings);

  double cell_;
  bool empty_ = true;
  Extent extent_{};
  std::int64_t left_ = 0;
  std::int64_t low_ = 0;
  std::vector<float> values_ = std::vector<float>(kCells * kCells, kEmpty);
};

}  // namespace stepcast::plot
