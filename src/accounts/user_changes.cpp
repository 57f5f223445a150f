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

Result<void> Accounts::Impl::change_user(const Principal& by, std::string_view action,
                                         store::UserRow row) {
  return write(by, action, row.name, putting(row)).map([&] {
    const std::unique_lock lock(state);
    users.find(row.name)->second.row = row;
  });
}

Result<void> Accounts::deactivate_user(const Principal& by, std::string_view name) {
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
  auto row = user->row;
  row.active = false;
  return impl_->change_user(by, "user.deactivate", std::move(row));
}

Result<void> Accounts::activate_user(const Principal& by, std::string_view name) {
  if (auto may = may_manage(by); !may) {
    return may;
  }
  const std::lock_guard one(impl_->changes);
  const auto* user = impl_->user(name);
  if (user == nullptr) {
    return no_such_user(name);
  }
  auto row = user->row;
  row.active = true;
  return impl_->change_user(by, "user.activate", std::move(row));
}

Result<void> Accounts::set_password(const Principal& by, std::string_view name,
                                    std::string_view password) {
  const bool own = !by.user.empty() && by.user == name;
  // A key that leaks must not become the account.
  if (!(own && by.key_id.empty())) {
    if (auto may = may_manage(by); !may) {
      return may;
    }
  }
  auto hash = fit_password(name, password).and_then([&] { return hash_password(password); });
  if (!hash) {
    return tl::unexpected(hash.error());
  }
  const std::lock_guard one(impl_->changes);
  const auto* user = impl_->user(name);
  if (user == nullptr) {
    return no_such_user(name);
  }
  auto row = user->row;
  row.password_hash = std::move(*hash);
  const auto kept = own ? by.session : std::string();
  return impl_
      ->write(by, "user.password", name,
              [row, kept](store::Session& session) {
                return store::put_user(session, row)
                    .and_then([&] { return store::remove_logins_of(session, row.name, kept); })
                    .map([](std::int64_t /*rows*/) {});
              })
      .map([&] {
        const std::unique_lock lock(impl_->state);
        impl_->users.find(name)->second.row = row;
        impl_->forget_logins(name, kept);
      });
}

}  // namespace stepcast::accounts
