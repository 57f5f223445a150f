#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "stepcast/base/units.hpp"

/// Values as slicers write them into comments. All of them give nothing for what they do not
/// understand: a header is a claim, and half a claim is worthless.
namespace stepcast::gcode {

/// A finite number at the front of `text`, an exponent allowed; removes it.
[[nodiscard]] std::optional<double> take_number(std::string_view& text);

/// The whole of `text` is one number.
[[nodiscard]] std::optional<double> whole_number(std::string_view text);

/// The whole of `text` is an integer that fits.
[[nodiscard]] std::optional<std::int64_t> whole_integer(std::string_view text);

/// "1d 2h 3m 4s", "0 hours 12 minutes", "1 hour 5 min 3.5 sec". @returns nothing for zero.
[[nodiscard]] std::optional<Seconds> duration(std::string_view text);

/// "1.2, 3.4" with an optional unit behind each: the sum, since each extruder has its own entry.
[[nodiscard]] std::optional<double> sum_of_list(std::string_view text, std::string_view unit);

/// "215,215,215" or "215;215": the first, for the first tool.
[[nodiscard]] std::optional<double> first_of_list(std::string_view text);

}  // namespace stepcast::gcode
