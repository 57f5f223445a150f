#include "stepcast/http/text.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace stepcast::http {
namespace {

char to_lower_ascii(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  const char lower = to_lower_ascii(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// Length and smallest code point of the UTF-8 sequence that `lead` begins; length 0: none.
struct Utf8Form {
  std::size_t length = 0;
  std::uint32_t bits = 0;
  std::uint32_t smallest = 0;
};

Utf8Form utf8_form(std::uint8_t lead) {
  if (lead < 0x80) {
    return {1, lead, 0};
  }
  if ((lead & 0xE0U) == 0xC0U) {
    return {2, lead & 0x1FU, 0x80};
  }
  if ((lead & 0xF0U) == 0xE0U) {
    return {3, lead & 0x0FU, 0x800};
  }
  if ((lead & 0xF8U) == 0xF0U) {
    return {4, lead & 0x07U, 0x10000};
  }
  return {};
}

bool is_control(std::uint32_t code) {
  return code < 0x20 || (code >= 0x7F && code < 0xA0);
}

bool is_surrogate(std::uint32_t code) {
  return code >= 0xD800 && code <= 0xDFFF;
}

constexpr std::uint32_t kLastCodePoint = 0x10FFFF;

}  // namespace

bool same_text(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return to_lower_ascii(x) == to_lower_ascii(y); });
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool is_clean_utf8(std::string_view text) {
  while (!text.empty()) {
    const Utf8Form form = utf8_form(static_cast<std::uint8_t>(text.front()));
    if (form.length == 0 || form.length > text.size()) {
      return false;
    }
    std::uint32_t code = form.bits;
    for (const char c : text.substr(1, form.length - 1)) {
      const auto byte = static_cast<std::uint8_t>(c);
      if ((byte & 0xC0U) != 0x80U) {
        return false;
      }
      code = (code << 6U) | (byte & 0x3FU);
    }
    if (code < form.smallest || code > kLastCodePoint || is_surrogate(code) || is_control(code)) {
      return false;
    }
    text.remove_prefix(form.length);
  }
  return true;
}

bool percent_decode(std::string_view text, PlusMeans plus, std::string& out) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '+' && plus == PlusMeans::kSpace) {
      out.push_back(' ');
    } else if (c != '%') {
      out.push_back(c);
    } else {
      if (i + 2 >= text.size()) {
        return false;
      }
      const int high = hex_value(text[i + 1]);
      const int low = hex_value(text[i + 2]);
      if (high < 0 || low < 0) {
        return false;
      }
      out.push_back(static_cast<char>((high << 4) | low));
      i += 2;
    }
  }
  return true;
}

}  // namespace stepcast::http
