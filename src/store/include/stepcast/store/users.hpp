#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/store/store.hpp"

namespace stepcast::store {

/// Somebody who may log in.
struct UserRow {
  std::string name;           ///< Unique.
  std::string password_hash;  ///< In its encoded form, parameters included.
  std::string role;
  bool active = true;
  UnixMs created{};
};

[[nodiscard]] Result<void> put_user(Session& session, const UserRow& row);  ///< Inserts or changes.
/// With the user go the user's API keys and logins.
[[nodiscard]] Result<bool> remove_user(Session& session, std::string_view name);
[[nodiscard]] Result<std::vector<UserRow>> all_users(Session& session);

}  // namespace stepcast::store
