#include "totp.hpp"

#include <array>

#include <fmt/format.h>

#include "stepcast/accounts/secrets.hpp"
#include "stepcast/base/contracts.hpp"

namespace stepcast::accounts::totp {
namespace {

constexpr std::string_view kBase32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr std::size_t kSecretCharacters = 32;  // 160 bits, as RFC 4226 recommends
constexpr std::int64_t kStepMs = 30'000;
constexpr std::int64_t kWindow = 1;  // half a minute to type, and clocks that are off as much
constexpr std::uint32_t kCodes = 1'000'000;

std::string bytes_of_base32(std::string_view text) {
  std::string bytes;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const std::size_t value = kBase32.find(c);
    STEPCAST_CHECK(value != std::string_view::npos);
    bits = (bits << 5U) | static_cast<std::uint32_t>(value);
    count += 5;
    if (count >= 8) {
      count -= 8;
      bytes.push_back(static_cast<char>((bits >> static_cast<unsigned>(count)) & 0xffU));
    }
  }
  return bytes;
}

}  // namespace

std::string random_secret() {
  const std::string bytes = random_bytes(kSecretCharacters);
  std::string secret;
  for (const char byte : bytes) {
    secret.push_back(kBase32[static_cast<unsigned char>(byte) % kBase32.size()]);
  }
  return secret;
}

std::string uri_of(std::string_view user, std::string_view secret) {
  // Names of users need no escaping here but for `@`.
  std::string name;
  for (const char c : user) {
    c == '@' ? name.append("%40") : name.append(1, c);
  }
  return fmt::format("otpauth://totp/Stepcast:{}?secret={}&issuer=Stepcast", name, secret);
}

std::int64_t step_at(std::int64_t unix_ms) {
  return unix_ms / kStepMs;
}

std::string code_at(std::string_view secret, std::int64_t step) {
  std::string message(8, '\0');
  for (std::size_t i = 0; i < message.size(); ++i) {
    message[message.size() - 1 - i] =
        static_cast<char>((static_cast<std::uint64_t>(step) >> (8U * i)) & 0xffU);
  }
  const auto digest = hmac_sha1(bytes_of_base32(secret), message);
  const std::size_t offset = digest.back() & 0x0fU;
  const std::uint32_t number = ((digest.at(offset) & 0x7fU) << 24U) |
                               (std::uint32_t{digest.at(offset + 1)} << 16U) |
                               (std::uint32_t{digest.at(offset + 2)} << 8U) | digest.at(offset + 3);
  return fmt::format("{:06}", number % kCodes);
}

std::optional<std::int64_t> matching_step(std::string_view secret, std::string_view code,
                                          std::int64_t now, std::int64_t last) {
  std::optional<std::int64_t> found;
  for (std::int64_t step = now - kWindow; step <= now + kWindow; ++step) {
    if (same_secret(code_at(secret, step), code) && step > last) {
      found = step;
    }
  }
  return found;
}

}  // namespace stepcast::accounts::totp
