#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "stepcast/accounts/accounts.hpp"

namespace stepcast::server::octoprint {

/// What a push socket shows to say who it is, since it cannot send headers. Given out by the
/// passive login; ends with the login or the key that it was given out for, after a day, and with
/// the process.
///
/// Threads: any.
class SessionTokens {
 public:
  /// `login`: the cookie of the login; empty: `who` came with a key.
  [[nodiscard]] std::string issue(const accounts::Principal& who, std::string login);
  /// `text`: `user:token`.
  [[nodiscard]] std::optional<accounts::Principal> find(std::string_view text,
                                                        const accounts::Accounts& accounts);
  /// Why `text` is no longer good, in OctoPrint's words: "stale", "logout", "removed"; nullopt: it
  /// is.
  [[nodiscard]] std::optional<std::string_view> end_of(std::string_view text,
                                                       const accounts::Accounts& accounts);

 private:
  struct Issued {
    accounts::Principal who;
    std::string login;
    std::chrono::steady_clock::time_point at;
  };
  [[nodiscard]] std::optional<Issued> issued(std::string_view text);

  std::mutex mutex_;
  std::map<std::string, Issued, std::less<>> issued_;
};

/// As SessionTokens::end_of(), of who was let in by a key or by the cookie `login`.
[[nodiscard]] std::optional<std::string_view> end_of(const accounts::Principal& who,
                                                     std::string_view login,
                                                     const accounts::Accounts& accounts);

}  // namespace stepcast::server::octoprint
