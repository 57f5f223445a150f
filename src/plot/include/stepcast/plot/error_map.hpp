#pragma once

#include <memory>
#include <string>

#include "stepcast/base/units.hpp"

namespace stepcast::plot {

/// Where on the bed the tool missed its path, and by how much: the largest error in each cell of a
/// grid, as an SVG picture with a bar of colours in um and the place on the bed.
///
/// Any number of points in constant memory (256 x 256 cells): the grid follows the points, and
/// when they no longer fit, its cells double in size.
///
/// Threads: one owner.
class ErrorMap {
 public:
  /// Rectangle of the bed in the tool frame.
  struct Bed {
    Mm x_min, x_max, y_min, y_max;
  };
  struct Options {
    std::string title;
    std::string subtitle;
    Bed bed;
    Mm finest_cell{0.02};  ///< Cell size to begin with; above 0.
  };

  /// @pre the bed is not empty and finest_cell is above 0
  explicit ErrorMap(Options options);
  ErrorMap(ErrorMap&&) noexcept;
  ErrorMap& operator=(ErrorMap&&) noexcept;
  ~ErrorMap();

  /// Amortised constant time.
  /// @pre all finite, positions within 100 m of the origin, error 0 or above
  void add_point(Mm x, Mm y, Mm error);

  /// The whole document; below 1 MB. Follows the reader's light or dark mode.
  [[nodiscard]] std::string render() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace stepcast::plot
