#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "stepcast/gcode/command.hpp"
#include "stepcast/gcode/dialect.hpp"

#include "parse_fault.hpp"

namespace stepcast::gcode {

/// One line of text to one Command. Remembers the last line number, nothing else of the job.
///
/// Cost: one pass over the line, no allocation.
class LineParser {
 public:
  enum class Outcome : std::uint8_t { kBlank, kParsed, kFault };

  /// `command.line` is left alone. The views in `command` point into `text`.
  [[nodiscard]] Outcome parse(std::string_view text, Command& command);

  /// After kFault.
  [[nodiscard]] const ParseFault& fault() const { return fault_; }
  /// The dialect does not know the command of the last line.
  [[nodiscard]] bool is_unknown() const { return unknown_; }

 private:
  // What the words of the command in hand may look like.
  struct WordRules {
    LonelyLetters lonely{LonelyLetters::kAllowed};
    TextRule text{TextRule::kQuoted};
    bool may_hold_codes{true};  // G and M as parameter letters
  };

  bool parse_line(Command& command);
  bool parse_line_number();
  bool parse_command(Command& command);
  bool parse_code(Command& command, char letter);
  bool parse_tool(Command& command);
  bool parse_name(Command& command);
  bool parse_parameters(Command& command);
  bool parse_unknown(Command& command);
  bool parse_words(Command& command, const WordRules& rules);
  bool parse_value(Command& command, const WordRules& rules, const char* letter);
  bool parse_quoted(Command& command, const WordRules& rules, const char* letter);
  bool parse_expression(Command& command, const char* letter);
  bool parse_end(Command& command);
  bool parse_bracket_comment(Command& command);
  bool parse_checksum();
  bool take_rest(Command& command, bool respect_quotes);
  bool check_line_number(const Command& command);

  [[nodiscard]] bool done() const { return p_ == end_; }
  [[nodiscard]] char here() const { return p_ == end_ ? '\0' : *p_; }
  void skip_blanks();
  [[nodiscard]] const char* token_end(const char* from) const;
  bool fail_at(FaultKind kind, const char* from, const char* to);

  const char* begin_{};      // of the line
  const char* sum_begin_{};  // where the checksum starts: the first character that is not blank
  const char* p_{};
  const char* end_{};
  const char* line_number_at_{};
  std::optional<std::int64_t> line_number_;  // of this line
  std::optional<std::int64_t> last_number_;
  std::uint32_t letters_seen_{};
  const char* first_text_{};  // opening quote or bracket of the first text of this line
  ParseFault fault_;
  bool unknown_{};
};

}  // namespace stepcast::gcode
