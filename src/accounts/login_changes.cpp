#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "stepcast/accounts/secrets.hpp"

#include "accounts_impl.hpp"
#include "password.hpp"

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

tl::unexpected<Error> locked_out(LoginGuard::Time wait) {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(wait).count();
  return fail(Errc::kBusy, "too many failed attempts to log in", "log in",
              fmt::format("try again in {} s", seconds));
}

tl::unexpected<Error> wrong_login() {
  return fail(Errc::kDenied, "the name or the password is wrong", "log in");
}

}  // namespace

Result<void> Accounts::Impl::check_password(std::string_view name, std::string_view password,
                                            std::string_view from) {
  const auto shown = name.substr(0, kMaxShownBytes);
  if (const auto wait = guard.begin(shown, from, clocks.steady())) {
    return locked_out(*wait);
  }
  const auto matches = password_matches(hash_of(name), password);
  if (matches && !*matches) {
    guard.failed(shown, from, clocks.steady());
    return fail(Errc::kDenied, "the password is wrong", "password", "give the one in use");
  }
  guard.succeeded(shown, from);
  return matches.map([](bool /*yes*/) {});
}

std::string Accounts::Impl::hash_of(std::string_view name) const {
  const std::shared_lock lock(state);
  const auto* known = user(name);
  return known != nullptr && known->row.active ? known->row.password_hash : nobodys_hash();
}

Result<Accounts::Login> Accounts::log_in(std::string_view name, std::string_view password,
                                         std::string_view remote, std::string_view code) {
  const auto shown = name.substr(0, kMaxShownBytes);
  remote = remote.substr(0, kMaxShownBytes);
  if (const auto wait = impl_->guard.begin(shown, remote, impl_->clocks.steady())) {
    return locked_out(*wait);
  }
  auto login = impl_->enter(name, password, remote, code);
  const bool guessed = !login && login.error().code == Errc::kDenied;
  // To be asked for the code is the second step of an honest login.
  if (guessed && !(code.empty() && login.error().location == kSecondFactor)) {
    impl_->guard.failed(shown, remote, impl_->clocks.steady());
    impl_->audit({}, "login.failed", fmt::format("{} from {}", shown, remote));
  } else {
    impl_->guard.succeeded(shown, remote);
  }
  return login;
}

Result<Accounts::Login> Accounts::Impl::enter(std::string_view name, std::string_view password,
                                              std::string_view remote, std::string_view code) {
  const std::string hash = hash_of(name);
  const auto matches = password_matches(hash, password);
  if (!matches) {
    return tl::unexpected(matches.error());
  }
  if (!*matches) {
    return wrong_login();
  }
  const auto now = clocks.wall();
  auto token = random_token();
  const store::LoginRow row{.token_sha256 = sha256_hex(token),
                            .id = random_id(),
                            .user = std::string(name),
                            .created = now,
                            .expires = now + kLoginLifetime};
  const std::lock_guard one(changes);
  const auto* known = user(name);
  if (known == nullptr || !known->row.active || known->row.password_hash != hash) {
    return wrong_login();  // changed while we were checking
  }
  auto factor = spend_code(name, code);
  if (!factor) {
    return tl::unexpected(factor.error());
  }
  const auto surplus = surplus_of(logins, name);
  Principal by{};
  by.user = row.user;
  return write(
             by, "login", fmt::format("{} from {}", row.id, remote),
             [row, surplus, now, factor = *factor](store::Session& session) -> Result<void> {
               if (factor) {
                 if (auto spent = store::put_second_factor(session, *factor); !spent) {
                   return spent;
                 }
               }
               for (const auto& old : surplus) {
                 if (auto removed = store::remove_login(session, old); !removed) {
                   return tl::unexpected(removed.error());
                 }
               }
               return store::remove_expired_logins(session, now)
                   .and_then([&](std::int64_t /*rows*/) { return store::add_login(session, row); });
             })
      .map([&] {
        const std::unique_lock lock(state);
        if (*factor) {
          second_factors[row.user] = **factor;
        }
        for (const auto& old : surplus) {
          logins.erase(old);
        }
        std::erase_if(logins, [&](const auto& entry) { return entry.second.expires <= now; });
        logins.emplace(row.token_sha256, row);
        auto csrf = csrf_of(token);
        return Login{principal_of(row), std::move(token), std::move(csrf), row.expires};
      });
}

std::vector<LoginInfo> Accounts::logins(std::string_view user) const {
  std::vector<LoginInfo> infos;
  {
    const auto now = impl_->clocks.wall();
    const std::shared_lock lock(impl_->state);
    for (const auto& [hash, login] : impl_->logins) {
      if ((user.empty() || login.user == user) && login.expires > now) {
        infos.push_back({login.id, login.user, login.created, login.expires});
      }
    }
  }
  std::sort(infos.begin(), infos.end(), [](const auto& one, const auto& other) {
    return std::tie(one.created, one.id) < std::tie(other.created, other.id);
  });
  return infos;
}

Result<void> Accounts::end_login(const Principal& by, std::string_view id) {
  const std::lock_guard one(impl_->changes);
  const auto found =
      std::find_if(impl_->logins.begin(), impl_->logins.end(),
                   [&](const auto& entry) { return !id.empty() && entry.second.id == id; });
  // Whose login it is is not told to those who may not know.
  if (found == impl_->logins.end() || (found->second.user != by.user && !by.may("ADMIN"))) {
    return fail(Errc::kNotFound, fmt::format("there is no login '{}'", id), "logins");
  }
  return impl_
      ->write(by, "login.end", id,
              [hash = found->first](store::Session& session) {
                return store::remove_login(session, hash).map([](bool /*found*/) {});
              })
      .map([&] {
        const std::unique_lock lock(impl_->state);
        impl_->logins.erase(found);
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
