#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "stepcast/wire/text.hpp"

/// Lines from device to host (protocol/control.md section 3):
///
///     ok <verb> key=value key=value ...
///     err <code> <text for a person>
namespace stepcast::wire {

/// The longest reply without its line end: a `status` with every number at its longest has 274.
inline constexpr std::size_t kMaxControlReply = 384;

/// A reply, as views into the line that it was read from.
struct ControlReply {
  bool ok = false;
  std::string_view verb;  ///< Of `ok`: the command that is answered.
  std::string_view code;  ///< Of `err`: one word for machines.
  std::string_view rest;  ///< Of `ok`: the pairs; of `err`: the text.

  /// The value of `key`; empty if the reply does not have it. Unknown keys are skipped: a later
  /// device may say more.
  [[nodiscard]] constexpr std::string_view value(std::string_view key) const {
    std::string_view pairs = rest;
    for (std::string_view word = take_word(pairs); !word.empty(); word = take_word(pairs)) {
      if (word.size() > key.size() && word.starts_with(key) && word[key.size()] == '=') {
        word.remove_prefix(key.size() + 1);
        return word;
      }
    }
    return {};
  }

  /// The value of `key` as a number up to `limit`.
  /// @returns false, leaving `number`, if it is absent or is not one.
  [[nodiscard]] constexpr bool number(std::string_view key, std::uint64_t limit,
                                      std::uint64_t& number) const {
    return ok && parse_decimal(value(key), limit, number);
  }

  /// The value of `key` as a signed 32-bit number: a motor position.
  [[nodiscard]] constexpr bool position(std::string_view key, std::int32_t& steps) const {
    constexpr std::int64_t kLargest = 0x7FFFFFFF;
    std::string_view digits = ok ? value(key) : std::string_view{};
    const bool negative = !digits.empty() && digits.front() == '-';
    if (negative) {
      digits.remove_prefix(1);
    }
    std::uint64_t magnitude = 0;
    if (!parse_decimal(digits, static_cast<std::uint64_t>(kLargest) + (negative ? 1U : 0U),
                       magnitude)) {
      return false;
    }
    const auto wide = static_cast<std::int64_t>(magnitude);
    steps = static_cast<std::int32_t>(negative ? -wide : wide);
    return true;
  }
};

/// Reads one line without its "\n". `reply` points into `text`.
/// @returns false, leaving `reply`, if it is not a reply of this protocol.
constexpr bool parse_control_reply(std::string_view text, ControlReply& reply) {
  if (text.size() > kMaxControlReply) {
    return false;
  }
  if (!text.empty() && text.back() == '\r') {
    text.remove_suffix(1);
  }
  for (const char c : text) {
    if (c < ' ' || c > '~') {
      return false;
    }
  }
  const std::string_view kind = take_word(text);
  const std::string_view word = take_word(text);
  if ((kind != "ok" && kind != "err") || word.empty()) {
    return false;
  }
  while (!text.empty() && text.front() == ' ') {
    text.remove_prefix(1);
  }
  reply = {};
  reply.ok = kind == "ok";
  (reply.ok ? reply.verb : reply.code) = word;
  reply.rest = text;
  return true;
}

}  // namespace stepcast::wire
