#include "session_tokens.hpp"

#include <algorithm>
#include <utility>

#include "stepcast/server/setup.hpp"

namespace stepcast::server::octoprint {
namespace {

constexpr std::chrono::hours kTokenLife{24};
// A client that logs in for every message must not fill the memory.
constexpr std::size_t kMostTokens = 10'000;

}  // namespace

std::string SessionTokens::issue(const accounts::Principal& who, std::string login) {
  const auto now = std::chrono::steady_clock::now();
  std::string token = random_token();
  const std::scoped_lock lock(mutex_);
  if (issued_.size() >= kMostTokens) {
    std::erase_if(issued_, [&](const auto& item) { return now - item.second.at > kTokenLife; });
    if (issued_.size() >= kMostTokens) {
      issued_.erase(issued_.begin());
    }
  }
  issued_[token] = {.who = who, .login = std::move(login), .at = now};
  return token;
}

std::optional<SessionTokens::Issued> SessionTokens::issued(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    return std::nullopt;
  }
  const std::scoped_lock lock(mutex_);
  const auto found = issued_.find(text.substr(colon + 1));
  if (found == issued_.end() || found->second.who.user != text.substr(0, colon) ||
      std::chrono::steady_clock::now() - found->second.at > kTokenLife) {
    return std::nullopt;
  }
  return found->second;
}

std::optional<accounts::Principal> SessionTokens::find(std::string_view text,
                                                       const accounts::Accounts& accounts) {
  auto found = issued(text);
  if (!found || octoprint::end_of(found->who, found->login, accounts)) {
    return std::nullopt;
  }
  return std::move(found->who);
}

std::optional<std::string_view> SessionTokens::end_of(std::string_view text,
                                                      const accounts::Accounts& accounts) {
  const auto found = issued(text);
  return found ? octoprint::end_of(found->who, found->login, accounts)
               : std::optional<std::string_view>("stale");
}

std::optional<std::string_view> end_of(const accounts::Principal& who, std::string_view login,
                                       const accounts::Accounts& accounts) {
  const auto users = accounts.users();
  const bool is_user = std::any_of(users.begin(), users.end(), [&](const auto& user) {
    return user.name == who.user && user.active;
  });
  if (!is_user) {
    return "removed";
  }
  if (who.key_id.empty()) {
    return accounts.authenticate_session(login) ? std::nullopt
                                                : std::optional<std::string_view>("logout");
  }
  const auto keys = accounts.keys(who.user);
  const bool has_key =
      std::any_of(keys.begin(), keys.end(), [&](const auto& key) { return key.id == who.key_id; });
  return has_key ? std::nullopt : std::optional<std::string_view>("removed");
}

}  // namespace stepcast::server::octoprint
