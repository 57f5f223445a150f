#include "stepcast/store/audit_log.hpp"

#include "session.hpp"
#include "table.hpp"

namespace stepcast::store {
namespace {

constexpr Table kAudit("audit_log", 1, Field{"sequence", &AuditRow::sequence},
                       Field{"at_ms", &AuditRow::at}, Field{"user_name", &AuditRow::user},
                       Field{"key_id", &AuditRow::key_id}, Field{"action", &AuditRow::action},
                       Field{"subject", &AuditRow::subject},
                       Field{"previous_hash", &AuditRow::previous_hash},
                       Field{"hash", &AuditRow::hash});

}  // namespace

Result<void> append_audit(Session& session, const AuditRow& row) {
  return kAudit.insert(session, row);
}

Result<std::optional<AuditRow>> last_audit(Session& session) {
  return kAudit.find(session, "ORDER BY sequence DESC LIMIT 1");
}

Result<std::vector<AuditRow>> audit_after(Session& session, std::int64_t after,
                                          std::int64_t limit) {
  return kAudit.select(session, "WHERE sequence > :after ORDER BY sequence LIMIT :limit", after,
                       limit);
}

}  // namespace stepcast::store
