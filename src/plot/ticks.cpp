#include "ticks.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

namespace stepcast::plot {
namespace {

constexpr double kMinute = 60;
constexpr double kHour = 3600;
// Below, plain seconds read best ("120"); above, nobody divides by 60 in the head.
constexpr double kPlainSeconds = 180;
constexpr double kPlainMinutes = 2 * kHour;

// A mark that should fall on the end of the axis must not get lost to rounding.
constexpr double kTickSlack = 1e-9;

Ticks every(double step, double low, double high) {
  Ticks ticks{.step = step, .values = {}};
  const double first = std::ceil(low / step - kTickSlack);
  const double last = std::floor(high / step + kTickSlack);
  const auto count = static_cast<int>(last - first) + 1;
  for (int i = 0; i < count; ++i) {
    ticks.values.push_back((first + i) * step);
  }
  return ticks;
}

double decimal_step(double least) {
  const double power = std::pow(10.0, std::floor(std::log10(least)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= least * (1 - kTickSlack)) {
      return factor * power;
    }
  }
  return 10 * power;
}

}  // namespace

Ticks decimal_ticks(double low, double high, int most) {
  return every(decimal_step((high - low) / static_cast<double>(most - 1)), low, high);
}

Ticks time_ticks(double high, int most) {
  constexpr std::array kSteps{30.0,         kMinute,      2 * kMinute, 5 * kMinute, 10 * kMinute,
                              15 * kMinute, 30 * kMinute, kHour,       2 * kHour,   3 * kHour,
                              6 * kHour,    12 * kHour,   24 * kHour};
  const double least = high / static_cast<double>(most - 1);
  if (high <= kPlainSeconds) {
    return decimal_ticks(0, high, most);
  }
  const auto* const step = std::lower_bound(kSteps.begin(), kSteps.end(), least);
  return every(step == kSteps.end() ? kHour * decimal_step(least / kHour) : *step, 0, high);
}

std::string tick_label(double value, double step) {
  const int digits = std::max(0, static_cast<int>(-std::floor(std::log10(step) + kTickSlack)));
  const double shown = std::abs(value) < step / 2 ? 0.0 : value;
  std::string label = fmt::format("{:.{}f}", std::abs(shown), digits);
  return shown < 0 ? "\u2212" + label : label;
}

TimeLabels::TimeLabels(double high)
    : unit(high <= kPlainSeconds   ? "s"
           : high <= kPlainMinutes ? "min:s"
                                   : "h:min") {}

std::string TimeLabels::operator()(double t, double step) const {
  const std::string_view kind = unit;
  if (kind == "s") {
    return tick_label(t, step);
  }
  // Whole units of 1/60: seconds of a minute, or minutes of an hour.
  const auto whole = std::llround(kind == "min:s" ? t : t / kMinute);
  return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

}  // namespace stepcast::plot
