#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace stepcast::gcode {

enum class FaultKind : std::uint8_t {
  kNone,
  kNotANumber,         ///< `X--3`, `X1.2.3`, `X1,5`.
  kNumberTooLong,      ///< More than kMaxNumberChars.
  kNoNumber,           ///< `G1 X`: a letter that needs a number stands alone.
  kDuplicateWord,      ///< `G1 X1 X2`.
  kTwoCommands,        ///< `G90 G1 X1`.
  kTextInMove,         ///< `G1 X"a"`.
  kUnexpected,         ///< A character that starts no word.
  kNoCommand,          ///< The line starts with something that is no command.
  kNoCode,             ///< `G` or `M` without a number.
  kCodeTooLarge,       ///< `G123456`.
  kNameTooLong,        ///< Extended command.
  kBadParameters,      ///< Extended command with something other than NAME=VALUE.
  kOpenComment,        ///< `(` without `)`.
  kOpenQuote,          ///< `"` without `"`.
  kOpenExpression,     ///< `{` or `[` without its end.
  kBadChecksum,        ///< `*` without a number from 0 to 255, or with more behind it.
  kChecksumMismatch,   ///< expected: what the line sums to; actual: what it says.
  kBadLineNumber,      ///< `N` with something that is no integer.
  kLineNumberOutOfRow  ///< expected and actual.
};

/// Why a line cannot be read. Text is made from it only when it is reported, so that trying a line
/// costs no allocation.
struct ParseFault {
  FaultKind kind{FaultKind::kNone};
  std::size_t begin{};  ///< Offset of the culprit in the line; the column is one more.
  std::size_t end{};
  std::int64_t expected{};
  std::int64_t actual{};
};

struct FaultText {
  std::string message;
  std::string remedy;
};

[[nodiscard]] FaultText describe(const ParseFault& fault, std::string_view line);

/// For messages: at most a few words of it, quoted, anything unprintable as \xNN.
[[nodiscard]] std::string quoted(std::string_view text);

}  // namespace stepcast::gcode
