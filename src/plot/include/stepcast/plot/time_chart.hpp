#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "stepcast/base/units.hpp"

namespace stepcast::plot {

/// Colour of a line, chosen to differ for colour-blind readers on light and on dark pages.
enum class Tone : std::uint8_t {
  kGrey,  ///< Dashed: the reference that others are compared with.
  kBlue,
  kOrange,
  kGreen,
  kPurple,
  kRed,
};

/// Quantities over one time axis, in panels below each other, as an SVG picture.
///
/// Any number of samples in constant memory (150 kB a line): each line is kept as the first,
/// lowest, highest and last value of at most 2048 equal spans of time, and when those are full
/// they are merged in pairs. So no peak is ever lost, whatever the duration.
///
/// Threads: one owner.
class TimeChart {
 public:
  struct Series {
    std::string name;
    Tone tone = Tone::kBlue;
  };
  struct Panel {
    std::string title;           ///< "Speed of X".
    std::string unit;            ///< "mm/s".
    std::vector<Series> series;  ///< One line each; 1 to 6.
    bool include_zero = true;    ///< The value axis always shows 0.
  };
  struct Options {
    std::string title;
    std::string subtitle;
    std::vector<Panel> panels;
  };

  /// @pre at least one panel, and one series in each
  explicit TimeChart(Options options);
  TimeChart(TimeChart&&) noexcept;
  TimeChart& operator=(TimeChart&&) noexcept;
  ~TimeChart();

  /// Adds one sample of every line, in the order of panels and series. NaN leaves that line out.
  /// Amortised constant time.
  /// @pre values.size() is the number of lines; t is finite, 0 or later, and never goes back
  void add(Seconds t, std::span<const double> values);

  /// The whole document; below 1 MB with ten lines. Follows the reader's light or dark mode.
  [[nodiscard]] std::string render() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace stepcast::plot
