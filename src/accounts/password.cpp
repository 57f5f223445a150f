#include "password.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include <argon2.h>
#include <fmt/format.h>

#include "stepcast/accounts/secrets.hpp"

namespace stepcast::accounts {
namespace {

// The least that OWASP's password storage sheet recommends for argon2id: a Raspberry Pi has to
// afford it too, some at a time.
constexpr std::uint32_t kPasses = 2;
constexpr std::uint32_t kMemoryKiB = 19 * 1024;
constexpr std::uint32_t kLanes = 1;
constexpr std::size_t kHashBytes = 32;

constexpr std::size_t kMaxNameBytes = 64;  // bounds what ends up in logs and cookies
constexpr std::size_t kMinPasswordCharacters = 10;
constexpr std::size_t kMaxPasswordBytes = 1024;  // bounds the work of hashing somebody's upload

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-' || c == '@';
}

bool starts_character(char c) {  // in UTF-8
  return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
}

}  // namespace

Result<void> fit_name(std::string_view name) {
  if (name.empty() || name.size() > kMaxNameBytes ||
      !std::all_of(name.begin(), name.end(), is_name_character)) {
    return fail(
        Errc::kInvalidArgument,
        fmt::format("a user name is 1 to {} letters, digits or any of . _ - @", kMaxNameBytes),
        "name", "choose another name");
  }
  return {};
}

Result<void> fit_password(std::string_view name, std::string_view password) {
  const auto characters = std::count_if(password.begin(), password.end(), starts_character);
  if (static_cast<std::size_t>(characters) < kMinPasswordCharacters ||
      password.size() > kMaxPasswordBytes) {
    return fail(Errc::kInvalidArgument,
                fmt::format("the password has {} characters; it needs {} or more, and at most {} "
                            "bytes",
                            characters, kMinPasswordCharacters, kMaxPasswordBytes),
                "password", "choose another password");
  }
  if (password == name) {
    return fail(Errc::kInvalidArgument, "the password is the name of the user", "password",
                "choose another password");
  }
  return {};
}

Result<std::string> hash_password(std::string_view password) {
  const auto salt = random_token();
  const auto size = argon2_encodedlen(
      kPasses, kMemoryKiB, kLanes, static_cast<std::uint32_t>(salt.size()), kHashBytes, Argon2_id);
  std::string encoded(size, '\0');
  const int status =
      argon2id_hash_encoded(kPasses, kMemoryKiB, kLanes, password.data(), password.size(),
                            salt.data(), salt.size(), kHashBytes, encoded.data(), encoded.size());
  if (status != ARGON2_OK) {
    return fail(Errc::kFault,
                fmt::format("cannot hash a password: {}", argon2_error_message(status)), "password",
                fmt::format("it takes {} MiB of memory", kMemoryKiB / 1024));
  }
  encoded.resize(encoded.find('\0'));
  return encoded;
}

Result<bool> password_matches(const std::string& encoded, std::string_view password) {
  if (password.size() > kMaxPasswordBytes) {
    return false;
  }
  const int status = argon2id_verify(encoded.c_str(), password.data(), password.size());
  if (status != ARGON2_OK && status != ARGON2_VERIFY_MISMATCH) {
    return fail(Errc::kFault,
                fmt::format("cannot check a password: {}", argon2_error_message(status)));
  }
  return status == ARGON2_OK;
}

// Written down rather than computed: hashing takes as long as all the rest of starting a server.
const std::string& nobodys_hash() {
  static const std::string kHash = [] {
    // Base64 without padding; what is left of the last letter has to be zero.
    const auto letters_of = [](std::size_t bytes) {
      const auto letters = (bytes * 8 + 5) / 6;
      return sha256_hex(random_token()).substr(0, letters - 1) + "A";
    };
    return fmt::format("$argon2id$v={}$m={},t={},p={}${}${}", int{ARGON2_VERSION_NUMBER},
                       kMemoryKiB, kPasses, kLanes, letters_of(random_token().size()),
                       letters_of(kHashBytes));
  }();
  return kHash;
}

}  // namespace stepcast::accounts
