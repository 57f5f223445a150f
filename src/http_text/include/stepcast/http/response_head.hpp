#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "stepcast/http/message.hpp"

namespace stepcast::http {

/// How the bytes after a head end.
struct Framing {
  std::optional<std::uint64_t> length{};  ///< Content-Length.
  bool chunked = false;                   ///< Else, without a length, the end of the connection.
  bool keep_alive = true;
  bool http10 = false;
  std::string_view date{};
};

/// Status line and fields, up to and with the blank line. Fields that are the server's to write
/// are left out of `headers`.
/// @returns nullopt: a name or value would break out of its line (a bug of the handler).
[[nodiscard]] std::optional<std::string> response_head(int status, const Headers& headers,
                                                       const Framing& framing);

}  // namespace stepcast::http
