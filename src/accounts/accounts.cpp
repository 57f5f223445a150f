#include "stepcast/accounts/accounts.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "accounts_impl.hpp"

namespace stepcast::accounts {
namespace {

store::UnixMs system_wall() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::chrono::milliseconds system_steady() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now().time_since_epoch());
}

Accounts::Options with_defaults(Accounts::Options options) {
  if (!options.wall) {
    options.wall = system_wall;
  }
  if (!options.steady) {
    options.steady = system_steady;
  }
  return options;
}

}  // namespace

Accounts::Impl::Impl(store::Store& where, Options options)
    : database(where), clocks(with_defaults(std::move(options))) {}

Result<void> Accounts::Impl::load() {
  std::vector<store::UserRow> user_rows;
  std::vector<store::KeyRow> key_rows;
  std::vector<store::LoginRow> login_rows;
  std::vector<store::SecondFactorRow> factor_rows;
  auto read = database.read([&](store::Session& session) {
    return store::all_users(session)
        .and_then([&](auto rows) {
          user_rows = std::move(rows);
          return store::all_keys(session);
        })
        .and_then([&](auto rows) {
          key_rows = std::move(rows);
          return store::all_logins(session);
        })
        .and_then([&](auto rows) {
          login_rows = std::move(rows);
          return store::all_second_factors(session);
        })
        .map([&](auto rows) { factor_rows = std::move(rows); });
  });
  if (!read) {
    return read;
  }
  const std::unique_lock lock(state);
  for (auto& row : user_rows) {
    const auto role = role_from(row.role);
    if (!role) {
      return fail(Errc::kMalformed,
                  fmt::format("user '{}' has the unknown role '{}'", row.name, row.role), "users",
                  "start the version that wrote it");
    }
    users.emplace(row.name, User{row, *role});
  }
  for (auto& row : key_rows) {
    const auto* owner = user(row.user);
    if (owner == nullptr) {
      return fail(Errc::kMalformed, fmt::format("key {} belongs to nobody: '{}'", row.id, row.user),
                  "api_keys");
    }
    auto key = std::make_shared<Key>();
    key->principal = principal_of_key(row, owner->role);
    key->last_used = row.last_used.value_or(0);
    key->written = key->last_used.load();
    auto hash = row.secret_sha256;
    key->row = std::move(row);
    keys.emplace(std::move(hash), std::move(key));
  }
  for (auto& row : login_rows) {
    auto hash = row.token_sha256;
    logins.emplace(std::move(hash), std::move(row));
  }
  for (auto& row : factor_rows) {
    auto name = row.user;
    second_factors.emplace(std::move(name), std::move(row));
  }
  return {};
}

Result<void> Accounts::Impl::write(const Principal& by, std::string_view action,
                                   std::string_view subject,
                                   std::function<Result<void>(store::Session&)> change) {
  return database.write(
      [change = std::move(change),
       event = audit_event(by, action, subject, clocks.wall())](store::Session& session) {
        return change(session).and_then([&] { return append_to_chain(session, event); });
      });
}

void Accounts::Impl::audit(const Principal& by, std::string_view action, std::string_view subject) {
  database.write_soon([event = audit_event(by, action, subject, clocks.wall())](
                          store::Session& session) { return append_to_chain(session, event); });
}

const Accounts::Impl::User* Accounts::Impl::user(std::string_view name) const {
  const auto found = users.find(name);
  return found == users.end() ? nullptr : &found->second;
}

Principal Accounts::Impl::principal_of(const store::LoginRow& login) const {
  const auto role = user(login.user)->role;
  return {.user = login.user,
          .role = role,
          .key_id = {},
          .session = login.id,
          .printer = {},
          .permissions = permissions_of(role)};
}

void Accounts::Impl::forget_user(std::string_view name) {
  std::erase_if(keys, [&](const auto& entry) { return entry.second->row.user == name; });
  forget_logins(name, {});
  second_factors.erase(std::string(name));
  new_secrets.erase(std::string(name));
  users.erase(users.find(name));
}

void Accounts::Impl::forget_logins(std::string_view user_name, std::string_view kept) {
  std::erase_if(logins, [&](const auto& entry) {
    return entry.second.user == user_name && entry.second.id != kept;
  });
}

Accounts::Accounts(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Accounts::~Accounts() = default;

Result<std::unique_ptr<Accounts>> Accounts::open(store::Store& store) {
  return open(store, {});
}

Result<std::unique_ptr<Accounts>> Accounts::open(store::Store& store, Options options) {
  auto impl = std::make_unique<Impl>(store, std::move(options));
  return store
      .write([now = impl->clocks.wall()](store::Session& session) {
        return store::remove_expired_logins(session, now).map([](std::int64_t /*rows*/) {});
      })
      .and_then([&] { return impl->load(); })
      .map([&] { return std::unique_ptr<Accounts>(new Accounts(std::move(impl))); });
}

bool Accounts::has_users() const {
  const std::shared_lock lock(impl_->state);
  return !impl_->users.empty();
}

std::vector<UserInfo> Accounts::users() const {
  const std::shared_lock lock(impl_->state);
  std::vector<UserInfo> infos;
  for (const auto& [name, user] : impl_->users) {
    infos.push_back({name, user.role, user.row.active, impl_->second_factors.contains(name)});
  }
  return infos;
}

std::optional<Principal> Accounts::principal_of_user(std::string_view name) const {
  const std::shared_lock lock(impl_->state);
  const auto* user = impl_->user(name);
  if (user == nullptr || !user->row.active) {
    return std::nullopt;
  }
  Principal principal;
  principal.user = user->row.name;
  principal.role = user->role;
  principal.permissions = permissions_of(user->role);
  return principal;
}

bool Accounts::is_current(const Principal& who) const {
  const auto now = impl_->clocks.wall();
  const std::shared_lock lock(impl_->state);
  const auto* user = impl_->user(who.user);
  if (user == nullptr || !user->row.active || user->role != who.role) {
    return false;
  }
  if (!who.key_id.empty()) {
    return std::any_of(impl_->keys.begin(), impl_->keys.end(), [&](const auto& entry) {
      const auto& row = entry.second->row;
      return row.id == who.key_id && (!row.expires || *row.expires > now);
    });
  }
  return who.session.empty() ||
         std::any_of(impl_->logins.begin(), impl_->logins.end(), [&](const auto& entry) {
           return entry.second.id == who.session && entry.second.expires > now;
         });
}

void Accounts::audit(const Principal& by, std::string_view action, std::string_view subject) {
  impl_->audit(by, action, subject);
}

Result<std::vector<store::AuditRow>> Accounts::audit_trail(std::int64_t after,
                                                           std::int64_t limit) const {
  std::vector<store::AuditRow> rows;
  return impl_->database
      .read([&](store::Session& session) {
        return store::audit_after(session, after, limit).map([&](auto found) {
          rows = std::move(found);
        });
      })
      .map([&] { return std::move(rows); });
}

Result<void> Accounts::verify_audit() const {
  return verify_chain(impl_->database);
}

}  // namespace stepcast::accounts
