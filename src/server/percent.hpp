#pragma once

#include <string>
#include <string_view>

#include <fmt/format.h>

namespace stepcast::server {

/// Text as it may stand in a query (RFC 3986), or in a path with its slashes kept.
[[nodiscard]] inline std::string percent_encoded(std::string_view text, bool keep_slashes = false) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~' || (c == '/' && keep_slashes);
    if (plain) {
      out.push_back(c);
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    }
  }
  return out;
}

}  // namespace stepcast::server
