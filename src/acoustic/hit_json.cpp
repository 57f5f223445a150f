#include <cmath>
#include <string>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "hit_text.hpp"

namespace stepcast::acoustic {
namespace {

using JsonValue = nlohmann::json;

Result<double> json_number(const JsonValue& value, const std::string& key, bool may_be_negative) {
  if (!value.is_number() || !std::isfinite(value.get<double>()) ||
      (!may_be_negative && value.get<double>() < 0)) {
    return fail(
        Errc::kMalformed,
        fmt::format("key '{}': {} is not a number{}", key,
                    value.dump(-1, ' ', false, JsonValue::error_handler_t::replace).substr(0, 40),
                    may_be_negative ? "" : " from 0"));
  }
  return value.get<double>();
}

// The root of the mean square, as the source system derives it from the samples.
Result<double> rms_of(const JsonValue& data) {
  double squares = 0;
  for (const JsonValue& sample : data) {
    auto value = json_number(sample, "data", true);
    if (!value) {
      return value;
    }
    squares += *value * *value;
  }
  return std::sqrt(squares / static_cast<double>(data.size()));
}

std::string joined(const JsonValue& data) {
  std::string text;
  for (const JsonValue& sample : data) {
    text += fmt::format("{}{}", text.empty() ? "" : ",", sample.get<double>());
  }
  return text;
}

}  // namespace

Result<void> fill_row_from_json(std::string_view line, bool keep_waveform, HitRow& row) {
  const JsonValue object = JsonValue::parse(line, nullptr, false);
  if (!object.is_object()) {
    return fail(Errc::kMalformed, "the line is not one JSON object", {},
                "write one hit a line, as {\"amplitude\": ..., \"duration\": ...}");
  }
  std::vector<Column> columns;
  for (const auto& [key, value] : object.items()) {
    Column column = column_of(key);
    if (column.field == Field::kWaveform || column.field == Field::kNone ||
        column.field == Field::kKind) {
      continue;
    }
    if (column.field == Field::kLabel) {
      const std::string text =
          value.is_string() ? value.get<std::string>()
                            : value.dump(-1, ' ', false, JsonValue::error_handler_t::replace);
      auto filled = fill_row({column}, {text}, false, row);
      if (!filled) {
        return tl::unexpected(filled.error());
      }
      continue;
    }
    auto number = json_number(value, key, column.field == Field::kTime || column.decibels);
    if (!number) {
      return tl::unexpected(number.error());
    }
    const double scaled = column.decibels ? from_decibels(*number).v : *number * column.factor;
    if (!std::isfinite(scaled)) {
      return fail(Errc::kMalformed, fmt::format("key '{}': {} is too large", key, *number));
    }
    set_field(row.hit, column.field, scaled);
    columns.push_back(column);
  }
  const auto data = object.find("data");
  if (data != object.end() && data->is_array() && !data->empty()) {
    auto rms = rms_of(*data);
    if (!rms) {
      return tl::unexpected(rms.error());
    }
    if (!object.contains("rms")) {
      row.hit.rms = Volts{*rms};
      columns.push_back({.name = "data", .field = Field::kRms});
    }
    if (keep_waveform) {
      row.waveform = joined(*data);
    }
  }
  return check_columns(columns);
}

}  // namespace stepcast::acoustic
