#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace stepcast::gcode {

/// One parameter of a command: `X12.5` is {'X', 12.5}.
struct Word {
  char letter{};         ///< Upper case.
  double value{};        ///< 0 for a flag (`X` alone) and for an expression.
  bool has_value{};      ///< False for a flag, as in `G28 X`.
  bool is_expression{};  ///< `X{...}` or `X[...]`: kept, not evaluated.
};

/// One line of a job, parsed: a command with its words, an annotation in a comment, or both.
///
/// All views point into the reader's buffer and are valid until the next line is read.
struct Command {
  static constexpr std::size_t kMaxWords = 32;

  char letter{};          ///< 'G', 'M', 'T'; 0 when the line holds no such command.
  int number{-1};         ///< 92 in `G92.1`; -1 when there is none.
  int subcode{};          ///< 1 in `G92.1`.
  std::string_view name;  ///< Extended command (`EXCLUDE_OBJECT_START`); then letter is 0.
  /// Free text of M117, M118, M23, M28, M486 A"..", the parameters of an extended command, a quoted
  /// parameter without its quotes (several: as written, with quotes), an unknown code's parameters
  /// that do not read as words, else the first expression as written.
  std::string_view text;
  /// After `;` or inside `( )`, without the marker, trimmed on the right. Blank comments are none.
  std::string_view comment;
  std::int64_t line{};  ///< Counts from 1.
  std::size_t word_count{};
  std::array<Word, kMaxWords> word_storage{};

  [[nodiscard]] std::span<const Word> words() const { return {word_storage.data(), word_count}; }
  [[nodiscard]] bool is(char l, int n) const { return letter == l && number == n; }
  /// The word is present, with or without a value.
  [[nodiscard]] const Word* find(char word_letter) const;
  /// The number behind the letter; nothing when absent or a bare flag.
  [[nodiscard]] std::optional<double> value(char word_letter) const;
};

}  // namespace stepcast::gcode
