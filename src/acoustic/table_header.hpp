#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "stepcast/base/result.hpp"

namespace stepcast::acoustic {

enum class Field : std::uint8_t {
  kNone,
  kTime,
  kClock,         // hh:mm:ss
  kMilliseconds,  // beside a clock
  kRecord,
  kAmplitude,
  kDuration,
  kEnergy,
  kRms,
  kRiseTime,
  kCounts,
  kLabel,
  kWaveform,
  kKind,  // Vallen: "Ht" is a hit, others are not
};

struct Column {
  std::string name;  // as the file has it
  Field field = Field::kNone;
  double factor = 1.0;  // to V, s, eu
  bool decibels = false;
};

/// The field that a name stands for, its unit taken off; kNone for an unknown name.
[[nodiscard]] Column column_of(std::string_view name);

/// Applies "mV", "100ns", "dB(AE)", "[us]" to a column.
/// @returns kInvalidArgument for a unit that is not known or not one of this quantity
[[nodiscard]] Result<void> set_unit(Column& column, std::string_view unit);

/// Applies "amplitude=mV" to the column of that name.
[[nodiscard]] Result<void> set_units(std::span<Column> columns, std::span<const std::string> units);

/// @returns kMalformed, naming what is missing, unless all six features are there
[[nodiscard]] Result<void> check_columns(std::span<const Column> columns);

/// The field's name in our own tables.
[[nodiscard]] std::string_view field_name(Field field);

[[nodiscard]] std::string lower_case(std::string_view text);
[[nodiscard]] std::string_view trimmed(std::string_view text);

}  // namespace stepcast::acoustic
