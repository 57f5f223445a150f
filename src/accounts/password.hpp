#pragma once

#include <string>
#include <string_view>

#include "stepcast/base/result.hpp"

namespace stepcast::accounts {

/// @returns kInvalidArgument saying what a name may be.
[[nodiscard]] Result<void> fit_name(std::string_view name);
/// @returns kInvalidArgument saying what a password must be.
[[nodiscard]] Result<void> fit_password(std::string_view name, std::string_view password);

/// argon2id with a random salt, in the encoded form that names its parameters. Some 30 ms and 19
/// MiB.
[[nodiscard]] Result<std::string> hash_password(std::string_view password);
/// As slow as hashing.
[[nodiscard]] Result<bool> password_matches(const std::string& encoded, std::string_view password);
/// The hash of a password that nobody has: checking it takes as long as for a user that exists.
[[nodiscard]] const std::string& nobodys_hash();

}  // namespace stepcast::accounts
