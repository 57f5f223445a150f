#include "stepcast/store/events.hpp"

#include "session.hpp"
#include "table.hpp"

namespace stepcast::store {
namespace {

constexpr Table kEvents("events", 1, Field{"sequence", &EventRow::sequence},
                        Field{"at_ms", &EventRow::at}, Field{"type", &EventRow::type},
                        Field{"printer", &EventRow::printer}, Field{"job", &EventRow::job},
                        Field{"payload", &EventRow::payload});

}  // namespace

Result<void> add_event(Session& session, const EventRow& row) {
  return kEvents.insert(session, row);
}

Result<std::int64_t> last_event(Session& session) {
  return session.value<std::int64_t>("SELECT coalesce(max(sequence), 0) FROM events");
}

Result<std::vector<EventRow>> events_after(Session& session, std::string_view printer,
                                           std::int64_t after, std::int64_t limit) {
  if (printer.empty()) {
    return kEvents.select(session, "WHERE sequence > :after ORDER BY sequence LIMIT :limit", after,
                          limit);
  }
  return kEvents.select(session,
                        "WHERE printer = :printer AND sequence > :after "
                        "ORDER BY sequence LIMIT :limit",
                        printer, after, limit);
}

Result<std::vector<EventRow>> events_of_job(Session& session, std::string_view job) {
  return kEvents.select(session, "WHERE job = :job ORDER BY sequence", job);
}

Result<std::int64_t> remove_old_events(Session& session, UnixMs before, std::int64_t limit) {
  return session.execute(
      "DELETE FROM events WHERE sequence IN (SELECT sequence FROM events ORDER BY sequence "
      "LIMIT :limit) AND at_ms < :before AND sequence < (SELECT max(sequence) FROM events)",
      limit, before);
}

}  // namespace stepcast::store
