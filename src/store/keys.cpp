#include "stepcast/store/keys.hpp"

#include <utility>

#include "session.hpp"

namespace stepcast::store {

Result<void> add_key(Session& session, const KeyRow& row) {
  return session
      .execute(
          "INSERT INTO api_keys (id, secret_sha256, prefix, app, user_name, printer, permissions, "
          "created_ms, expires_ms, last_used_ms) VALUES (:id, :secret_sha256, :prefix, :app, "
          ":user_name, :printer, :permissions, :created_ms, :expires_ms, :last_used_ms)",
          row.id, row.secret_sha256, row.prefix, row.app, row.user, row.printer, row.permissions,
          row.created, row.expires, row.last_used)
      .map([](std::int64_t /*rows*/) {});
}

Result<bool> remove_key(Session& session, std::string_view id) {
  return session.execute("DELETE FROM api_keys WHERE id = :id", id).map([](std::int64_t rows) {
    return rows > 0;
  });
}

Result<void> set_key_used(Session& session, std::string_view id, UnixMs when) {
  return session
      .execute("UPDATE api_keys SET last_used_ms = :last_used_ms WHERE id = :id", when, id)
      .map([](std::int64_t /*rows*/) {});
}

Result<std::vector<KeyRow>> all_keys(Session& session) {
  using Text = std::string;
  using MaybeMs = std::optional<UnixMs>;
  std::vector<KeyRow> keys;
  return session
      .query<Text, Text, Text, Text, Text, std::optional<Text>, Text, UnixMs, MaybeMs, MaybeMs>(
          "SELECT id, secret_sha256, prefix, app, user_name, printer, permissions, created_ms, "
          "expires_ms, last_used_ms FROM api_keys ORDER BY created_ms, id",
          [&](auto&&... column) {
            keys.push_back(KeyRow{std::forward<decltype(column)>(column)...});
          })
      .map([&] { return std::move(keys); });
}

}  // namespace stepcast::store
