#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace stepcast::outbound {

/// `text` as the value of a header: as it is, or in encoded words (RFC 2047) if it is not plain
/// ASCII of one line.
[[nodiscard]] std::string header_text(std::string_view text);

/// "a@b.example" of "Anna <a@b.example>" or "a@b.example".
[[nodiscard]] std::string_view bare_address(std::string_view address);

/// As RFC 5322 wants it, in UTC.
[[nodiscard]] std::string mail_date(std::chrono::system_clock::time_point time);

}  // namespace stepcast::outbound
