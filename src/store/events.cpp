#include "stepcast/store/events.hpp"

#include <utility>

#include "session.hpp"

namespace stepcast::store {
namespace {

template <class... Arguments>
Result<std::vector<EventRow>> query_events(Session& session, std::string_view sql,
                                           const Arguments&... arguments) {
  using Text = std::string;
  std::vector<EventRow> rows;
  return session
      .query<std::int64_t, UnixMs, Text, Text, Text, Text>(
          sql,
          [&](auto&&... column) {
            rows.push_back(EventRow{std::forward<decltype(column)>(column)...});
          },
          arguments...)
      .map([&] { return std::move(rows); });
}

}  // namespace

Result<void> add_event(Session& session, const EventRow& row) {
  return session
      .execute(
          "INSERT INTO events (sequence, at_ms, type, printer, job, payload) VALUES (:sequence, "
          ":at_ms, :type, :printer, :job, :payload)",
          row.sequence, row.at, row.type, row.printer, row.job, row.payload)
      .map([](std::int64_t /*rows*/) {});
}

Result<std::int64_t> last_event(Session& session) {
  std::int64_t last = 0;
  return session
      .query<std::int64_t>("SELECT coalesce(max(sequence), 0) FROM events",
                           [&](std::int64_t sequence) { last = sequence; })
      .map([&] { return last; });
}

Result<std::vector<EventRow>> events_after(Session& session, std::string_view printer,
                                           std::int64_t after, std::int64_t limit) {
  if (printer.empty()) {
    return query_events(session,
                        "SELECT sequence, at_ms, type, printer, job, payload FROM events WHERE "
                        "sequence > :after ORDER BY sequence LIMIT :limit",
                        after, limit);
  }
  return query_events(session,
                      "SELECT sequence, at_ms, type, printer, job, payload FROM events WHERE "
                      "printer = :printer AND sequence > :after ORDER BY sequence LIMIT :limit",
                      printer, after, limit);
}

Result<std::vector<EventRow>> events_of_job(Session& session, std::string_view job) {
  return query_events(session,
                      "SELECT sequence, at_ms, type, printer, job, payload FROM events WHERE "
                      "job = :job ORDER BY sequence",
                      job);
}

Result<std::int64_t> remove_events_before(Session& session, UnixMs before) {
  return session.execute("DELETE FROM events WHERE at_ms < :before", before);
}

}  // namespace stepcast::store
