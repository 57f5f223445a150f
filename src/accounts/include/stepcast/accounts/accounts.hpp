#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/store/audit_log.hpp"
#include "stepcast/store/store.hpp"

namespace stepcast::accounts {

/// Permission names are OctoPrint's: STATUS, CONTROL, CONNECTION, PRINT, FILES_LIST, FILES_UPLOAD,
/// FILES_DOWNLOAD, FILES_DELETE, FILES_SELECT, SETTINGS_READ, SETTINGS, TIMELAPSE_LIST,
/// TIMELAPSE_DOWNLOAD, TIMELAPSE_DELETE, TIMELAPSE_MANAGE_UNRENDERED, SYSTEM, MONITOR_TERMINAL,
/// WEBCAM, ADMIN; and ours: DEVICE, EDGE.
[[nodiscard]] const std::vector<std::string>& permissions();

enum class Role : std::uint8_t { kAdmin, kOperator, kViewer, kDevice, kEdge };
[[nodiscard]] std::string_view role_name(Role role);  ///< "admin", "operator", ...
[[nodiscard]] std::optional<Role> role_from(std::string_view name);
/// What a role may do. kAdmin: everything.
[[nodiscard]] const std::set<std::string, std::less<>>& permissions_of(Role role);

/// Who asks.
struct Principal {
  std::string user;  ///< Empty: anonymous, who may nothing.
  std::optional<Role> role;
  std::string key_id;                  ///< Of the API key used, if one was.
  std::string session;                 ///< Of the cookie session used, if one was.
  std::optional<std::string> printer;  ///< The key is for this printer alone.
  std::set<std::string, std::less<>> permissions;
  [[nodiscard]] bool may(std::string_view permission) const;  ///< ADMIN may everything.
};

struct UserInfo {
  std::string name;
  Role role{};
  bool active = true;
  bool second_factor = false;  ///< Logging in takes a code, too.
};

/// Somebody's browser.
struct LoginInfo {
  std::string id;
  std::string user;
  store::UnixMs created{};
  store::UnixMs expires{};
};

/// The `location` of errors that say that a code is missing or wrong, after the password was right.
inline constexpr std::string_view kSecondFactor = "second factor";

struct KeyInfo {
  std::string id;
  std::string prefix;  ///< First characters, to recognise a key by.
  std::string app;
  std::string user;
  std::optional<std::string> printer;
  std::vector<std::string> permissions;  ///< Empty: all that the user has.
  std::optional<store::UnixMs> expires;
  std::optional<store::UnixMs> last_used;
};

/// Users, API keys, sessions and the audit trail.
///
/// Passwords are kept as argon2id; keys and session tokens, which are random, as SHA-256. There is
/// no default user: until create_first_admin() every request is anonymous.
///
/// Threads: any. authenticate_key() and authenticate_session() answer from memory; log_in() and
/// whatever sets a password take tens of milliseconds of CPU, and whatever returns a Result<void>
/// waits for the disk: call them on a worker.
class Accounts {
 public:
  struct Options {
    /// Wall time: expiry has to survive a restart. Empty: the system's.
    std::function<store::UnixMs()> wall;
    /// Never set, for lock-outs. Empty: the system's.
    std::function<std::chrono::milliseconds()> steady;
  };
  /// `store` must outlive it.
  /// @returns kMalformed: a row names a role or a permission that this version does not know.
  [[nodiscard]] static Result<std::unique_ptr<Accounts>> open(store::Store& store);
  [[nodiscard]] static Result<std::unique_ptr<Accounts>> open(store::Store& store, Options options);
  ~Accounts();

  [[nodiscard]] bool has_users() const;
  /// @returns kBusy when there are users already; kInvalidArgument: name or password unfit (says
  /// why: at least 10 characters).
  [[nodiscard]] Result<void> create_first_admin(std::string_view name, std::string_view password);
  /// This and the next five: @returns kDenied when `by` lacks ADMIN.
  [[nodiscard]] Result<void> add_user(const Principal& by, std::string_view name,
                                      std::string_view password, Role role);
  /// While inactive nobody enters with the user's password, keys or cookies; those stay. This and
  /// removal: @returns kInvalidArgument for the last active administrator.
  [[nodiscard]] Result<void> deactivate_user(const Principal& by, std::string_view name);
  [[nodiscard]] Result<void> activate_user(const Principal& by, std::string_view name);
  /// With keys and logins.
  [[nodiscard]] Result<void> remove_user(const Principal& by, std::string_view name);
  /// At once for logins and keys alike. @returns kInvalidArgument for the last administrator.
  [[nodiscard]] Result<void> set_role(const Principal& by, std::string_view name, Role role);
  /// One's own without ADMIN, but with the `old` one and not by an API key. Ends the user's logins
  /// but the one used. @returns also kBusy: too many wrong ones.
  [[nodiscard]] Result<void> set_password(const Principal& by, std::string_view name,
                                          std::string_view password, std::string_view old = {});
  [[nodiscard]] std::vector<UserInfo> users() const;
  /// What an active user may do; nothing if there is no such user. For what the server does in
  /// somebody's name: a signed address.
  [[nodiscard]] std::optional<Principal> principal_of_user(std::string_view name) const;

  /// Whether what `who` came in with is still good: for connections that outlive a request.
  [[nodiscard]] bool is_current(const Principal& who) const;

  /// Begins to set up the caller's second factor: codes of an authenticator (RFC 6238). It counts
  /// once confirm_second_factor() has seen a code; forgotten when the server stops before.
  /// @returns the `otpauth:` address for the app, which is never shown again. This and the next
  /// two: kDenied by an API key, or with a wrong password; kBusy: too many of these.
  [[nodiscard]] Result<std::string> begin_second_factor(const Principal& by,
                                                        std::string_view password);
  /// @returns recovery codes, each of which logs in once in place of a code; never shown again.
  [[nodiscard]] Result<std::vector<std::string>> confirm_second_factor(const Principal& by,
                                                                       std::string_view code);
  /// One's own with one's password; another user's with ADMIN. @returns kNotFound: has none.
  [[nodiscard]] Result<void> remove_second_factor(const Principal& by, std::string_view name,
                                                  std::string_view password);

  struct Login {
    Principal principal;
    std::string token;  ///< For the session cookie.
    std::string csrf;   ///< For the double-submit cookie; tells nothing about the token.
    store::UnixMs expires{};
  };
  /// Five failures of a name or an address within 10 minutes lock both out for 10 minutes.
  /// `code`: of the second factor, or a recovery code; each is good for one login.
  /// @returns kDenied, without telling whether name or password was wrong, at kSecondFactor when
  /// the code was; kBusy: locked out.
  [[nodiscard]] Result<Login> log_in(std::string_view name, std::string_view password,
                                     std::string_view remote, std::string_view code = {});
  /// At once here, on disk with the next commit.
  void log_out(std::string_view token);
  [[nodiscard]] std::optional<Principal> authenticate_session(std::string_view token) const;
  /// Oldest first. `user` empty: of all.
  [[nodiscard]] std::vector<LoginInfo> logins(std::string_view user) const;
  /// One's own without ADMIN. @returns kNotFound.
  [[nodiscard]] Result<void> end_login(const Principal& by, std::string_view id);
  [[nodiscard]] bool csrf_matches(std::string_view token, std::string_view csrf) const;

  struct NewKey {
    std::string app;
    std::optional<std::string> printer;
    std::vector<std::string> permissions;
    std::optional<store::UnixMs> expires;
  };
  /// @returns the key itself, which is never shown again. kDenied: for another user without ADMIN,
  /// or for more than `by` may; kInvalidArgument: no such permission, expired already.
  [[nodiscard]] Result<std::string> create_key(const Principal& by, std::string_view user,
                                               const NewKey& key);
  [[nodiscard]] Result<void> revoke_key(const Principal& by, std::string_view id);
  [[nodiscard]] std::vector<KeyInfo> keys(std::string_view user) const;
  [[nodiscard]] std::optional<Principal> authenticate_key(std::string_view key) const;

  /// Appends to the audit trail; each entry holds the hash of the one before. Does not wait for the
  /// disk, but is never dropped. Logins and changes of accounts are entered without being asked.
  /// Control characters become '?', and long texts are cut.
  void audit(const Principal& by, std::string_view action, std::string_view subject);
  /// Reads all of it. A trail whose end was cut off verifies: keep its last hash elsewhere too.
  /// @returns kMalformed naming the first entry whose hash does not match.
  [[nodiscard]] Result<void> verify_audit() const;
  /// Entries after number `after`, in order.
  [[nodiscard]] Result<std::vector<store::AuditRow>> audit_trail(std::int64_t after,
                                                                 std::int64_t limit) const;

 private:
  class Impl;
  explicit Accounts(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace stepcast::accounts
