#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/store/store.hpp"

namespace stepcast::store {

/// An API key, without the key.
struct KeyRow {
  std::string id;
  std::string secret_sha256;  ///< Lower-case hexadecimal, unique.
  std::string prefix;
  std::string app;
  std::string user;
  std::optional<std::string> printer;
  std::string permissions;  ///< Names, one space between; empty: all of the user's.
  UnixMs created{};
  std::optional<UnixMs> expires;
  std::optional<UnixMs> last_used;
};

/// @returns kInvalidArgument when the id or the secret exists, or the user does not.
[[nodiscard]] Result<void> add_key(Session& session, const KeyRow& row);
[[nodiscard]] Result<bool> remove_key(Session& session, std::string_view id);
[[nodiscard]] Result<void> set_key_used(Session& session, std::string_view id, UnixMs when);
[[nodiscard]] Result<std::vector<KeyRow>> all_keys(Session& session);  ///< Oldest first.

}  // namespace stepcast::store
