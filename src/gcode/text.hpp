#pragma once

#include <string_view>

/// Character tests that do not depend on a locale, shared by the files of this library.
namespace stepcast::gcode {

constexpr bool is_blank(char c) {
  return c == ' ' || c == '\t';
}
constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr char to_upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}
constexpr bool is_letter(char c) {
  const char upper = to_upper(c);
  return upper >= 'A' && upper <= 'Z';
}
/// May stand in the name of an extended command.
constexpr bool is_name_char(char c) {
  return is_letter(c) || is_digit(c) || c == '_';
}

constexpr std::string_view trim_right(std::string_view text) {
  while (!text.empty() && (is_blank(text.back()) || text.back() == '\r' || text.back() == '\n')) {
    text.remove_suffix(1);
  }
  return text;
}
constexpr std::string_view trim_left(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) {
    text.remove_prefix(1);
  }
  return text;
}
constexpr std::string_view trim(std::string_view text) {
  return trim_left(trim_right(text));
}

constexpr bool equal_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) {
    return false;
  }
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (to_upper(a[i]) != to_upper(b[i])) {
      return false;
    }
  }
  return true;
}

/// Removes `prefix` from the front of `text` if it is there.
constexpr bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) {
    return false;
  }
  text.remove_prefix(prefix.size());
  return true;
}

}  // namespace stepcast::gcode
