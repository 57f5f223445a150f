#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stepcast/accounts/accounts.hpp"
#include "stepcast/http/router.hpp"

namespace stepcast::server {

/// What a call that hashes a password takes of its address's allowance: tens of milliseconds of
/// CPU.
inline constexpr std::uint16_t kHashCost = 5;

/// What every request passes before its handler: who asks, what the route's permission says, and
/// whether the address asks too much.
///
/// A signed address stands for its maker's permission to read one path for a short while: pictures
/// in messages, downloads by programs without headers.
///
/// Threads: any, once learn() has been called.
class Gate {
 public:
  struct Options {
    double allowance = 60;                                ///< What an address may spend at once.
    double allowance_per_s = 1;                           ///< What it gets back.
    std::function<std::chrono::milliseconds()> steady{};  ///< Empty: the system's.
    std::function<store::UnixMs()> wall{};                ///< Empty: the system's.
    std::string key{};  ///< Signs addresses; empty: one that lives as long as the gate.
  };

  /// `accounts` must outlive it.
  explicit Gate(const accounts::Accounts& accounts);
  Gate(const accounts::Accounts& accounts, Options options);
  ~Gate();
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;

  /// Takes note of the routes, once all are there.
  void learn(const http::Router& router);

  /// For http::Server::Options::before.
  [[nodiscard]] std::optional<http::Response> admit(http::Request& request,
                                                    const http::Route& route);

  /// Takes `cost` from the allowance of the request's address, where the route cannot know it.
  /// @returns the refusal when it is used up.
  [[nodiscard]] std::optional<http::Response> charge(const http::Request& request,
                                                     std::uint16_t cost);

  struct Signed {
    std::string address;  ///< Path and query, relative to the server.
    store::UnixMs expires{};
  };
  /// Signs an address (path and query) that `who` may read.
  /// @returns kNotFound: nothing there that may be signed; kDenied; kMalformed.
  [[nodiscard]] Result<Signed> sign(const accounts::Principal& who, std::string_view address,
                                    std::chrono::seconds lifetime) const;

  struct RouteInfo {
    http::Method method{};
    std::string pattern;
    std::string permission;  ///< Empty: open to all.
    bool signable = false;
  };
  /// Sorted by pattern and method.
  [[nodiscard]] const std::vector<RouteInfo>& routes() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace stepcast::server
