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
/// passive login; forgotten after a day and with the process.
///
/// Threads: any.
class SessionTokens {
 public:
  [[nodiscard]] std::string issue(const accounts::Principal& who);
  /// `text`: `user:token`.
  [[nodiscard]] std::optional<accounts::Principal> find(std::string_view text);

 private:
  struct Issued {
    accounts::Principal who;
    std::chrono::steady_clock::time_point at;
  };
  std::mutex mutex_;
  std::map<std::string, Issued, std::less<>> issued_;
};

}  // namespace stepcast::server::octoprint
