#include "stepcast/store/keys.hpp"

#include "session.hpp"
#include "table.hpp"

namespace stepcast::store {
namespace {

constexpr Table kKeys("api_keys", 1, Field{"id", &KeyRow::id},
                      Field{"secret_sha256", &KeyRow::secret_sha256},
                      Field{"prefix", &KeyRow::prefix}, Field{"app", &KeyRow::app},
                      Field{"user_name", &KeyRow::user}, Field{"printer", &KeyRow::printer},
                      Field{"permissions", &KeyRow::permissions},
                      Field{"created_ms", &KeyRow::created}, Field{"expires_ms", &KeyRow::expires},
                      Field{"last_used_ms", &KeyRow::last_used});

}  // namespace

Result<void> add_key(Session& session, const KeyRow& row) {
  return kKeys.insert(session, row);
}

Result<bool> remove_key(Session& session, std::string_view id) {
  return session.change("DELETE FROM api_keys WHERE id = :id", id);
}

Result<void> set_key_used(Session& session, std::string_view id, UnixMs when) {
  return session.apply("UPDATE api_keys SET last_used_ms = :last_used_ms WHERE id = :id", when, id);
}

Result<std::vector<KeyRow>> all_keys(Session& session) {
  return kKeys.select(session, "ORDER BY created_ms, id");
}

}  // namespace stepcast::store
