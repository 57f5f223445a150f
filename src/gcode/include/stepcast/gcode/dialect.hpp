#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace stepcast::gcode {

/// Whether a letter may stand without a number, as X in `G28 X`. Where it may not, a lonely letter
/// is a sign of a line that was cut off.
enum class LonelyLetters : std::uint8_t { kRefused, kAllowed };

/// Where a command carries text.
enum class TextRule : std::uint8_t {
  kQuoted,        ///< Only between quotes behind a letter: `M862.3 P "MK3S"`.
  kNever,         ///< Moves and modes: a quote is an error.
  kRestOfLine,    ///< `M117 Hello`.
  kAfterNumbers,  ///< `M0 P500 Take it off`: from the first thing that is not P or S with a number.
  kBehindA,       ///< `M486 A"part 1"` and `M486 Apart 1`.
};

struct KnownCode {
  char letter{};
  int number{};
  int subcode{};
  LonelyLetters lonely{};
  TextRule text{};
  std::string_view meaning;  ///< One line; also the table in docs/gcode.md.
};

struct KnownName {
  std::string_view name;
  std::string_view meaning;
};

/// Every G and M code of the dialect, in order. T is known with every number.
[[nodiscard]] std::span<const KnownCode> known_codes();

/// Every extended command of the dialect.
[[nodiscard]] std::span<const KnownName> known_names();

/// @returns null for a code that the dialect does not know. Constant time for subcode 0.
[[nodiscard]] const KnownCode* find_code(char letter, int number, int subcode);

/// Ignores case.
[[nodiscard]] bool is_known_name(std::string_view name);

}  // namespace stepcast::gcode
