#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace stepcast::gcode {

/// How much of a file is looked at before its first line is parsed.
inline constexpr std::size_t kHeadBytes = 4096;

struct NotText {
  std::size_t offset{};  ///< Of the byte that gives it away.
  std::string message;
  std::string remedy;
};

/// Whether a file that begins with `head` is something else than G-code: a known container, or
/// bytes that are not text.
[[nodiscard]] std::optional<NotText> recognise_not_text(std::string_view head);

/// The complaint about one byte that no text holds.
[[nodiscard]] NotText not_text_at(std::size_t offset, char byte);

}  // namespace stepcast::gcode
