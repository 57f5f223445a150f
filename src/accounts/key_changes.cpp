#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "stepcast/accounts/secrets.hpp"

#include "accounts_impl.hpp"

namespace stepcast::accounts {
namespace {

// Enough to tell keys apart; the rest has more than 200 bits.
constexpr std::size_t kPrefixCharacters = 6;
// The time of last use is for people: a busy client costs one write a minute, not one a request.
constexpr store::UnixMs kUseInterval = 60'000;
constexpr std::size_t kMaxAppBytes = 128;  // bounds what a list of keys shows

using PermissionNames = std::vector<std::string>;

std::string joined(const PermissionNames& names) {
  return fmt::format("{}", fmt::join(names, " "));
}

PermissionNames split(std::string_view text) {
  PermissionNames names;
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    names.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return names;
}

Result<void> fit_key(const Accounts::NewKey& key, store::UnixMs now) {
  if (key.app.empty() || key.app.size() > kMaxAppBytes || key.app.find('\0') != std::string::npos) {
    return fail(Errc::kInvalidArgument,
                fmt::format("the name of an app has 1 to {} bytes", kMaxAppBytes), "app");
  }
  for (const auto& name : key.permissions) {
    if (std::count(permissions().begin(), permissions().end(), name) == 0) {
      return fail(Errc::kInvalidArgument, fmt::format("there is no permission '{}'", name),
                  "permissions", fmt::format("choose from {}", fmt::join(permissions(), ", ")));
    }
  }
  if (key.expires && *key.expires <= now) {
    return fail(Errc::kInvalidArgument, "the key would have expired already", "expires");
  }
  return {};
}

// Nobody hands on more than they have: neither a key to a longer-lived key nor one printer to all.
Result<void> may_hand_on(const Principal& by, Role role, const Accounts::NewKey& key) {
  const auto denied = [&](std::string_view what) {
    return fail(Errc::kDenied, fmt::format("'{}' may not make a key for {}", by.user, what),
                "api keys", "leave it out, or ask an administrator");
  };
  const auto& all = permissions_of(role);
  const PermissionNames wanted =
      key.permissions.empty() ? PermissionNames(all.begin(), all.end()) : key.permissions;
  for (const auto& name : wanted) {
    if (!by.may(name) || !all.contains(name)) {
      return denied(name);
    }
  }
  if (by.printer && by.printer != key.printer) {
    return denied("another printer");
  }
  return {};
}

}  // namespace

Principal principal_of_key(const store::KeyRow& row, Role role) {
  const auto& all = permissions_of(role);
  Principal principal{.user = row.user,
                      .role = role,
                      .key_id = row.id,
                      .session = {},
                      .printer = row.printer,
                      .permissions = all};
  if (!row.permissions.empty()) {
    principal.permissions.clear();
    for (auto& name : split(row.permissions)) {
      if (all.contains(name)) {
        principal.permissions.insert(std::move(name));
      }
    }
  }
  return principal;
}

Result<std::string> Accounts::create_key(const Principal& by, std::string_view user,
                                         const NewKey& key) {
  const auto now = impl_->clocks.wall();
  if (by.user.empty() || (by.user != user && !by.may("ADMIN"))) {
    return fail(Errc::kDenied, fmt::format("'{}' may not make a key for '{}'", by.user, user),
                "api keys", "ask an administrator");
  }
  if (auto fit = fit_key(key, now); !fit) {
    return tl::unexpected(fit.error());
  }
  const std::lock_guard one(impl_->changes);
  const auto* owner = impl_->user(user);
  if (owner == nullptr) {
    return fail(Errc::kNotFound, fmt::format("there is no user '{}'", user), "users");
  }
  if (auto may = may_hand_on(by, owner->role, key); !may) {
    return tl::unexpected(may.error());
  }
  auto secret = random_token();
  auto made = std::make_shared<Impl::Key>();
  made->row = {.id = random_id(),
               .secret_sha256 = sha256_hex(secret),
               .prefix = secret.substr(0, kPrefixCharacters),
               .app = key.app,
               .user = std::string(user),
               .printer = key.printer,
               .permissions = joined(key.permissions),
               .created = now,
               .expires = key.expires,
               .last_used = {}};
  made->principal = principal_of_key(made->row, owner->role);
  return impl_
      ->write(by, "key.create", fmt::format("{} {} {}", made->row.id, user, key.app),
              [row = made->row](store::Session& session) { return store::add_key(session, row); })
      .map([&] {
        const std::unique_lock lock(impl_->state);
        impl_->keys.emplace(made->row.secret_sha256, made);
        return std::move(secret);
      });
}

Result<void> Accounts::revoke_key(const Principal& by, std::string_view id) {
  const std::lock_guard one(impl_->changes);
  const auto found = std::find_if(impl_->keys.begin(), impl_->keys.end(),
                                  [&](const auto& entry) { return entry.second->row.id == id; });
  if (found == impl_->keys.end()) {
    return fail(Errc::kNotFound, fmt::format("there is no key '{}'", id), "api keys");
  }
  // A key may revoke itself, but no other: it may be the one that leaked.
  const bool own = !by.user.empty() && by.user == found->second->row.user &&
                   (by.key_id.empty() || by.key_id == id);
  if (!own && !by.may("ADMIN")) {
    return fail(Errc::kDenied, fmt::format("'{}' may not revoke the key {}", by.user, id),
                "api keys", "ask an administrator");
  }
  return impl_
      ->write(by, "key.revoke", id,
              [id = std::string(id)](store::Session& session) {
                return store::remove_key(session, id).map([](bool /*found*/) {});
              })
      .map([&] {
        const std::unique_lock lock(impl_->state);
        impl_->keys.erase(found);
      });
}

std::vector<KeyInfo> Accounts::keys(std::string_view user) const {
  std::vector<std::shared_ptr<Impl::Key>> own;
  {
    const std::shared_lock lock(impl_->state);
    for (const auto& [hash, key] : impl_->keys) {
      if (key->row.user == user) {
        own.push_back(key);
      }
    }
  }
  std::sort(own.begin(), own.end(), [](const auto& one, const auto& other) {
    return std::tie(one->row.created, one->row.id) < std::tie(other->row.created, other->row.id);
  });
  std::vector<KeyInfo> infos;
  for (const auto& key : own) {
    const auto used = key->last_used.load();
    infos.push_back({.id = key->row.id,
                     .prefix = key->row.prefix,
                     .app = key->row.app,
                     .user = key->row.user,
                     .printer = key->row.printer,
                     .permissions = split(key->row.permissions),
                     .expires = key->row.expires,
                     .last_used = used == 0 ? std::nullopt : std::optional(used)});
  }
  return infos;
}

std::optional<Principal> Accounts::authenticate_key(std::string_view key) const {
  if (key.size() != kTokenCharacters) {
    return std::nullopt;
  }
  const auto hash = sha256_hex(key);
  const auto now = impl_->clocks.wall();
  std::shared_ptr<Impl::Key> known;
  {
    const std::shared_lock lock(impl_->state);
    const auto found = impl_->keys.find(hash);
    if (found == impl_->keys.end() || !same_secret(found->first, hash) ||
        !impl_->user(found->second->row.user)->row.active) {
      return std::nullopt;
    }
    known = found->second;
  }
  if (known->row.expires && *known->row.expires <= now) {
    return std::nullopt;
  }
  known->last_used = now;
  auto written = known->written.load();
  if ((written == 0 || now - written >= kUseInterval) &&
      known->written.compare_exchange_strong(written, now)) {
    impl_->database.write_later([id = known->row.id, now](store::Session& session) {
      return store::set_key_used(session, id, now);
    });
  }
  return known->principal;
}

}  // namespace stepcast::accounts
