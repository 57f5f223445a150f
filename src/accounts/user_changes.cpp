#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "accounts_impl.hpp"
#include "password.hpp"

namespace stepcast::accounts {
namespace {

Result<void> may_manage(const Principal& by) {
  if (!by.may("ADMIN")) {
    return fail(Errc::kDenied, fmt::format("'{}' may not change users", by.user), "users",
                "ask an administrator");
  }
  return {};
}

tl::unexpected<Error> no_such_user(std::string_view name) {
  return fail(Errc::kNotFound, fmt::format("there is no user '{}'", name), "users");
}

tl::unexpected<Error> last_admin(std::string_view name) {
  return fail(Errc::kInvalidArgument, fmt::format("'{}' is the last active administrator", name),
              "users", "make another administrator first");
}

Result<store::UserRow> new_row(std::string_view name, std::string_view password, Role role,
                               store::UnixMs now) {
  return fit_name(name)
      .and_then([&] { return fit_password(name, password); })
      .and_then([&] { return hash_password(password); })
      .map([&](std::string hash) {
        return store::UserRow{std::string(name), std::move(hash), std::string(role_name(role)),
                              true, now};
      });
}

auto putting(store::UserRow row) {
  return [row = std::move(row)](store::Session& session) { return store::put_user(session, row); };
}

}  // namespace

Result<void> Accounts::create_first_admin(std::string_view name, std::string_view password) {
  const auto taken = [] {
    return fail(Errc::kBusy, "there are users already", "users", "log in as an administrator");
  };
  if (has_users()) {
    return taken();
  }
  auto row = new_row(name, password, Role::kAdmin, impl_->clocks.wall());
  if (!row) {
    return tl::unexpected(row.error());
  }
  const std::lock_guard one(impl_->changes);
  if (has_users()) {  // somebody was faster
    return taken();
  }
  return impl_->write({}, "user.first", name, putting(*row)).map([&] {
    const std::unique_lock lock(impl_->state);
    impl_->users.emplace(row->name, Impl::User{*row, Role::kAdmin});
  });
}

Result<void> Accounts::add_user(const Principal& by, std::string_view name,
                                std::string_view password, Role role) {
  auto row =
      may_manage(by).and_then([&] { return new_row(name, password, role, impl_->clocks.wall()); });
  if (!row) {
    return tl::unexpected(row.error());
  }
  const std::lock_guard one(impl_->changes);
  if (impl_->user(name) != nullptr) {
    return fail(Errc::kInvalidArgument, fmt::format("there is a user '{}' already", name), "name",
                "choose another name");
  }
  return impl_->write(by, "user.add", fmt::format("{} {}", name, role_name(role)), putting(*row))
      .map([&] {
        const std::unique_lock lock(impl_->state);
        impl_->users.emplace(row->name, Impl::User{*row, role});
      });
}

Result<void> Accounts::remove_user(const Principal& by, std::string_view name) {
  if (auto may = may_manage(by); !may) {
    return may;
  }
  const std::lock_guard one(impl_->changes);
  const auto* user = impl_->user(name);
  if (user == nullptr) {
    return no_such_user(name);
  }
  if (impl_->last_active_admin(*user)) {
    return last_admin(name);
  }
  return impl_
      ->write(by, "user.remove", name,
              [name = std::string(name)](store::Session& session) {
                return store::remove_user(session, name).map([](bool /*found*/) {});
              })
      .map([&] {
        const std::unique_lock lock(impl_->state);
        impl_->forget_user(name);
      });
}

bool Accounts::Impl::last_active_admin(const User& user) const {
  const auto admins = std::count_if(users.begin(), users.end(), [](const auto& entry) {
    return entry.second.role == Role::kAdmin && entry.second.row.active;
  });
  return user.role == Role::kAdmin && user.row.active && admins == 1;
}

void Accounts::Impl::rebuild_keys_of(std::string_view name, Role role) {
  for (auto& [hash, key] : keys) {
    if (key->row.user == name) {
      // Not in place: who has just been let in reads the old one.
      auto changed = std::make_shared<Key>();
      changed->row = key->row;
      changed->principal = principal_of_key(key->row, role);
      changed->last_used = key->last_used.load();
      changed->written = key->written.load();
      key = std::move(changed);
    }
  }
}

Result<void> Accounts::Impl::edit_user(const Principal& by, const UserEdit& edit) {
  const std::lock_guard one(changes);
  const auto* before = user(edit.name);
  if (before == nullptr) {
    return no_such_user(edit.name);
  }
  auto row = before->row;
  edit.apply(row);
  const auto role = role_from(row.role).value_or(before->role);
  if (last_active_admin(*before) && !(row.active && role == Role::kAdmin)) {
    return last_admin(edit.name);
  }
  return write(by, edit.action,
               role == before->role ? std::string(edit.name)
                                    : fmt::format("{} {}", edit.name, role_name(role)),
               [row, kept = edit.kept_login](store::Session& session) {
                 return store::put_user(session, row).and_then([&]() -> Result<void> {
                   if (!kept) {
                     return {};
                   }
                   return store::remove_logins_of(session, row.name, *kept)
                       .map([](std::int64_t /*rows*/) {});
                 });
               })
      .map([&] {
        const std::unique_lock lock(state);
        auto& changed = users.find(edit.name)->second;
        if (changed.role != role) {
          rebuild_keys_of(edit.name, role);
        }
        changed = {row, role};
        if (edit.kept_login) {
          forget_logins(edit.name, *edit.kept_login);
        }
      });
}

Result<void> Accounts::deactivate_user(const Principal& by, std::string_view name) {
  return may_manage(by).and_then([&] {
    return impl_->edit_user(by, {"user.deactivate", name, [](auto& row) { row.active = false; }});
  });
}

Result<void> Accounts::activate_user(const Principal& by, std::string_view name) {
  return may_manage(by).and_then([&] {
    return impl_->edit_user(by, {"user.activate", name, [](auto& row) { row.active = true; }});
  });
}

Result<void> Accounts::set_role(const Principal& by, std::string_view name, Role role) {
  return may_manage(by).and_then([&] {
    return impl_->edit_user(
        by, {"user.role", name, [role](auto& row) { row.role = std::string(role_name(role)); }});
  });
}

Result<void> Accounts::set_password(const Principal& by, std::string_view name,
                                    std::string_view password, std::string_view old) {
  const bool own = !by.user.empty() && by.user == name;
  // A key that leaks must not become the account, nor a browser that was left open.
  auto may =
      own && by.key_id.empty() ? impl_->check_password(name, old, by.session) : may_manage(by);
  auto hash = may.and_then([&] { return fit_password(name, password); }).and_then([&] {
    return hash_password(password);
  });
  if (!hash) {
    return tl::unexpected(hash.error());
  }
  return impl_->edit_user(
      by, {"user.password", name, [&](auto& row) { row.password_hash = std::move(*hash); },
           own ? by.session : std::string()});
}

}  // namespace stepcast::accounts
