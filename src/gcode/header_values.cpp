#include "header_values.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "text.hpp"

namespace stepcast::gcode {
namespace {

// Ten years: a longer print is a damaged header.
constexpr double kLongestPrintS = 10.0 * 365.0 * 86400.0;

std::optional<double> seconds_in(std::string_view unit) {
  const auto is = [&](auto... names) { return (equal_ignoring_case(unit, names) || ...); };
  if (is("d", "day", "days")) {
    return 86400.0;
  }
  if (is("h", "hr", "hour", "hours")) {
    return 3600.0;
  }
  if (is("m", "min", "minute", "minutes")) {
    return 60.0;
  }
  if (is("s", "sec", "second", "seconds")) {
    return 1.0;
  }
  return std::nullopt;
}

}  // namespace

std::optional<double> take_number(std::string_view& text) {
  double value = 0.0;
  const char* const last = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), last, value);
  if (error != std::errc{} || !std::isfinite(value)) {
    return std::nullopt;
  }
  text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
  return value;
}

std::optional<double> whole_number(std::string_view text) {
  text = trim(text);
  const auto value = take_number(text);
  return text.empty() ? value : std::nullopt;
}

std::optional<std::int64_t> whole_integer(std::string_view text) {
  text = trim(text);
  std::int64_t value = 0;
  const char* const last = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), last, value);
  if (error != std::errc{} || stop != last) {
    return std::nullopt;
  }
  return value;
}

std::optional<Seconds> duration(std::string_view text) {
  double total_s = 0.0;
  for (text = trim(text); !text.empty(); text = trim_left(text)) {
    const auto value = take_number(text);
    if (!value || *value < 0.0) {
      return std::nullopt;
    }
    text = trim_left(text);
    const auto* const unit_end =
        std::find_if(text.begin(), text.end(), [](char c) { return !is_letter(c); });
    const auto length = static_cast<std::size_t>(unit_end - text.begin());
    const auto unit_s = seconds_in(text.substr(0, length));
    if (!unit_s) {
      return std::nullopt;
    }
    total_s += *value * *unit_s;
    text.remove_prefix(length);
  }
  if (!(total_s > 0.0) || total_s > kLongestPrintS) {
    return std::nullopt;
  }
  return Seconds(total_s);
}

std::optional<double> sum_of_list(std::string_view text, std::string_view unit) {
  double sum = 0.0;
  text = trim(text);
  while (true) {
    const auto value = take_number(text);
    if (!value || *value < 0.0) {
      return std::nullopt;
    }
    sum += *value;
    text = trim_left(text);
    take_prefix(text, unit);
    text = trim_left(text);
    if (text.empty()) {
      break;
    }
    if (text.front() != ',' && text.front() != ';') {
      return std::nullopt;
    }
    text = trim_left(text.substr(1));
  }
  if (!std::isfinite(sum)) {
    return std::nullopt;
  }
  return sum;
}

std::optional<double> first_of_list(std::string_view text) {
  text = trim(text);
  const auto value = take_number(text);
  if (!text.empty() && text.front() != ',' && text.front() != ';') {
    return std::nullopt;
  }
  return value;
}

}  // namespace stepcast::gcode
