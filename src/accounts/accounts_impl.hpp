#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "stepcast/accounts/accounts.hpp"
#include "stepcast/store/keys.hpp"
#include "stepcast/store/logins.hpp"
#include "stepcast/store/second_factors.hpp"
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
  struct UserEdit {
    std::string_view action;  // in the audit trail
    std::string_view name;
    std::function<void(store::UserRow&)> apply;
    /// The user's logins end but for this one, which may be empty; none given: they stay.
    std::optional<std::string> kept_login{};
  };
  /// Changes a user's row, and whatever follows from it, as one; takes `changes`.
  /// @returns kNotFound; kInvalidArgument: no active administrator would be left.
  [[nodiscard]] Result<void> edit_user(const Principal& by, const UserEdit& edit);
  /// Checks a password behind the guard: kDenied if it is wrong, kBusy after too many.
  [[nodiscard]] Result<void> check_password(std::string_view name, std::string_view password,
                                            std::string_view from);
  /// Of nobody's password if there is no such user: checking it takes as long.
  [[nodiscard]] std::string hash_of(std::string_view name) const;
  /// Everything of log_in() but the guard.
  [[nodiscard]] Result<Login> enter(std::string_view name, std::string_view password,
                                    std::string_view remote, std::string_view code);
  /// The user's second factor after `code` has been used; nothing if there is none.
  /// @returns kDenied at kSecondFactor. Wants `changes` locked.
  [[nodiscard]] Result<std::optional<store::SecondFactorRow>> spend_code(
      std::string_view name, std::string_view code) const;
  void audit(const Principal& by, std::string_view action, std::string_view subject);

  /// The following want `state` locked.
  [[nodiscard]] const User* user(std::string_view name) const;
  [[nodiscard]] Principal principal_of(const store::LoginRow& login) const;
  [[nodiscard]] bool last_active_admin(const User& user) const;
  void rebuild_keys_of(std::string_view name, Role role);
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
  std::map<std::string, store::SecondFactorRow, std::less<>> second_factors;  // by user
  std::map<std::string, std::string, std::less<>> new_secrets;  // not confirmed yet, by user
};

/// A key's principal: what its user may, cut down to what the key is for.
[[nodiscard]] Principal principal_of_key(const store::KeyRow& row, Role role);

}  // namespace stepcast::accounts
