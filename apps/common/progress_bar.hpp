#pragma once

#include <algorithm>
#include <cstddef>
#include <string>

namespace stepcast::cli {

/// `share`, 0 to 1, as a bar of so many cells.
[[nodiscard]] inline std::string progress_bar(double share, std::size_t width = 20) {
  constexpr double kHalf = 0.5;
  const double cells = std::clamp(share, 0.0, 1.0) * static_cast<double>(width);
  std::string text;
  for (std::size_t i = 0; i < width; ++i) {
    const double filled = cells - static_cast<double>(i);
    text += filled >= 1.0 ? "█" : filled >= kHalf ? "▌" : "░";
  }
  return text;
}

}  // namespace stepcast::cli
