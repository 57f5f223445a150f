#pragma once

#include <cstddef>
#include <cstdint>

namespace stepcast::gcode {

/// A job writes at most this many characters for a number. A double printed in full takes about 40;
/// more is damage, and a bound keeps every value finite.
inline constexpr std::size_t kMaxNumberChars = 64;

enum class NumberStatus : std::uint8_t { kOk, kNoDigits, kTooLong };

struct ParsedNumber {
  double value{};
  const char* end{};  ///< Behind the last character that belongs to the number.
  NumberStatus status{NumberStatus::kNoDigits};
};

/// Reads `[+-]digits[.digits]`, correctly rounded and without a locale. There is no exponent: in
/// G-code E is a word.
[[nodiscard]] ParsedNumber parse_number(const char* first, const char* last);

}  // namespace stepcast::gcode
