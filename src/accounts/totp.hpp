#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "stepcast/base/result.hpp"

namespace stepcast::accounts {

/// Codes of an authenticator app (RFC 6238 with what all apps know: SHA-1, 30 s, 6 digits).
namespace totp {

/// A new secret of 160 bits in base32, as people type it.
[[nodiscard]] std::string random_secret();
/// What a QR code for the app holds.
[[nodiscard]] std::string uri_of(std::string_view user, std::string_view secret);

/// The step that a moment lies in.
[[nodiscard]] std::int64_t step_at(std::int64_t unix_ms);
/// @pre `secret` is of random_secret()
[[nodiscard]] std::string code_at(std::string_view secret, std::int64_t step);
/// The step that `code` is of: now's or a neighbour's, for clocks that differ, but later than
/// `last`, so that nobody uses a code that was looked at over a shoulder.
[[nodiscard]] std::optional<std::int64_t> matching_step(std::string_view secret,
                                                        std::string_view code, std::int64_t now,
                                                        std::int64_t last);

}  // namespace totp
}  // namespace stepcast::accounts
