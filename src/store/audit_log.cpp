#include "stepcast/store/audit_log.hpp"

#include <utility>

#include "session.hpp"

namespace stepcast::store {
namespace {

template <class Each, class... Arguments>
Result<void> query_audit(Session& session, std::string_view sql, Each&& each,
                         const Arguments&... arguments) {
  using Text = std::string;
  return session.query<std::int64_t, UnixMs, Text, Text, Text, Text, Text, Text>(
      sql, [&](auto&&... column) { each(AuditRow{std::forward<decltype(column)>(column)...}); },
      arguments...);
}

}  // namespace

Result<void> append_audit(Session& session, const AuditRow& row) {
  return session
      .execute(
          "INSERT INTO audit_log (sequence, at_ms, user_name, key_id, action, subject, "
          "previous_hash, hash) VALUES (:sequence, :at_ms, :user_name, :key_id, :action, "
          ":subject, :previous_hash, :hash)",
          row.sequence, row.at, row.user, row.key_id, row.action, row.subject, row.previous_hash,
          row.hash)
      .map([](std::int64_t /*rows*/) {});
}

Result<std::optional<AuditRow>> last_audit(Session& session) {
  std::optional<AuditRow> last;
  return query_audit(session,
                     "SELECT sequence, at_ms, user_name, key_id, action, subject, previous_hash, "
                     "hash FROM audit_log ORDER BY sequence DESC LIMIT 1",
                     [&](AuditRow row) { last = std::move(row); })
      .map([&] { return std::move(last); });
}

Result<std::vector<AuditRow>> audit_after(Session& session, std::int64_t after,
                                          std::int64_t limit) {
  std::vector<AuditRow> rows;
  return query_audit(
             session,
             "SELECT sequence, at_ms, user_name, key_id, action, subject, previous_hash, "
             "hash FROM audit_log WHERE sequence > :after ORDER BY sequence LIMIT :limit",
             [&](AuditRow row) { rows.push_back(std::move(row)); }, after, limit)
      .map([&] { return std::move(rows); });
}

}  // namespace stepcast::store
