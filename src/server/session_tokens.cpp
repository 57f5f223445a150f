#include "session_tokens.hpp"

#include "stepcast/server/setup.hpp"

namespace stepcast::server::octoprint {
namespace {

constexpr std::chrono::hours kTokenLife{24};
// A client that logs in for every message must not fill the memory.
constexpr std::size_t kMostTokens = 10'000;

}  // namespace

std::string SessionTokens::issue(const accounts::Principal& who) {
  const auto now = std::chrono::steady_clock::now();
  std::string token = random_token();
  const std::scoped_lock lock(mutex_);
  if (issued_.size() >= kMostTokens) {
    std::erase_if(issued_, [&](const auto& item) { return now - item.second.at > kTokenLife; });
    if (issued_.size() >= kMostTokens) {
      issued_.erase(issued_.begin());
    }
  }
  issued_[token] = {who, now};
  return token;
}

std::optional<accounts::Principal> SessionTokens::find(std::string_view text) {
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
  return found->second.who;
}

}  // namespace stepcast::server::octoprint
