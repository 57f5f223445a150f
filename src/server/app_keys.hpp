#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "octoprint_routes.hpp"

namespace stepcast::server::octoprint {

/// OctoPrint's application keys: an app asks for a key, a person allows it, the app polls for it.
///
/// A request that is not polled for some seconds, or older than the app would wait, is forgotten.
///
/// Threads: any.
class AppKeys {
 public:
  void add_routes(Mount& mount);

 private:
  struct Pending {
    std::string app;
    std::string user;        ///< Who alone is asked; empty: whoever may.
    std::string printer;     ///< At whose address it asked: its id.
    std::string user_token;  ///< By which a person decides; never the app's own.
    std::chrono::steady_clock::time_point asked;
    std::chrono::steady_clock::time_point polled;
    bool decided = false;
    std::string key;  ///< After a yes, until it has been fetched.
    [[nodiscard]] bool asks(const accounts::Principal& who) const {
      return (user.empty() || user == who.user) && (!who.printer || *who.printer == printer);
    }
  };

  http::Response ask(Call& call);
  http::Response poll(Call& call);
  http::Response decide(Call& call);
  Result<void> revoke(Call& call);
  http::Response list(Call& call);
  http::Response command(Call& call);
  void forget_stale();  ///< With mutex_ held.

  std::mutex mutex_;
  std::map<std::string, Pending, std::less<>> pending_;  ///< By the app's token.
};

}  // namespace stepcast::server::octoprint
