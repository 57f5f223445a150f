#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "stepcast/acoustic/hit_table.hpp"
#include "stepcast/base/result.hpp"

#include "table_header.hpp"

namespace stepcast::acoustic {

/// What separates the columns of a table.
struct Separator {
  char character = ',';
  bool runs = false;  // of blanks: any number of them is one
};

/// The separator that a line of names has.
[[nodiscard]] Separator separator_of(std::string_view names);
/// The parts of a line; views into it.
void split(std::string_view line, Separator separator, std::vector<std::string_view>& parts);

/// A line of units ("[dB] [us]") below a line of names; each goes to the name above it.
[[nodiscard]] bool is_unit_line(std::string_view line);
[[nodiscard]] Result<void> apply_unit_line(std::string_view names, std::string_view units,
                                           Separator separator, std::vector<Column>& columns);

/// Fills a row from the parts of a line. @returns false for a row that is no hit.
[[nodiscard]] Result<bool> fill_row(const std::vector<Column>& columns,
                                    const std::vector<std::string_view>& parts, bool keep_waveform,
                                    HitRow& row);

/// Fills a row from one JSON object.
[[nodiscard]] Result<void> fill_row_from_json(std::string_view line, bool keep_waveform,
                                              HitRow& row);

/// Puts a number into the hit, in V, s and eu.
void set_field(Hit& hit, Field field, double value);

}  // namespace stepcast::acoustic
