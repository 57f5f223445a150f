#include "frame.hpp"

#include <cmath>

#include <fmt/format.h>

namespace stepcast::figures {

double draw_heading(Canvas& canvas, const std::string& title, const std::string& subtitle) {
  double y = kMargin + kTitleSize;
  canvas.text({kMargin, y}, title, kTitleSize, kInk, Align::kLeft, true);
  if (!subtitle.empty()) {
    constexpr double kBetween = 12;
    y += kBetween + kTextSize;
    canvas.text({kMargin, y}, subtitle, kTextSize, kFaintInk);
  }
  constexpr double kBelow = 24;
  return y + kBelow;
}

std::vector<double> round_steps(double low, double high, int wanted) {
  const double raw = (high - low) / wanted;
  const double power = std::pow(10.0, std::floor(std::log10(raw)));
  double step = 10 * power;
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= raw * 0.999) {
      step = factor * power;
      break;
    }
  }
  std::vector<double> steps;
  constexpr double kRounding = 1e-9;
  for (double at = std::ceil(low / step - kRounding); at * step <= high + kRounding * step; ++at) {
    steps.push_back(at * step == 0 ? 0 : at * step);  // no minus before a zero
  }
  return steps;
}

std::string step_text(double value) {
  return fmt::format("{:.6g}", value);
}

}  // namespace stepcast::figures
