#include "hit_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include <fmt/format.h>

namespace stepcast::acoustic {
namespace {

constexpr std::size_t kShownValue = 40;  // of a value in an error

std::string shown(std::string_view value) {
  return value.size() <= kShownValue ? std::string(value)
                                     : fmt::format("{}...", value.substr(0, kShownValue));
}

tl::unexpected<Error> bad_value(const Column& column, std::string_view value,
                                std::string_view why) {
  return fail(Errc::kMalformed,
              fmt::format("column '{}': '{}' {}", column.name, shown(value), why));
}

Result<double> number(const Column& column, std::string_view text) {
  text = trimmed(text);
  std::array<char, 64> copy{};
  std::string_view digits = text.starts_with('+') ? text.substr(1) : text;
  // Lists of instruments in many countries have a decimal comma.
  if (const auto comma = digits.find(','); comma != std::string_view::npos &&
                                           digits.find('.') == std::string_view::npos &&
                                           digits.size() < copy.size()) {
    std::ranges::copy(digits, copy.begin());
    copy[comma] = '.';
    digits = {copy.data(), digits.size()};
  }
  double value = 0;
  const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (text.empty()) {
    return bad_value(column, text, "is empty");
  }
  if (code == std::errc::result_out_of_range) {
    return bad_value(column, text, "is too large or too small for a number");
  }
  if (code != std::errc{} || end != digits.data() + digits.size()) {
    return bad_value(column, text, "is not a number");
  }
  if (!std::isfinite(value)) {
    return bad_value(column, text, "is not a finite number");
  }
  return value;
}

Result<double> quantity(const Column& column, std::string_view text) {
  auto value = number(column, text);
  if (!value) {
    return value;
  }
  if (column.decibels) {
    const double volts = from_decibels(*value).v;
    return std::isfinite(volts) ? Result<double>(volts)
                                : bad_value(column, text, "dB are no amplitude");
  }
  if (*value < 0) {
    return bad_value(column, text, "is negative");
  }
  const double scaled = *value * column.factor;
  return std::isfinite(scaled) ? Result<double>(scaled) : bad_value(column, text, "is too large");
}

// "10:11:12" as seconds of the day.
Result<double> clock_seconds(const Column& column, std::string_view text) {
  constexpr double kBase = 60.0;
  double seconds = 0;
  for (std::string_view rest = trimmed(text);;) {
    const auto colon = rest.find(':');
    auto part = number(column, rest.substr(0, colon));
    if (!part || *part < 0) {
      return bad_value(column, text, "is no time of day as hh:mm:ss");
    }
    seconds = seconds * kBase + *part;
    if (colon == std::string_view::npos) {
      return seconds;
    }
    rest.remove_prefix(colon + 1);
  }
}

Result<int> label_of(const Column& column, std::string_view text) {
  const std::string word = lower_case(trimmed(text));
  if (word == "defected" || word == "defect") {
    return 1;
  }
  if (word == "non-defected" || word == "good") {
    return 0;
  }
  constexpr double kMostClasses = 100;
  const auto value = number(column, text);
  if (!value || *value < 0 || *value > kMostClasses || std::floor(*value) != *value) {
    return bad_value(column, text, "is no label: 0, 1, non-defected or defected");
  }
  return static_cast<int>(*value);
}

}  // namespace

void set_field(Hit& hit, Field field, double value) {
  switch (field) {
    case Field::kTime:
      hit.time = Seconds{value};
      break;
    case Field::kRecord:
      hit.record = value < 1e18 ? static_cast<std::uint64_t>(value) : 0;
      break;
    case Field::kAmplitude:
      hit.amplitude = Volts{value};
      break;
    case Field::kDuration:
      hit.duration = Seconds{value};
      break;
    case Field::kEnergy:
      hit.energy = EnergyUnits{value};
      break;
    case Field::kRms:
      hit.rms = Volts{value};
      break;
    case Field::kRiseTime:
      hit.rise_time = Seconds{value};
      break;
    case Field::kCounts:
      hit.counts = value;
      break;
    default:
      break;
  }
}

Separator separator_of(std::string_view names) {
  for (const char character : {'\t', ';', ','}) {
    if (names.find(character) != std::string_view::npos) {
      return {character, false};
    }
  }
  return {' ', true};
}

void split(std::string_view line, Separator separator, std::vector<std::string_view>& parts) {
  parts.clear();
  if (separator.runs) {
    for (std::size_t at = 0; (at = line.find_first_not_of(" \t", at)) != std::string_view::npos;) {
      const auto end = std::min(line.find_first_of(" \t", at), line.size());
      parts.push_back(line.substr(at, end - at));
      at = end;
    }
    return;
  }
  for (;;) {
    const auto end = line.find(separator.character);
    parts.push_back(line.substr(0, end));
    if (end == std::string_view::npos) {
      return;
    }
    line.remove_prefix(end + 1);
  }
}

bool is_unit_line(std::string_view line) {
  const auto text = trimmed(line);
  const auto first = text.find_first_not_of(",;\t ");
  return first != std::string_view::npos && text[first] == '[';
}

Result<void> apply_unit_line(std::string_view names, std::string_view units, Separator separator,
                             std::vector<Column>& columns) {
  std::vector<std::string_view> words;
  std::vector<std::string_view> unit_words;
  split(names, separator, words);
  split(units, separator, unit_words);
  for (std::size_t u = 0; u < unit_words.size(); ++u) {
    std::size_t nearest = u;
    if (separator.runs && unit_words.size() != words.size()) {
      // Some columns have no unit: each belongs to the name that it stands under.
      const auto middle = [](std::string_view line, std::string_view word) {
        return 2 * (word.data() - line.data()) + static_cast<std::ptrdiff_t>(word.size());
      };
      std::ptrdiff_t best = -1;
      for (std::size_t w = 0; w < words.size(); ++w) {
        const auto distance = std::abs(middle(names, words[w]) - middle(units, unit_words[u]));
        if (best < 0 || distance < best) {
          best = distance;
          nearest = w;
        }
      }
    }
    const auto unit = trimmed(unit_words[u]);
    if (nearest < columns.size() && columns[nearest].field != Field::kNone && !unit.empty() &&
        columns[nearest].field != Field::kClock && unit != "[-]" && unit != "[]") {
      if (columns[nearest].field == Field::kMilliseconds) {
        continue;
      }
      if (auto done = set_unit(columns[nearest], unit); !done) {
        return done;
      }
    }
  }
  return {};
}

Result<bool> fill_row(const std::vector<Column>& columns,
                      const std::vector<std::string_view>& parts, bool keep_waveform, HitRow& row) {
  double clock = 0;
  bool has_clock = false;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const Column& column = columns[i];
    if (column.field == Field::kKind) {
      const std::string kind = lower_case(trimmed(parts[i]));
      const bool other_record =
          kind.size() == 2 && std::isalpha(static_cast<unsigned char>(kind[0]));
      if (other_record && kind != "ht") {
        return false;
      }
    }
  }
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const Column& column = columns[i];
    switch (column.field) {
      case Field::kNone:
      case Field::kKind:
        break;
      case Field::kWaveform:
        if (keep_waveform) {
          row.waveform = std::string(trimmed(parts[i]));
        }
        break;
      case Field::kLabel: {
        if (trimmed(parts[i]).empty()) {
          break;  // not labelled
        }
        auto label = label_of(column, parts[i]);
        if (!label) {
          return tl::unexpected(label.error());
        }
        row.label = *label;
        break;
      }
      case Field::kClock:
      case Field::kMilliseconds: {
        auto part = column.field == Field::kClock ? clock_seconds(column, parts[i])
                                                  : quantity(column, parts[i]);
        if (!part) {
          return tl::unexpected(part.error());
        }
        clock += *part;
        has_clock = true;
        break;
      }
      case Field::kTime: {
        // Not a feature: a recording may begin before its zero.
        auto time = number(column, parts[i]);
        if (!time) {
          return tl::unexpected(time.error());
        }
        row.hit.time = Seconds{*time * column.factor};
        break;
      }
      default: {
        auto value = quantity(column, parts[i]);
        if (!value) {
          return tl::unexpected(value.error());
        }
        set_field(row.hit, column.field, *value);
      }
    }
  }
  if (has_clock) {
    row.hit.time = Seconds{clock};
  }
  return true;
}

}  // namespace stepcast::acoustic
