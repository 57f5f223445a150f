#include "base64.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace stepcast::gcode {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t kNoDigit = 0xFF;

constexpr std::array<std::uint8_t, 256> make_digits() {
  std::array<std::uint8_t, 256> digits{};
  digits.fill(kNoDigit);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    digits[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return digits;
}

constexpr auto kDigits = make_digits();

std::uint8_t digit(char c) {
  return kDigits[static_cast<unsigned char>(c)];
}

std::string_view without_padding(std::string_view text) {
  for (int i = 0; i < 2 && !text.empty() && text.back() == '='; ++i) {
    text.remove_suffix(1);
  }
  return text;
}

}  // namespace

bool is_base64(std::string_view text) {
  const auto digits = without_padding(text);
  return std::all_of(digits.begin(), digits.end(), [](char c) { return digit(c) != kNoDigit; });
}

bool append_base64(std::string_view text, std::vector<std::byte>& out) {
  if (text.size() % 4 != 0 || !is_base64(text)) {
    return false;
  }
  text = without_padding(text);
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const char c : text) {
    bits = (bits << 6U) | digit(c);
    held += 6;
    if (held >= 8) {
      held -= 8;
      out.push_back(static_cast<std::byte>(bits >> held));
      bits &= (1U << held) - 1U;
    }
  }
  return true;
}

}  // namespace stepcast::gcode
