#include "color_scale.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>

#include <fmt/format.h>

namespace stepcast::plot {
namespace {

struct Stop {
  double hue_degrees;
  double chroma;
};

// Evenly spaced along the ramp. The chroma stays inside what a screen can show at that lightness.
constexpr std::array<Stop, 6> kStops{
    {{300, 0.115}, {272, 0.125}, {225, 0.085}, {172, 0.105}, {135, 0.160}, {105, 0.175}}};
// Dark enough to count as low, yet visible on a dark page; light enough to shine on it, yet
// visible on a white one.
constexpr double kLightnessLow = 0.36;
constexpr double kLightnessHigh = 0.90;

int to_srgb(double linear) {
  const double c = std::clamp(linear, 0.0, 1.0);
  const double encoded = c <= 0.0031308 ? 12.92 * c : 1.055 * std::pow(c, 1 / 2.4) - 0.055;
  return static_cast<int>(std::lround(255 * encoded));
}

}  // namespace

std::string heat_color(double share) {
  const double place = share * static_cast<double>(kStops.size() - 1);
  const auto i = std::min(static_cast<std::size_t>(place), kStops.size() - 2);
  const double part = place - static_cast<double>(i);
  const double lightness = std::lerp(kLightnessLow, kLightnessHigh, share);
  const double chroma = std::lerp(kStops[i].chroma, kStops[i + 1].chroma, part);
  const double hue =
      std::lerp(kStops[i].hue_degrees, kStops[i + 1].hue_degrees, part) * std::numbers::pi / 180;
  const double a = chroma * std::cos(hue);
  const double b = chroma * std::sin(hue);
  // Oklab to linear sRGB, by its definition (B. Ottosson, 2020).
  const double l = std::pow(lightness + 0.3963377774 * a + 0.2158037573 * b, 3);
  const double m = std::pow(lightness - 0.1055613458 * a - 0.0638541728 * b, 3);
  const double s = std::pow(lightness - 0.0894841775 * a - 1.2914855480 * b, 3);
  return fmt::format("#{:02x}{:02x}{:02x}",
                     to_srgb(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
                     to_srgb(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
                     to_srgb(-0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s));
}

}  // namespace stepcast::plot
