#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace stepcast::accounts {

/// Characters of a key or a token: 32 bytes in base64url.
constexpr std::size_t kTokenCharacters = 43;

/// 256 bits from the system's random numbers, in base64url.
[[nodiscard]] std::string random_token();
[[nodiscard]] std::string random_bytes(std::size_t count);
/// 64 bits in hexadecimal: unique, not secret.
[[nodiscard]] std::string random_id();

[[nodiscard]] std::string sha256_hex(std::string_view text);
/// HMAC-SHA-256 in base64url.
[[nodiscard]] std::string keyed_hash(std::string_view key, std::string_view text);
/// For codes of authenticators alone, which all use it; keyed, SHA-1 is still sound.
[[nodiscard]] std::array<std::uint8_t, 20> hmac_sha1(std::string_view key, std::string_view text);
/// In a time that depends on the lengths alone.
[[nodiscard]] bool same_secret(std::string_view one, std::string_view other);

}  // namespace stepcast::accounts
