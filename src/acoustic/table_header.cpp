#include "table_header.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

#include <fmt/format.h>

namespace stepcast::acoustic {
namespace {

struct Spelling {
  std::string_view name;
  Field field;
};

constexpr auto kSpellings = std::to_array<Spelling>({
    {"time", Field::kTime},
    {"timestamp", Field::kTime},
    {"time_s", Field::kTime},
    {"hhmmss", Field::kClock},
    {"clock", Field::kClock},
    {"msec", Field::kMilliseconds},
    {"trai", Field::kRecord},
    {"record", Field::kRecord},
    {"amplitude", Field::kAmplitude},
    {"amp", Field::kAmplitude},
    {"a", Field::kAmplitude},
    {"peak", Field::kAmplitude},
    {"peak_amplitude", Field::kAmplitude},
    {"duration", Field::kDuration},
    {"dur", Field::kDuration},
    {"d", Field::kDuration},
    {"energy", Field::kEnergy},
    {"ener", Field::kEnergy},
    {"eny", Field::kEnergy},
    {"e", Field::kEnergy},
    {"rms", Field::kRms},
    {"rise_time", Field::kRiseTime},
    {"risetime", Field::kRiseTime},
    {"rise", Field::kRiseTime},
    {"riset", Field::kRiseTime},
    {"r", Field::kRiseTime},
    {"rt", Field::kRiseTime},
    {"counts", Field::kCounts},
    {"count", Field::kCounts},
    {"cnts", Field::kCounts},
    {"cnt", Field::kCounts},
    {"coun", Field::kCounts},
    {"label", Field::kLabel},
    {"class", Field::kLabel},
    {"target", Field::kLabel},
    {"waveform", Field::kWaveform},
    {"data", Field::kWaveform},
    {"id", Field::kKind},
});

// Vallen's lists have these names and these units.
constexpr std::array<Spelling, 3> kShortNames{
    {{"a", Field::kAmplitude}, {"d", Field::kDuration}, {"r", Field::kRiseTime}}};

struct Unit {
  std::string_view name;  // lower case
  double factor;
};
constexpr std::array<Unit, 8> kTimes{{{"s", 1.0},
                                      {"sec", 1.0},
                                      {"ms", 1e-3},
                                      {"us", 1e-6},
                                      {"µs", 1e-6},
                                      {"μs", 1e-6},
                                      {"ns", 1e-9},
                                      {"msec", 1e-3}}};
constexpr std::array<Unit, 6> kVolts{
    {{"v", 1.0}, {"mv", 1e-3}, {"uv", 1e-6}, {"µv", 1e-6}, {"μv", 1e-6}, {"nv", 1e-9}}};
constexpr std::array<Unit, 3> kEnergies{{{"eu", 1.0}, {"v2s", 1e14}, {"v²s", 1e14}}};

std::span<const Unit> units_of(Field field) {
  switch (field) {
    case Field::kTime:
    case Field::kDuration:
    case Field::kRiseTime:
    case Field::kMilliseconds:
      return kTimes;
    case Field::kAmplitude:
    case Field::kRms:
      return kVolts;
    case Field::kEnergy:
      return kEnergies;
    default:
      return {};
  }
}

bool holds_voltage(Field field) {
  return field == Field::kAmplitude || field == Field::kRms;
}

Field field_of(std::string_view name) {
  const auto* known = std::ranges::find(kSpellings, name, &Spelling::name);
  return known == kSpellings.end() ? Field::kNone : known->field;
}

// "d [us]" -> "d" and "us".
std::pair<std::string_view, std::string_view> split_unit(std::string_view name) {
  for (const char open : {'[', '('}) {
    const auto at = name.find(open);
    if (at != std::string_view::npos && at > 0) {
      std::string_view unit = name.substr(at + 1);
      unit = unit.substr(0, unit.find_last_not_of(open == '[' ? "] " : ") ") + 1);
      return {trimmed(name.substr(0, at)), unit};
    }
  }
  return {name, {}};
}

}  // namespace

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n\"";
  const auto first = text.find_first_not_of(kBlank);
  return first == std::string_view::npos
             ? std::string_view{}
             : text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

std::string lower_case(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

std::string_view field_name(Field field) {
  switch (field) {
    case Field::kAmplitude:
      return "amplitude";
    case Field::kDuration:
      return "duration";
    case Field::kEnergy:
      return "energy";
    case Field::kRms:
      return "rms";
    case Field::kRiseTime:
      return "rise_time";
    case Field::kCounts:
      return "counts";
    case Field::kLabel:
      return "label";
    case Field::kTime:
      return "time";
    default:
      return "column";
  }
}

Column column_of(std::string_view name) {
  Column column;
  column.name = std::string(trimmed(name));
  std::string plain = lower_case(column.name);
  const auto [bare, unit] = split_unit(plain);
  std::string key(bare);
  std::ranges::replace(key, ' ', '_');
  std::ranges::replace(key, '-', '_');
  column.field = field_of(key);
  std::string behind(unit);
  if (column.field == Field::kNone) {
    // "amplitude_mv"
    const auto at = key.rfind('_');
    if (at != std::string::npos) {
      Column cut;
      cut.field = field_of(std::string_view(key).substr(0, at));
      if (cut.field != Field::kNone && set_unit(cut, key.substr(at + 1))) {
        column.field = cut.field;
        column.factor = cut.factor;
        column.decibels = cut.decibels;
      }
    }
    return column;
  }
  if (behind.empty()) {
    for (const Spelling& shorter : kShortNames) {
      if (key == shorter.name) {
        behind = holds_voltage(shorter.field) ? "db" : "us";
      }
    }
    if (column.field == Field::kMilliseconds) {
      behind = "ms";
    }
  }
  if (!behind.empty() && !set_unit(column, behind)) {
    column.field = Field::kNone;  // a unit we do not know is a quantity we do not know
  }
  return column;
}

Result<void> set_unit(Column& column, std::string_view unit) {
  const std::string_view whole = unit;
  const std::string lower = lower_case(trimmed(unit));
  std::string_view rest = lower;
  while (!rest.empty() && (rest.front() == '[' || rest.front() == '(')) {
    rest.remove_prefix(1);
  }
  if (holds_voltage(column.field) && rest.starts_with("db")) {
    column.decibels = true;
    column.factor = 1.0;
    return {};
  }
  while (!rest.empty() && (rest.back() == ']' || rest.back() == ')')) {
    rest.remove_suffix(1);
  }
  double many = 1.0;
  const auto [after, code] = std::from_chars(rest.data(), rest.data() + rest.size(), many);
  if (code == std::errc{}) {
    rest = trimmed(rest.substr(static_cast<std::size_t>(after - rest.data())));
  } else {
    many = 1.0;
  }
  for (const Unit& known : units_of(column.field)) {
    if (known.name == rest && many > 0) {
      column.factor = known.factor * many;
      column.decibels = false;
      return {};
    }
  }
  if ((column.field == Field::kCounts || column.field == Field::kRecord) &&
      (rest.empty() || rest == "-" || rest == "1")) {
    return {};
  }
  return fail(Errc::kInvalidArgument,
              fmt::format("'{}' is no unit of {}", whole, field_name(column.field)), {},
              "times are in s, ms, us, ns or as 100ns; amplitude and rms in V, mV, uV or dB; "
              "energy in eu or V2s");
}

Result<void> set_units(std::span<Column> columns, std::span<const std::string> units) {
  for (const std::string& entry : units) {
    const auto equals = entry.find('=');
    const std::string name = lower_case(trimmed(std::string_view(entry).substr(0, equals)));
    bool known = false;
    for (Column& column : columns) {
      if (equals != std::string::npos && column.field != Field::kNone &&
          (lower_case(column.name) == name || field_name(column.field) == name)) {
        known = true;
        if (auto done = set_unit(column, std::string_view(entry).substr(equals + 1)); !done) {
          return done;
        }
      }
    }
    if (!known) {
      return fail(Errc::kInvalidArgument, fmt::format("the unit '{}' is for no column", entry), {},
                  "write COLUMN=UNIT with a column of the table, as in amplitude=mV");
    }
  }
  return {};
}

Result<void> check_columns(std::span<const Column> columns) {
  std::string missing;
  for (const Field wanted : {Field::kAmplitude, Field::kDuration, Field::kEnergy, Field::kRms,
                             Field::kRiseTime, Field::kCounts}) {
    const auto found = std::ranges::count(columns, wanted, &Column::field);
    if (found > 1) {
      return fail(Errc::kMalformed, fmt::format("two columns stand for {}", field_name(wanted)), {},
                  "leave one of them out");
    }
    if (found == 0) {
      missing += fmt::format("{}{}", missing.empty() ? "" : ", ", field_name(wanted));
    }
  }
  if (missing.empty()) {
    return {};
  }
  std::string there;
  for (const Column& column : columns) {
    there += fmt::format("{}{}", there.empty() ? "" : ", ", column.name);
    if (there.size() > 200) {
      there += ", ...";
      break;
    }
  }
  return fail(Errc::kMalformed,
              fmt::format("there is no column for {}; the first line names: {}", missing, there),
              {}, "name the columns amplitude,duration,energy,rms,rise_time,counts");
}

}  // namespace stepcast::acoustic
