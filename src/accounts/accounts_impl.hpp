#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "stepcast/accounts/accounts.hpp"
#include "stepcast/store/keys.hpp"
#include "stepcast/store/logins.hpp"
#include "stepcast/store/users.hpp"

#include "audit_chain.hpp"
#include "login_guard.hpp"

namespace stepcast::accounts {

/// Everything is in memory; a change is written first and then made visible.
class Accounts::Impl {
 public:
  struct User {
    store::UserRow row;
    Role role{};
  };
  struct Key {
    store::KeyRow row;
    Principal principal;                      // of who uses it
    std::atomic<store::UnixMs> last_used{0};  // 0: never
    std::atomic<store::UnixMs> written{0};    // the last use that went to the store
  };

  Impl(store::Store& where, Options options);

  [[nodiscard]] Result<void> load();

  /// Writes `change` and its entry in the audit trail as one.
  [[nodiscard]] Result<void> write(const Principal& by, std::string_view action,
                                   std::string_view subject,
                                   std::function<Result<void>(store::Session&)> change);
  /// Writes `row` in place of the user's; wants `changes` locked.
  [[nodiscard]] Result<void> change_user(const Principal& by, std::string_view action,
                                         store::UserRow row);
  void audit(const Principal& by, std::string_view action, std::string_view subject);

  /// The following want `state` locked.
  [[nodiscard]] const User* user(std::string_view name) const;
  [[nodiscard]] Principal principal_of(const store::LoginRow& login) const;
  [[nodiscard]] bool last_active_admin(const User& user) const;
  void forget_user(std::string_view name);
  void forget_logins(std::string_view user, std::string_view kept);

  store::Store& database;
  const Options clocks;
  LoginGuard guard;

  std::mutex changes;               // one change at a time; taken before `state`
  mutable std::shared_mutex state;  // guards what follows
  std::map<std::string, User, std::less<>> users;
  std::unordered_map<std::string, std::shared_ptr<Key>> keys;  // by hash of the key
  std::unordered_map<std::string, store::LoginRow> logins;     // by hash of the token
};

/// A key's principal: what its user may, cut down to what the key is for.
[[nodiscard]] Principal principal_of_key(const store::KeyRow& row, Role role);

}  // namespace stepcast::accounts
