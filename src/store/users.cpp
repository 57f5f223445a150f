#include "stepcast/store/users.hpp"

#include "session.hpp"
#include "table.hpp"

namespace stepcast::store {
namespace {

constexpr Table kUsers("users", 1, Field{"name", &UserRow::name},
                       Field{"password_hash", &UserRow::password_hash},
                       Field{"role", &UserRow::role}, Field{"active", &UserRow::active},
                       Field{"created_ms", &UserRow::created});

}  // namespace

Result<void> put_user(Session& session, const UserRow& row) {
  return kUsers.put(session, row);
}

Result<bool> remove_user(Session& session, std::string_view name) {
  return session.change("DELETE FROM users WHERE name = :name", name);
}

Result<std::vector<UserRow>> all_users(Session& session) {
  return kUsers.select(session, "ORDER BY name");
}

}  // namespace stepcast::store
