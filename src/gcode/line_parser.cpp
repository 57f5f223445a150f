#include "line_parser.hpp"

#include <algorithm>
#include <charconv>

#include "dialect_limits.hpp"
#include "number.hpp"
#include "text.hpp"

namespace stepcast::gcode {
namespace {

// Each letter may stand once, so that the words always fit.
constexpr std::size_t kLetters = 26;
static_assert(Command::kMaxWords >= kLetters);

// The shortest name of an extended command; two letters in a row are rather a damaged code.
constexpr std::ptrdiff_t kMinNameBytes = 3;

std::string_view between(const char* first, const char* last) {
  return {first, static_cast<std::size_t>(last - first)};
}

bool ends_word(char c) {
  return is_blank(c) || is_letter(c) || c == ';' || c == '(' || c == '*';
}

bool starts_number(char c) {
  return is_digit(c) || c == '-' || c == '+' || c == '.';
}

// End of a text that closed quotes protect from ';'. A quote that is never closed is a character
// like any other: 5" is a length.
const char* find_comment(const char* first, const char* last, bool respect_quotes) {
  for (const char* p = first; p != last; ++p) {
    if (*p == ';') {
      return p;
    }
    if (respect_quotes && *p == '"') {
      const char* const close = std::find(p + 1, last, '"');
      if (close == last) {
        respect_quotes = false;
      } else {
        p = close;
      }
    }
  }
  return last;
}

}  // namespace

LineParser::Outcome LineParser::parse(std::string_view text, Command& command) {
  begin_ = text.data();
  p_ = begin_;
  end_ = begin_ + text.size();
  fault_ = {};
  unknown_ = false;
  letters_seen_ = 0;
  first_text_ = nullptr;
  line_number_.reset();

  command.letter = '\0';
  command.number = -1;
  command.subcode = 0;
  command.name = {};
  command.text = {};
  command.comment = {};
  command.word_count = 0;

  if (!parse_line(command) || !check_line_number(command)) {
    return Outcome::kFault;
  }
  const bool blank = command.letter == '\0' && command.name.empty() && command.comment.empty();
  return blank ? Outcome::kBlank : Outcome::kParsed;
}

bool LineParser::fail_at(FaultKind kind, const char* from, const char* to) {
  fault_.kind = kind;
  fault_.begin = static_cast<std::size_t>(from - begin_);
  fault_.end = static_cast<std::size_t>(to - begin_);
  return false;
}

void LineParser::skip_blanks() {
  while (p_ != end_ && is_blank(*p_)) {
    ++p_;
  }
}

const char* LineParser::token_end(const char* from) const {
  return std::find_if(from, end_, [](char c) { return is_blank(c) || c == ';'; });
}

bool LineParser::parse_line(Command& command) {
  skip_blanks();
  sum_begin_ = p_;
  if (!parse_line_number()) {
    return false;
  }
  while (true) {
    skip_blanks();
    if (here() != '(') {
      break;
    }
    if (!parse_bracket_comment(command)) {
      return false;
    }
  }
  if (done() || *p_ == ';' || *p_ == '*') {
    return parse_end(command);
  }
  return parse_command(command);
}

bool LineParser::parse_line_number() {
  if (to_upper(here()) != 'N') {
    return true;
  }
  const char* p = p_ + 1;
  while (p != end_ && is_blank(*p)) {
    ++p;
  }
  if (p == end_ || is_letter(*p) || *p == '_') {
    return true;  // NEXT_LAYER, or no command at all
  }
  std::int64_t number = 0;
  const auto [stop, error] = std::from_chars(p, end_, number);
  const bool fits = error == std::errc{} && number >= -1 && number <= kMaxLineNumber;
  if (!fits || (stop != end_ && !ends_word(*stop))) {
    return fail_at(FaultKind::kBadLineNumber, p_, token_end(p));
  }
  line_number_ = number;
  line_number_at_ = p_;
  p_ = stop;
  return true;
}

bool LineParser::parse_command(Command& command) {
  const char letter = to_upper(*p_);
  const char* const next = p_ + 1;
  if (letter == 'T' && (next == end_ || !is_name_char(*next) || is_digit(*next))) {
    return parse_tool(command);
  }
  if (is_letter(letter) || letter == '_') {
    const char* const letters_end =
        std::find_if(p_, end_, [](char c) { return !is_letter(c) && c != '_'; });
    if (letters_end - p_ >= kMinNameBytes) {
      return parse_name(command);
    }
    if (letter == 'T' && letters_end - p_ == 2) {
      return parse_tool(command);
    }
  }
  if (letter == 'G' || letter == 'M') {
    return parse_code(command, letter);
  }
  return fail_at(FaultKind::kNoCommand, p_, token_end(p_));
}

bool LineParser::parse_code(Command& command, char letter) {
  const char* const start = p_;
  ++p_;
  skip_blanks();
  int number = 0;
  const auto code = std::from_chars(p_, end_, number);
  if (p_ == end_ || !is_digit(*p_)) {
    return fail_at(FaultKind::kNoCode, start, token_end(start));
  }
  int subcode = 0;
  const char* stop = code.ptr;
  bool fits = code.ec == std::errc{} && number <= kMaxCode;
  if (stop != end_ && *stop == '.') {
    if (stop + 1 == end_ || !is_digit(stop[1])) {
      return fail_at(FaultKind::kNoCode, start, token_end(start));
    }
    const auto sub = std::from_chars(stop + 1, end_, subcode);
    fits = fits && sub.ec == std::errc{} && subcode <= kMaxSubcode;
    stop = sub.ptr;
  }
  if (!fits) {
    return fail_at(FaultKind::kCodeTooLarge, start, stop);
  }
  p_ = stop;
  command.letter = letter;
  command.number = number;
  command.subcode = subcode;

  const KnownCode* const known = find_code(letter, number, subcode);
  if (known == nullptr) {
    unknown_ = true;
    return parse_unknown(command);
  }
  if (known->text == TextRule::kRestOfLine) {
    return take_rest(command, false);
  }
  return parse_words(command, {known->lonely, known->text, false});
}

// T0, T-1 (no tool), and the T?, Tx and Tc of material units.
bool LineParser::parse_tool(Command& command) {
  const char* const start = p_;
  ++p_;
  skip_blanks();
  command.letter = 'T';
  const char sign = to_upper(here());
  if (sign == '?' || sign == 'X' || sign == 'C') {
    command.text = between(p_, p_ + 1);
    ++p_;
  } else if (is_digit(sign) || sign == '-') {
    int number = 0;
    const auto [stop, error] = std::from_chars(p_, end_, number);
    if (error != std::errc{} || number > kMaxCode || number < -1) {
      return fail_at(FaultKind::kCodeTooLarge, start, token_end(start));
    }
    command.number = number;
    p_ = stop;
  } else if (!done() && !ends_word(sign)) {
    return fail_at(FaultKind::kNoCode, start, token_end(start));
  }
  return parse_words(command, {LonelyLetters::kRefused, TextRule::kQuoted, false});
}

bool LineParser::parse_name(Command& command) {
  const char* const start = p_;
  p_ = std::find_if(p_, end_, [](char c) { return !is_name_char(c); });
  if (static_cast<std::size_t>(p_ - start) > kMaxNameBytes) {
    return fail_at(FaultKind::kNameTooLong, start, p_);
  }
  command.name = between(start, p_);
  unknown_ = !is_known_name(command.name);
  return parse_parameters(command);
}

// NAME=VALUE, where a value is quoted or free of blanks. They are checked and kept as text.
bool LineParser::parse_parameters(Command& command) {
  skip_blanks();
  const char* const text = p_;
  while (!done() && *p_ != ';' && *p_ != '*') {
    const char* const start = p_;
    p_ = std::find_if(p_, end_, [](char c) { return !is_name_char(c); });
    if (p_ == start || here() != '=') {
      return fail_at(FaultKind::kBadParameters, start, token_end(start));
    }
    ++p_;
    if (here() == '"' || here() == '\'') {
      const char* const close = std::find(p_ + 1, end_, *p_);
      if (close == end_) {
        return fail_at(FaultKind::kOpenQuote, p_, p_ + 1);
      }
      p_ = close + 1;
    } else {
      p_ = std::find_if(p_, end_, [&](char c) {
        return is_blank(c) || c == ';' || (c == '*' && line_number_.has_value());
      });
    }
    skip_blanks();
  }
  command.text = trim_right(between(text, p_));
  return parse_end(command);
}

// Nobody knows the grammar of a code that nobody knows: words if it reads as words, else text.
bool LineParser::parse_unknown(Command& command) {
  const char* const start = p_;
  if (parse_words(command, {})) {
    return true;
  }
  if (fault_.kind == FaultKind::kChecksumMismatch || fault_.kind == FaultKind::kOpenComment) {
    return false;
  }
  fault_ = {};
  p_ = start;
  command.word_count = 0;
  command.text = {};
  command.comment = {};
  return take_rest(command, true);
}

bool LineParser::parse_words(Command& command, const WordRules& rules) {
  while (true) {
    skip_blanks();
    if (done() || *p_ == ';' || *p_ == '*') {
      return parse_end(command);
    }
    if (*p_ == '(' && rules.text != TextRule::kAfterNumbers) {
      if (!parse_bracket_comment(command)) {
        return false;
      }
      continue;
    }
    const char* const at = p_;
    const char letter = to_upper(*at);
    if (rules.text == TextRule::kAfterNumbers) {
      const bool number_follows = at + 1 != end_ && starts_number(at[1]);
      if ((letter != 'P' && letter != 'S') || !number_follows) {
        return take_rest(command, false);
      }
    }
    if (!is_letter(letter)) {
      return fail_at(FaultKind::kUnexpected, at, token_end(at));
    }
    if (!rules.may_hold_codes && (letter == 'G' || letter == 'M')) {
      return fail_at(FaultKind::kTwoCommands, at, token_end(at));
    }
    const std::uint32_t bit = std::uint32_t{1} << static_cast<unsigned>(letter - 'A');
    if ((letters_seen_ & bit) != 0) {
      return fail_at(FaultKind::kDuplicateWord, at, token_end(at));
    }
    letters_seen_ |= bit;
    ++p_;
    skip_blanks();
    if (!parse_value(command, rules, at)) {
      return false;
    }
  }
}

bool LineParser::parse_value(Command& command, const WordRules& rules, const char* letter) {
  Word& word = command.word_storage[command.word_count];
  word = {to_upper(*letter), 0.0, false, false};
  ++command.word_count;
  const char c = here();
  if (rules.text == TextRule::kBehindA && word.letter == 'A') {
    return c == '"' ? parse_quoted(command, rules, letter) : take_rest(command, false);
  }
  if (starts_number(c)) {
    const auto number = parse_number(p_, end_);
    if (number.status == NumberStatus::kTooLong) {
      return fail_at(FaultKind::kNumberTooLong, letter, number.end);
    }
    const bool ends = number.end == end_ || ends_word(*number.end);
    if (number.status == NumberStatus::kNoDigits || !ends) {
      return fail_at(FaultKind::kNotANumber, letter, token_end(p_));
    }
    word.value = number.value;
    word.has_value = true;
    p_ = number.end;
    return true;
  }
  if (c == '{' || c == '[') {
    word.is_expression = true;
    return parse_expression(command, letter);
  }
  if (c == '"') {
    return parse_quoted(command, rules, letter);
  }
  if (p_ != end_ && !ends_word(c)) {
    return fail_at(FaultKind::kNotANumber, letter, token_end(p_));
  }
  if (rules.lonely == LonelyLetters::kRefused) {
    return fail_at(FaultKind::kNoNumber, letter, p_);
  }
  return true;
}

// The content goes to command.text. When a line holds several texts, they are kept together as
// written, from the first quote to the last.
bool LineParser::parse_quoted(Command& command, const WordRules& rules, const char* letter) {
  if (rules.text == TextRule::kNever) {
    return fail_at(FaultKind::kTextInMove, letter, token_end(p_));
  }
  const char* const open = p_;
  const char* close = std::find(open + 1, end_, '"');
  while (close != end_ && close + 1 != end_ && close[1] == '"') {
    close = std::find(close + 2, end_, '"');  // "" inside a text is a quote
  }
  if (close == end_) {
    return fail_at(FaultKind::kOpenQuote, open, open + 1);
  }
  p_ = close + 1;
  if (first_text_ == nullptr) {
    first_text_ = open;
    command.text = between(open + 1, close);
  } else {
    command.text = between(first_text_, p_);
  }
  return true;
}

// Balanced braces or brackets; the raw text of the first one is kept, nothing is evaluated.
bool LineParser::parse_expression(Command& command, const char* letter) {
  const char* const open = p_;
  std::size_t depth = 0;
  for (; p_ != end_; ++p_) {
    if (*p_ == '{' || *p_ == '[') {
      ++depth;
    } else if (*p_ == '}' || *p_ == ']') {
      --depth;
      if (depth == 0) {
        ++p_;
        if (first_text_ == nullptr) {
          first_text_ = open;
          command.text = between(open, p_);
        }
        if (p_ != end_ && !ends_word(*p_)) {
          return fail_at(FaultKind::kNotANumber, letter, token_end(p_));
        }
        return true;
      }
    }
  }
  return fail_at(FaultKind::kOpenExpression, open, open + 1);
}

// What may stand behind a command: comments in brackets, a checksum, a comment.
bool LineParser::parse_end(Command& command) {
  if (here() == '*' && !parse_checksum()) {
    return false;
  }
  if (here() == ';') {
    const auto comment = trim_right(between(p_ + 1, end_));
    if (!trim_left(comment).empty()) {
      command.comment = comment;
    }
    p_ = end_;
  }
  return true;
}

// The first comment of a line is kept, but one behind ';' wins.
bool LineParser::parse_bracket_comment(Command& command) {
  const char* const open = p_;
  const char* const close = std::find(open, end_, ')');
  if (close == end_) {
    return fail_at(FaultKind::kOpenComment, open, open + 1);
  }
  const auto comment = trim_right(between(open + 1, close));
  if (command.comment.empty() && !trim_left(comment).empty()) {
    command.comment = comment;
  }
  p_ = close + 1;
  return true;
}

// `*` and the XOR of all bytes before it.
bool LineParser::parse_checksum() {
  const char* const star = p_;
  unsigned char sum = 0;
  for (const char* p = sum_begin_; p != star; ++p) {
    sum = static_cast<unsigned char>(sum ^ static_cast<unsigned char>(*p));
  }
  unsigned char stated = 0;
  ++p_;
  skip_blanks();
  const auto [stop, error] = std::from_chars(p_, end_, stated);
  const bool read = error == std::errc{};
  p_ = stop;
  skip_blanks();
  if (!read || (!done() && *p_ != ';')) {
    return fail_at(FaultKind::kBadChecksum, star, token_end(star));
  }
  if (stated != sum) {
    fault_.expected = sum;
    fault_.actual = stated;
    return fail_at(FaultKind::kChecksumMismatch, star, stop);
  }
  return true;
}

// The rest of the line is text, up to a comment. A checksum stands behind it only on a numbered
// line; elsewhere '*' is text.
bool LineParser::take_rest(Command& command, bool respect_quotes) {
  const char* const first = p_;
  p_ = find_comment(first, end_, respect_quotes);
  if (line_number_.has_value()) {
    const auto star = between(first, p_).rfind('*');
    if (star != std::string_view::npos) {
      p_ = first + star;
    }
  }
  command.text = trim(between(first, p_));
  return parse_end(command);
}

bool LineParser::check_line_number(const Command& command) {
  if (command.is('M', 110)) {
    const auto word = command.value('N');
    constexpr auto kLargest = static_cast<double>(kMaxLineNumber);
    if (word.has_value() && *word >= -1.0 && *word <= kLargest) {
      last_number_ = static_cast<std::int64_t>(*word);
    } else if (line_number_.has_value()) {
      last_number_ = line_number_;
    }
    return true;
  }
  if (!line_number_.has_value()) {
    return true;
  }
  if (last_number_.has_value() && *line_number_ - 1 != *last_number_) {
    fault_.expected = *last_number_ + 1;
    fault_.actual = *line_number_;
    return fail_at(FaultKind::kLineNumberOutOfRow, line_number_at_, token_end(line_number_at_));
  }
  last_number_ = line_number_;
  return true;
}

}  // namespace stepcast::gcode
