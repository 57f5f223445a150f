#include "stepcast/store/logins.hpp"

#include "session.hpp"
#include "table.hpp"

namespace stepcast::store {
namespace {

constexpr Table kLogins("logins", 1, Field{"token_sha256", &LoginRow::token_sha256},
                        Field{"id", &LoginRow::id}, Field{"user_name", &LoginRow::user},
                        Field{"created_ms", &LoginRow::created},
                        Field{"expires_ms", &LoginRow::expires});

}  // namespace

Result<void> add_login(Session& session, const LoginRow& row) {
  return kLogins.insert(session, row);
}

Result<bool> remove_login(Session& session, std::string_view token_sha256) {
  return session.change("DELETE FROM logins WHERE token_sha256 = :token_sha256", token_sha256);
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
  return kLogins.select(session, "ORDER BY created_ms, id");
}

}  // namespace stepcast::store
