#pragma once

#include <string>
#include <string_view>

namespace stepcast::http {

/// ASCII letters compared without case, as header names are.
[[nodiscard]] bool same_text(std::string_view a, std::string_view b);

/// Without spaces and tabs at both ends.
[[nodiscard]] std::string_view trimmed(std::string_view text);

/// Well-formed UTF-8 without control characters: fit for names, paths and logs.
[[nodiscard]] bool is_clean_utf8(std::string_view text);

enum class PlusMeans { kPlus, kSpace };

/// Appends `text` with its `%XX` replaced. @returns false at a `%` without two digits.
[[nodiscard]] bool percent_decode(std::string_view text, PlusMeans plus, std::string& out);

}  // namespace stepcast::http
