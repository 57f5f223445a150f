#include "utf8.hpp"

#include <array>
#include <cstdint>

#include <fmt/format.h>

namespace stepcast::files {
namespace {

struct Decoded {
  std::uint32_t code = 0;
  std::size_t size = 0;  // 0: not UTF-8
};

/// The first character, by the table of well-formed sequences: no overlong forms, no surrogates.
Decoded decode(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<std::uint8_t>(text[i]) : std::uint8_t{0};
  };
  const auto follows = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
  const std::uint32_t lead = byte(0);
  if (lead < 0x80) {
    return {.code = lead, .size = 1};
  }
  std::size_t size = 0;
  std::uint32_t code = 0;
  std::uint32_t least = 0;
  if (lead >= 0xC2 && lead <= 0xDF) {
    size = 2;
    code = lead & 0x1FU;
    least = 0x80;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    size = 3;
    code = lead & 0x0FU;
    least = 0x800;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    size = 4;
    code = lead & 0x07U;
    least = 0x1'0000;
  } else {
    return {};
  }
  for (std::size_t i = 1; i < size; ++i) {
    if (!follows(i)) {
      return {};
    }
    code = code << 6U | (byte(i) & 0x3FU);
  }
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  return code >= least && code <= 0x10'FFFF && !surrogate ? Decoded{.code = code, .size = size}
                                                          : Decoded{};
}

struct CodeRange {
  std::uint32_t first;
  std::uint32_t last;
};

/// Neither letters nor marks: controls, line and paragraph separators, writing direction, invisible
/// characters, the byte order mark, and what is no character at all.
constexpr std::array kUnfit{CodeRange{0x00, 0x1F},       CodeRange{0x7F, 0x9F},
                            CodeRange{0x200B, 0x200F},   CodeRange{0x2028, 0x202E},
                            CodeRange{0x2060, 0x206F},   CodeRange{0xFEFF, 0xFEFF},
                            CodeRange{0xFFF0, 0xFFFB},   CodeRange{0xFFFE, 0xFFFF},
                            CodeRange{0xE0000, 0xE007F}, CodeRange{0xFDD0, 0xFDEF}};

bool is_unfit(std::uint32_t code) {
  for (const CodeRange& range : kUnfit) {
    if (code >= range.first && code <= range.last) {
      return true;
    }
  }
  return (code & 0xFFFEU) == 0xFFFEU;  // the last two of every plane
}

}  // namespace

std::optional<std::string> utf8_fault(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const Decoded character = decode(text.substr(at));
    if (character.size == 0) {
      return fmt::format("byte {} of the name is not UTF-8", at + 1);
    }
    if (is_unfit(character.code)) {
      return fmt::format("the name contains the invisible character U+{:04X}", character.code);
    }
    at += character.size;
  }
  return std::nullopt;
}

std::string_view utf8_prefix(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) {
    return text;
  }
  while (bytes > 0 && (static_cast<std::uint8_t>(text[bytes]) & 0xC0U) == 0x80U) {
    --bytes;
  }
  return text.substr(0, bytes);
}

std::string printable(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const Decoded character = decode(text.substr(at));
    if (character.size == 0 || is_unfit(character.code)) {
      out += '?';
      ++at;
    } else {
      out += text.substr(at, character.size);
      at += character.size;
    }
  }
  return out;
}

}  // namespace stepcast::files
