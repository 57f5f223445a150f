#include "stepcast/accounts/secrets.hpp"

#include <array>
#include <cerrno>
#include <cstdint>
#include <span>
#include <vector>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sys/random.h>

#include "stepcast/base/contracts.hpp"

namespace stepcast::accounts {
namespace {

constexpr std::size_t kTokenBytes = 32;  // cannot be guessed, so that a plain hash protects it
constexpr std::size_t kIdBytes = 8;      // will not meet its like among a million
constexpr std::size_t kSha256Bytes = 32;

void fill_randomly(std::span<std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const auto got = ::getrandom(bytes.data(), bytes.size(), 0);
    STEPCAST_CHECK(got > 0 || errno == EINTR);
    bytes = bytes.subspan(got > 0 ? static_cast<std::size_t>(got) : 0);
  }
}

std::string hexadecimal(std::span<const std::uint8_t> bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(2 * bytes.size());
  for (const auto byte : bytes) {
    text += kDigits[byte / 16];
    text += kDigits[byte % 16];
  }
  return text;
}

// Base64 of RFC 4648, section 5, without padding.
std::string base64url(std::span<const std::uint8_t> bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');  // and the zero that OpenSSL appends
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes.data(),
                                   static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  text.erase(text.find_last_not_of('=') + 1);
  for (auto& c : text) {
    c = c == '+' ? '-' : c == '/' ? '_' : c;
  }
  return text;
}

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

std::string random_token() {
  std::array<std::uint8_t, kTokenBytes> bytes{};
  fill_randomly(bytes);
  return base64url(bytes);
}

std::string random_bytes(std::size_t count) {
  std::vector<std::uint8_t> bytes(count);
  fill_randomly(bytes);
  return {bytes.begin(), bytes.end()};
}

std::string random_id() {
  std::array<std::uint8_t, kIdBytes> bytes{};
  fill_randomly(bytes);
  return hexadecimal(bytes);
}

std::string sha256_hex(std::string_view text) {
  std::array<std::uint8_t, kSha256Bytes> digest{};
  unsigned size = 0;
  const int done =
      EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr);
  STEPCAST_CHECK(done == 1 && size == digest.size());
  return hexadecimal(digest);
}

std::string keyed_hash(std::string_view key, std::string_view text) {
  std::array<std::uint8_t, kSha256Bytes> digest{};
  unsigned size = 0;
  const auto* done = HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes_of(text),
                          text.size(), digest.data(), &size);
  STEPCAST_CHECK(done != nullptr && size == digest.size());
  return base64url(digest);
}

std::array<std::uint8_t, 20> hmac_sha1(std::string_view key, std::string_view text) {
  std::array<std::uint8_t, 20> digest{};
  unsigned size = 0;
  const auto* done = HMAC(EVP_sha1(), key.data(), static_cast<int>(key.size()), bytes_of(text),
                          text.size(), digest.data(), &size);
  STEPCAST_CHECK(done != nullptr && size == digest.size());
  return digest;
}

bool same_secret(std::string_view one, std::string_view other) {
  return one.size() == other.size() && CRYPTO_memcmp(one.data(), other.data(), one.size()) == 0;
}

}  // namespace stepcast::accounts
