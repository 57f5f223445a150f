#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/store/store.hpp"

namespace stepcast::store {

/// Who did what to what. Entries are numbered from 1 and never change.
struct AuditRow {
  std::int64_t sequence{};
  UnixMs at{};
  std::string user;
  std::string key_id;
  std::string action;
  std::string subject;
  std::string previous_hash;
  std::string hash;
};

/// @returns kInvalidArgument when the number is taken.
[[nodiscard]] Result<void> append_audit(Session& session, const AuditRow& row);
[[nodiscard]] Result<std::optional<AuditRow>> last_audit(Session& session);
/// Those after number `after`, in order.
[[nodiscard]] Result<std::vector<AuditRow>> audit_after(Session& session, std::int64_t after,
                                                        std::int64_t limit);

}  // namespace stepcast::store
