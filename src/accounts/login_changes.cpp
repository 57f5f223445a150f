#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "accounts_impl.hpp"
#include "password.hpp"
#include "secrets.hpp"

namespace stepcast::accounts {
namespace {

// Long enough not to annoy at a workshop's screen; a lost laptop is out of it within two weeks.
constexpr store::UnixMs kLoginLifetime = store::UnixMs{14} * 24 * 3600 * 1000;
// Bounds what a script that logs in for every request leaves behind; the oldest goes first.
constexpr std::size_t kMaxLoginsOfUser = 32;
// Bounds the names and addresses that strangers can make us remember.
constexpr std::size_t kMaxShownBytes = 64;

std::string csrf_of(std::string_view token) {
  return keyed_hash(token, "stepcast csrf");
}

std::vector<std::string> surplus_of(const std::unordered_map<std::string, store::LoginRow>& logins,
                                    std::string_view user) {
  std::vector<std::pair<store::UnixMs, std::string>> own;
  for (const auto& [hash, login] : logins) {
    if (login.user == user) {
      own.emplace_back(login.created, hash);
    }
  }
  std::sort(own.begin(), own.end());
  std::vector<std::string> surplus;
  for (std::size_t i = 0; i + kMaxLoginsOfUser <= own.size(); ++i) {
    surplus.push_back(std::move(own[i].second));
  }
  return surplus;
}

tl::unexpected<Error> wrong_login() {
  return fail(Errc::kDenied, "the name or the password is wrong", "log in");
}

}  // namespace

Result<Accounts::Login> Accounts::log_in(std::string_view name, std::string_view password,
                                         std::string_view remote) {
  const auto shown = name.substr(0, kMaxShownBytes);
  remote = remote.substr(0, kMaxShownBytes);
  if (const auto wait = impl_->guard.begin(shown, remote, impl_->clocks.steady())) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(*wait).count();
    return fail(Errc::kBusy, "too many failed attempts to log in", "log in",
                fmt::format("try again in {} s", seconds));
  }
  std::string hash = nobodys_hash();
  {
    const std::shared_lock lock(impl_->state);
    if (const auto* user = impl_->user(name); user != nullptr && user->row.active) {
      hash = user->row.password_hash;
    }
  }
  const auto matches = password_matches(hash, password);
  if (!matches) {
    impl_->guard.succeeded(shown, remote);  // nothing was learned
    return tl::unexpected(matches.error());
  }
  if (!*matches) {
    impl_->guard.failed(shown, remote, impl_->clocks.steady());
    impl_->audit({}, "login.failed", fmt::format("{} from {}", shown, remote));
    return wrong_login();
  }
  impl_->guard.succeeded(shown, remote);

  const auto now = impl_->clocks.wall();
  auto token = random_token();
  const store::LoginRow row{.token_sha256 = sha256_hex(token),
                            .id = random_id(),
                            .user = std::string(name),
                            .created = now,
                            .expires = now + kLoginLifetime};
  const std::lock_guard one(impl_->changes);
  const auto* user = impl_->user(name);
  if (user == nullptr || !user->row.active || user->row.password_hash != hash) {
    return wrong_login();  // changed while we were checking
  }
  const auto surplus = surplus_of(impl_->logins, name);
  Principal by{};
  by.user = row.user;
  return impl_
      ->write(
          by, "login", fmt::format("{} from {}", row.id, remote),
          [row, surplus, now](store::Session& session) -> Result<void> {
            for (const auto& old : surplus) {
              if (auto removed = store::remove_login(session, old); !removed) {
                return tl::unexpected(removed.error());
              }
            }
            return store::remove_expired_logins(session, now).and_then([&](std::int64_t /*rows*/) {
              return store::add_login(session, row);
            });
          })
      .map([&] {
        const std::unique_lock lock(impl_->state);
        for (const auto& old : surplus) {
          impl_->logins.erase(old);
        }
        std::erase_if(impl_->logins,
                      [&](const auto& entry) { return entry.second.expires <= now; });
        impl_->logins.emplace(row.token_sha256, row);
        auto csrf = csrf_of(token);
        return Login{impl_->principal_of(row), std::move(token), std::move(csrf), row.expires};
      });
}

void Accounts::log_out(std::string_view token) {
  auto hash = sha256_hex(token);
  const std::lock_guard one(impl_->changes);
  Principal by;
  std::string id;
  {
    const std::unique_lock lock(impl_->state);
    const auto found = impl_->logins.find(hash);
    if (found == impl_->logins.end()) {
      return;
    }
    by.user = found->second.user;
    id = found->second.id;
    impl_->logins.erase(found);
  }
  impl_->database.write_soon(
      [hash = std::move(hash),
       event = audit_event(by, "logout", id, impl_->clocks.wall())](store::Session& session) {
        return store::remove_login(session, hash).and_then([&](bool /*found*/) {
          return append_to_chain(session, event);
        });
      });
}

std::optional<Principal> Accounts::authenticate_session(std::string_view token) const {
  if (token.size() != kTokenCharacters) {
    return std::nullopt;
  }
  const auto hash = sha256_hex(token);
  const auto now = impl_->clocks.wall();
  const std::shared_lock lock(impl_->state);
  const auto found = impl_->logins.find(hash);
  if (found == impl_->logins.end() || !same_secret(found->first, hash) ||
      found->second.expires <= now || !impl_->user(found->second.user)->row.active) {
    return std::nullopt;
  }
  return impl_->principal_of(found->second);
}

bool Accounts::csrf_matches(std::string_view token, std::string_view csrf) const {
  return authenticate_session(token).has_value() && same_secret(csrf_of(token), csrf);
}

}  // namespace stepcast::accounts
