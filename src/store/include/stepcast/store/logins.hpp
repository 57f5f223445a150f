#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/store/store.hpp"

namespace stepcast::store {

/// Somebody who is logged in with a browser, without the token of the cookie.
struct LoginRow {
  std::string token_sha256;  ///< Lower-case hexadecimal, unique.
  std::string id;            ///< Names the login where the token must not appear.
  std::string user;
  UnixMs created{};
  UnixMs expires{};
};

/// @returns kInvalidArgument when the token or the id exists, or the user does not.
[[nodiscard]] Result<void> add_login(Session& session, const LoginRow& row);
[[nodiscard]] Result<bool> remove_login(Session& session, std::string_view token_sha256);
/// All but the one whose id is `kept`, which may be empty. @returns how many.
[[nodiscard]] Result<std::int64_t> remove_logins_of(Session& session, std::string_view user,
                                                    std::string_view kept);
[[nodiscard]] Result<std::int64_t> remove_expired_logins(Session& session, UnixMs now);
[[nodiscard]] Result<std::vector<LoginRow>> all_logins(Session& session);  ///< Oldest first.

}  // namespace stepcast::store
