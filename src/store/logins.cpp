#include "stepcast/store/logins.hpp"

#include <utility>

#include "session.hpp"

namespace stepcast::store {

Result<void> add_login(Session& session, const LoginRow& row) {
  return session
      .execute(
          "INSERT INTO logins (token_sha256, id, user_name, created_ms, expires_ms) "
          "VALUES (:token_sha256, :id, :user_name, :created_ms, :expires_ms)",
          row.token_sha256, row.id, row.user, row.created, row.expires)
      .map([](std::int64_t /*rows*/) {});
}

Result<bool> remove_login(Session& session, std::string_view token_sha256) {
  return session.execute("DELETE FROM logins WHERE token_sha256 = :token_sha256", token_sha256)
      .map([](std::int64_t rows) { return rows > 0; });
}

Result<std::int64_t> remove_logins_of(Session& session, std::string_view user,
                                      std::string_view kept) {
  return session.execute("DELETE FROM logins WHERE user_name = :user_name AND id <> :kept", user,
                         kept);
}

Result<std::int64_t> remove_expired_logins(Session& session, UnixMs now) {
  return session.execute("DELETE FROM logins WHERE expires_ms <= :now", now);
}

Result<std::vector<LoginRow>> all_logins(Session& session) {
  std::vector<LoginRow> logins;
  return session
      .query<std::string, std::string, std::string, std::int64_t, std::int64_t>(
          "SELECT token_sha256, id, user_name, created_ms, expires_ms FROM logins "
          "ORDER BY created_ms, id",
          [&](auto&&... column) {
            logins.push_back(LoginRow{std::forward<decltype(column)>(column)...});
          })
      .map([&] { return std::move(logins); });
}

}  // namespace stepcast::store
