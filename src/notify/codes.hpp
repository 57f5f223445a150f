#pragma once

#include <string>
#include <string_view>

namespace stepcast::notify {

/// RFC 4648, with padding.
[[nodiscard]] std::string base64(std::string_view bytes);
/// HMAC with SHA-256, in lower-case hexadecimal.
[[nodiscard]] std::string hmac_sha256(std::string_view key, std::string_view text);
/// A header value as RFC 2047 writes what is not ASCII.
[[nodiscard]] std::string header_text(std::string_view text);

}  // namespace stepcast::notify
