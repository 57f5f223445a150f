#include "stepcast/store/users.hpp"

#include <utility>

#include "session.hpp"

namespace stepcast::store {

Result<void> put_user(Session& session, const UserRow& row) {
  return session
      .execute(
          "INSERT INTO users (name, password_hash, role, active, created_ms) "
          "VALUES (:name, :password_hash, :role, :active, :created_ms) "
          "ON CONFLICT (name) DO UPDATE SET password_hash = excluded.password_hash, "
          "role = excluded.role, active = excluded.active, created_ms = excluded.created_ms",
          row.name, row.password_hash, row.role, std::int64_t{row.active ? 1 : 0}, row.created)
      .map([](std::int64_t /*rows*/) {});
}

Result<bool> remove_user(Session& session, std::string_view name) {
  return session.execute("DELETE FROM users WHERE name = :name", name).map([](std::int64_t rows) {
    return rows > 0;
  });
}

Result<std::vector<UserRow>> all_users(Session& session) {
  std::vector<UserRow> users;
  return session
      .query<std::string, std::string, std::string, std::int64_t, std::int64_t>(
          "SELECT name, password_hash, role, active, created_ms FROM users ORDER BY name",
          [&](std::string name, std::string password_hash, std::string role, std::int64_t active,
              UnixMs created) {
            users.push_back(
                {std::move(name), std::move(password_hash), std::move(role), active != 0, created});
          })
      .map([&] { return std::move(users); });
}

}  // namespace stepcast::store
