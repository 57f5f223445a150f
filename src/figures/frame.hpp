#pragma once

#include <string>
#include <vector>

#include "stepcast/figures/canvas.hpp"

namespace stepcast::figures {

inline constexpr double kTitleSize = 14;  // heights of a capital, in pixels
inline constexpr double kTextSize = 10;
inline constexpr double kSmallSize = 9;
inline constexpr double kMargin = 28;

/// Title and subtitle at the top left. @returns where the rest may begin
double draw_heading(Canvas& canvas, const std::string& title, const std::string& subtitle);

/// Round numbers that divide a range into about `wanted` steps. @pre low < high, both finite
[[nodiscard]] std::vector<double> round_steps(double low, double high, int wanted);
/// "0.25", "1500", "2e+06".
[[nodiscard]] std::string step_text(double value);

}  // namespace stepcast::figures
