#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace stepcast::files {

/// Why `text` is no name: bytes that are not UTF-8, control characters, or characters that change
/// the direction of what is written around them or cannot be seen, so that one name could pass for
/// another.
[[nodiscard]] std::optional<std::string> utf8_fault(std::string_view text);

/// The front of `text`, at most `bytes` long, without half a character at its end.
[[nodiscard]] std::string_view utf8_prefix(std::string_view text, std::size_t bytes);

/// For messages: what is not printable ASCII or UTF-8 becomes '?'.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace stepcast::files
