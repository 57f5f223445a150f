#pragma once

#include <string>
#include <vector>

namespace stepcast::plot {

/// Marks of an axis at round numbers, ascending. The axis may end between marks.
struct Ticks {
  double step{};
  std::vector<double> values;
};

/// Steps of 1, 2 or 5 times a power of ten: at most `most` of them inside [low, high].
/// @pre low < high, both finite, most >= 2
[[nodiscard]] Ticks decimal_ticks(double low, double high, int most);

/// Steps that divide a minute or an hour once the range reaches minutes; `high` in s.
/// @pre high > 0
[[nodiscard]] Ticks time_ticks(double high, int most);

/// The number with just the digits that its tick step needs; a true minus sign.
[[nodiscard]] std::string tick_label(double value, double step);

/// How times are written on an axis that ends at `high` s.
struct TimeLabels {
  explicit TimeLabels(double high);
  [[nodiscard]] std::string operator()(double t, double step) const;
  const char* unit;  ///< "s", "min:s" or "h:min".
};

}  // namespace stepcast::plot
