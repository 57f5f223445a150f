#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

/// Words and numbers of the control channel, without the locale, heap or division of the libraries.
namespace stepcast::wire {

/// Takes the next word (up to a blank) off the front of `text`; empty when there is none left.
constexpr std::string_view take_word(std::string_view& text) {
  while (!text.empty() && text.front() == ' ') {
    text.remove_prefix(1);
  }
  std::string_view word = text;
  std::size_t length = 0;
  while (length < text.size() && text[length] != ' ') {
    ++length;
  }
  word.remove_suffix(text.size() - length);
  text.remove_prefix(length);
  return word;
}

/// Reads all of `digits` as a decimal number.
/// @returns false, leaving `value`, on anything else, or above `limit`.
constexpr bool parse_decimal(std::string_view digits, std::uint64_t limit, std::uint64_t& value) {
  // The greatest number that can take one more digit without wrapping: (2^64 - 1 - 9) / 10.
  constexpr std::uint64_t kRoomForADigit = (~std::uint64_t{0} - 9) / 10;
  if (digits.empty()) {
    return false;
  }
  std::uint64_t sum = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9' || sum > kRoomForADigit) {
      return false;
    }
    sum = sum * 10 + static_cast<std::uint64_t>(c - '0');
  }
  if (sum > limit) {
    return false;
  }
  value = sum;
  return true;
}

/// Reads a number with at most two decimals, "-12.5", as hundredths; below 10 million in magnitude.
/// @returns false, leaving `value`, on anything else.
constexpr bool parse_centi(std::string_view text, std::int32_t& value) {
  constexpr std::uint64_t kLimit = 10'000'000;
  const bool negative = !text.empty() && text.front() == '-';
  if (negative) {
    text.remove_prefix(1);
  }
  std::size_t whole_digits = 0;
  while (whole_digits < text.size() && text[whole_digits] != '.') {
    ++whole_digits;
  }
  std::string_view whole = text;
  whole.remove_suffix(text.size() - whole_digits);
  text.remove_prefix(whole_digits);
  std::uint64_t magnitude = 0;
  if (!parse_decimal(whole, kLimit - 1, magnitude)) {
    return false;
  }
  magnitude *= 100;
  if (!text.empty()) {
    text.remove_prefix(1);
    std::uint64_t part = 0;
    if (text.size() > 2 || !parse_decimal(text, 99, part)) {
      return false;
    }
    magnitude += text.size() == 1 ? 10 * part : part;
  }
  const auto wide = static_cast<std::int32_t>(magnitude);
  value = negative ? -wide : wide;
  return true;
}

/// Reads exactly 16 lower-case hexadecimal digits: a session id.
constexpr bool parse_hex64(std::string_view digits, std::uint64_t& value) {
  if (digits.size() != 16) {
    return false;
  }
  std::uint64_t sum = 0;
  for (const char c : digits) {
    std::uint64_t digit = 0;
    if (c >= '0' && c <= '9') {
      digit = static_cast<std::uint64_t>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      digit = static_cast<std::uint64_t>(c - 'a') + 10;
    } else {
      return false;
    }
    sum = (sum << 4U) | digit;
  }
  value = sum;
  return true;
}

/// A line of bounded length that is put together piece by piece. What does not fit is dropped and
/// remembered in `overflowed()`.
template <std::size_t Capacity>
class LineBuffer {
 public:
  constexpr void clear() {
    size_ = 0;
    overflowed_ = false;
  }

  constexpr LineBuffer& add(char c) {
    if (size_ == Capacity) {
      overflowed_ = true;
    } else {
      text_[size_++] = c;
    }
    return *this;
  }

  constexpr LineBuffer& add(std::string_view text) {
    for (const char c : text) {
      add(c);
    }
    return *this;
  }

  constexpr LineBuffer& add_decimal(std::uint64_t value) {
    // By subtraction: a 64-bit division would pull a library routine into the firmware.
    bool started = false;
    for (std::size_t place = kPowersOfTen.size(); place-- > 0;) {
      char digit = '0';
      while (value >= kPowersOfTen[place]) {
        value -= kPowersOfTen[place];
        ++digit;
      }
      started = started || digit != '0' || place == 0;
      if (started) {
        add(digit);
      }
    }
    return *this;
  }

  constexpr LineBuffer& add_signed(std::int32_t value) {
    const auto wide = static_cast<std::int64_t>(value);
    if (wide < 0) {
      add('-');
    }
    return add_decimal(static_cast<std::uint64_t>(wide < 0 ? -wide : wide));
  }

  /// Hundredths, with two decimals.
  constexpr LineBuffer& add_centi(std::int32_t value) {
    const auto wide = static_cast<std::int64_t>(value);
    const auto magnitude = static_cast<std::uint32_t>(wide < 0 ? -wide : wide);
    if (wide < 0) {
      add('-');
    }
    add_decimal(magnitude / 100).add('.');
    return add(static_cast<char>('0' + magnitude % 100 / 10))
        .add(static_cast<char>('0' + magnitude % 10));
  }

  constexpr LineBuffer& add_hex64(std::uint64_t value) {
    for (int shift = 60; shift >= 0; shift -= 4) {
      add("0123456789abcdef"[(value >> static_cast<unsigned>(shift)) & 0xFU]);
    }
    return *this;
  }

  [[nodiscard]] constexpr std::string_view view() const {
    return std::string_view(text_.data(), size_);
  }
  [[nodiscard]] constexpr bool overflowed() const { return overflowed_; }

 private:
  static constexpr auto kPowersOfTen = [] {
    std::array<std::uint64_t, 20> powers{};
    std::uint64_t power = 1;
    for (auto& entry : powers) {
      entry = power;
      power *= 10;
    }
    return powers;
  }();

  std::array<char, Capacity> text_{};
  std::size_t size_ = 0;
  bool overflowed_ = false;
};

}  // namespace stepcast::wire
