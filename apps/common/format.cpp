#include "format.hpp"

#include <cmath>

#include <fmt/format.h>

namespace stepcast::cli {

std::string duration_text(Seconds duration) {
  constexpr double kShortSeconds = 60.0;
  if (duration.v < kShortSeconds) {
    return fmt::format("{:.1f} s", duration.v);
  }
  const auto seconds = static_cast<std::int64_t>(std::llround(duration.v));
  const std::int64_t hours = seconds / 3600;
  const std::int64_t minutes = seconds / 60 % 60;
  if (hours > 0) {
    return fmt::format("{} h {:02} min {:02} s", hours, minutes, seconds % 60);
  }
  return fmt::format("{} min {:02} s", minutes, seconds % 60);
}

std::string grouped(std::int64_t number) {
  std::string digits = fmt::format("{}", number);
  const std::ptrdiff_t first = number < 0 ? 1 : 0;
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > first; at -= 3) {
    digits.insert(static_cast<std::size_t>(at), 1, ' ');
  }
  return digits;
}

std::string length_text(Mm length) {
  constexpr double kMetreMm = 1000.0;
  return length.v < kMetreMm ? fmt::format("{:.0f} mm", length.v)
                             : fmt::format("{:.2f} m", length.v / kMetreMm);
}

std::string bytes_text(std::uint64_t bytes) {
  constexpr double kMega = 1e6;
  constexpr double kKilo = 1e3;
  const auto n = static_cast<double>(bytes);
  return n < kMega ? fmt::format("{:.1f} kB", n / kKilo) : fmt::format("{:.1f} MB", n / kMega);
}

}  // namespace stepcast::cli
