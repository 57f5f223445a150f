#include "stepcast/store/queue.hpp"

#include "session.hpp"
#include "table.hpp"

namespace stepcast::store {
namespace {

constexpr Table kQueue("queue", 1, Field{"id", &QueueRow::id}, Field{"printer", &QueueRow::printer},
                       Field{"printer_group", &QueueRow::group}, Field{"file", &QueueRow::file},
                       Field{"sha256", &QueueRow::sha256}, Field{"user_name", &QueueRow::user},
                       Field{"priority", &QueueRow::priority}, Field{"place", &QueueRow::place},
                       Field{"copies", &QueueRow::copies}, Field{"material", &QueueRow::material},
                       Field{"nozzle_mm", &QueueRow::nozzle_mm},
                       Field{"created_ms", &QueueRow::created},
                       Field{"expires_ms", &QueueRow::expires}, Field{"closed", &QueueRow::closed},
                       Field{"closed_ms", &QueueRow::closed_at});

constexpr Table kQueueStarts(
    "queue_starts", 1, Field{"id", &QueueStartRow::id}, Field{"entry", &QueueStartRow::entry},
    Field{"printer", &QueueStartRow::printer}, Field{"state", &QueueStartRow::state},
    Field{"version", &QueueStartRow::version}, Field{"claimed_ms", &QueueStartRow::claimed},
    Field{"expires_ms", &QueueStartRow::expires}, Field{"reason", &QueueStartRow::reason});

constexpr Table kPrinterSetup("printer_setup", 1, Field{"printer", &PrinterSetupRow::printer},
                              Field{"bed_job", &PrinterSetupRow::bed_job},
                              Field{"material", &PrinterSetupRow::material},
                              Field{"nozzle_mm", &PrinterSetupRow::nozzle_mm},
                              Field{"queue_paused", &PrinterSetupRow::queue_paused});

}  // namespace

Result<void> put_queued(Session& session, const QueueRow& row) {
  return kQueue.put(session, row);
}

Result<std::optional<QueueRow>> find_queued(Session& session, std::string_view id) {
  return kQueue.find(session, "WHERE id = :id", id);
}

Result<std::vector<QueueRow>> open_queued(Session& session) {
  return kQueue.select(session, "WHERE closed_ms IS NULL ORDER BY priority DESC, place, id");
}

Result<std::vector<QueueRow>> closed_queued(Session& session, std::int64_t limit,
                                            std::int64_t offset) {
  if (limit < 0 || offset < 0) {
    return fail(Errc::kInvalidArgument,
                "a page of the queue needs a limit and an offset of 0 or more");
  }
  return kQueue.select(session,
                       "WHERE closed_ms IS NOT NULL ORDER BY closed_ms DESC, id DESC "
                       "LIMIT :limit OFFSET :offset",
                       limit, offset);
}

Result<std::int64_t> next_queue_place(Session& session) {
  std::int64_t place = 0;
  return session
      .query<std::int64_t>("SELECT coalesce(max(place), 0) + 1 FROM queue",
                           [&](std::int64_t next) { place = next; })
      .map([&] { return place; });
}

Result<void> add_queue_start(Session& session, const QueueStartRow& row) {
  return kQueueStarts.insert(session, row);
}

Result<bool> end_queue_claim(Session& session, std::string_view id, std::string_view state,
                             std::string_view reason) {
  return session
      .execute(
          "UPDATE queue_starts SET state = :state, reason = :reason "
          "WHERE id = :id AND state = 'claimed'",
          state, reason, id)
      .map([](std::int64_t rows) { return rows > 0; });
}

Result<std::int64_t> expire_queue_claims(Session& session, std::string_view reason) {
  return session.execute(
      "UPDATE queue_starts SET state = 'expired', reason = :reason WHERE state = 'claimed'",
      reason);
}

Result<std::vector<QueueStartRow>> starts_of_queued(Session& session, std::string_view entry) {
  return kQueueStarts.select(session, "WHERE entry = :entry ORDER BY claimed_ms, id", entry);
}

Result<std::map<std::string, std::string>> job_states_of_queued(Session& session,
                                                                std::string_view entry) {
  std::map<std::string, std::string> states;
  return session
      .query<std::string, std::string>(
          "SELECT j.id, j.state FROM queue_starts s JOIN jobs j ON j.id = s.id "
          "WHERE s.entry = :entry",
          [&](std::string id, std::string state) {
            states.emplace(std::move(id), std::move(state));
          },
          entry)
      .map([&] { return std::move(states); });
}

Result<void> put_printer_setup(Session& session, const PrinterSetupRow& row) {
  return kPrinterSetup.put(session, row);
}

Result<std::optional<PrinterSetupRow>> find_printer_setup(Session& session,
                                                          std::string_view printer) {
  return kPrinterSetup.find(session, "WHERE printer = :printer", printer);
}

Result<void> put_on_bed(Session& session, std::string_view printer, std::string_view job) {
  return session
      .execute(
          "INSERT INTO printer_setup (printer, bed_job, material, nozzle_mm, queue_paused) "
          "VALUES (:printer, :bed_job, '', NULL, 0) "
          "ON CONFLICT (printer) DO UPDATE SET bed_job = excluded.bed_job",
          printer, job)
      .map([](std::int64_t /*rows*/) {});
}

}  // namespace stepcast::store
