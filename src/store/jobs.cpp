#include "stepcast/store/jobs.hpp"

#include <utility>

#include "session.hpp"

namespace stepcast::store {
namespace {

template <class Each, class... Arguments>
Result<void> query_jobs(Session& session, std::string_view sql, Each&& each,
                        const Arguments&... arguments) {
  using Text = std::string;
  using MaybeMs = std::optional<UnixMs>;
  using MaybeReal = std::optional<double>;
  return session.query<Text, Text, Text, Text, Text, Text, UnixMs, MaybeMs, MaybeMs, Text,
                       MaybeReal, MaybeReal, MaybeReal>(
      sql, [&](auto&&... column) { each(JobRow{std::forward<decltype(column)>(column)...}); },
      arguments...);
}

}  // namespace

Result<void> put_job(Session& session, const JobRow& row) {
  return session
      .execute(
          "INSERT INTO jobs (id, printer, file, sha256, user_name, state, created_ms, started_ms, "
          "ended_ms, reason, estimated_s, actual_s, filament_mm) "
          "VALUES (:id, :printer, :file, :sha256, :user_name, :state, :created_ms, :started_ms, "
          ":ended_ms, :reason, :estimated_s, :actual_s, :filament_mm) "
          "ON CONFLICT (id) DO UPDATE SET printer = excluded.printer, file = excluded.file, "
          "sha256 = excluded.sha256, user_name = excluded.user_name, state = excluded.state, "
          "created_ms = excluded.created_ms, started_ms = excluded.started_ms, "
          "ended_ms = excluded.ended_ms, reason = excluded.reason, "
          "estimated_s = excluded.estimated_s, actual_s = excluded.actual_s, "
          "filament_mm = excluded.filament_mm",
          row.id, row.printer, row.file, row.sha256, row.user, row.state, row.created, row.started,
          row.ended, row.reason, row.estimated_s, row.actual_s, row.filament_mm)
      .map([](std::int64_t /*rows*/) {});
}

Result<std::optional<JobRow>> find_job(Session& session, std::string_view id) {
  std::optional<JobRow> found;
  return query_jobs(
             session,
             "SELECT id, printer, file, sha256, user_name, state, created_ms, started_ms, "
             "ended_ms, reason, estimated_s, actual_s, filament_mm FROM jobs WHERE id = :id",
             [&](JobRow row) { found = std::move(row); }, id)
      .map([&] { return std::move(found); });
}

Result<std::vector<JobRow>> jobs_of(Session& session, std::string_view printer, std::int64_t limit,
                                    std::int64_t offset) {
  if (limit < 0 || offset < 0) {
    return fail(Errc::kInvalidArgument, "a page of jobs needs a limit and an offset of 0 or more");
  }
  std::vector<JobRow> rows;
  return query_jobs(
             session,
             "SELECT id, printer, file, sha256, user_name, state, created_ms, started_ms, "
             "ended_ms, reason, estimated_s, actual_s, filament_mm FROM jobs "
             "WHERE printer = :printer ORDER BY created_ms DESC, id DESC "
             "LIMIT :limit OFFSET :offset",
             [&](JobRow row) { rows.push_back(std::move(row)); }, printer, limit, offset)
      .map([&] { return std::move(rows); });
}

Result<PrintCounts> print_counts(Session& session, std::string_view file) {
  PrintCounts counts;
  return session
      .query<std::int64_t, std::int64_t, std::optional<double>>(
          "SELECT coalesce(sum(CASE WHEN state = 'done' THEN 1 ELSE 0 END), 0), "
          "coalesce(sum(CASE WHEN state IN ('cancelled', 'failed') THEN 1 ELSE 0 END), 0), "
          "avg(CASE WHEN state = 'done' THEN actual_s END) FROM jobs WHERE file = :file",
          [&](std::int64_t done, std::int64_t failed, std::optional<double> average_s) {
            counts.done = done;
            counts.failed = failed;
            counts.average_s = average_s;
          },
          file)
      .and_then([&] {
        return session.query<std::int64_t, std::string, std::optional<double>>(
            "SELECT ended_ms, state, actual_s FROM jobs WHERE file = :file "
            "AND state IN ('done', 'cancelled', 'failed') AND ended_ms IS NOT NULL "
            "ORDER BY ended_ms DESC, id DESC LIMIT 1",
            [&](UnixMs ended, const std::string& state, std::optional<double> actual_s) {
              counts.last = ended;
              counts.last_succeeded = state == "done";
              counts.last_s = actual_s;
            },
            file);
      })
      .map([&] { return counts; });
}

}  // namespace stepcast::store
