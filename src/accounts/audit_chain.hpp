#pragma once

#include <string>
#include <string_view>

#include "stepcast/accounts/accounts.hpp"
#include "stepcast/store/audit_log.hpp"
#include "stepcast/store/store.hpp"

namespace stepcast::accounts {

/// What happened; the chain adds number and hashes.
struct AuditEvent {
  store::UnixMs at{};
  std::string user;
  std::string key_id;
  std::string action;
  std::string subject;
};
[[nodiscard]] AuditEvent audit_event(const Principal& by, std::string_view action,
                                     std::string_view subject, store::UnixMs at);

/// Runs inside a write of the store, so that an entry and what it tells of are one transaction.
[[nodiscard]] Result<void> append_to_chain(store::Session& session, const AuditEvent& event);
/// @returns kMalformed naming the first entry that does not follow from the one before.
[[nodiscard]] Result<void> verify_chain(store::Store& store);

}  // namespace stepcast::accounts
