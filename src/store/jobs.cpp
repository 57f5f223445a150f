#include "stepcast/store/jobs.hpp"

#include <algorithm>
#include <limits>

#include "session.hpp"
#include "table.hpp"

namespace stepcast::store {
namespace {

constexpr Table kJobs("jobs", 1, Field{"id", &JobRow::id}, Field{"printer", &JobRow::printer},
                      Field{"file", &JobRow::file}, Field{"sha256", &JobRow::sha256},
                      Field{"user_name", &JobRow::user}, Field{"state", &JobRow::state},
                      Field{"created_ms", &JobRow::created}, Field{"started_ms", &JobRow::started},
                      Field{"ended_ms", &JobRow::ended}, Field{"reason", &JobRow::reason},
                      Field{"estimated_s", &JobRow::estimated_s},
                      Field{"actual_s", &JobRow::actual_s},
                      Field{"filament_mm", &JobRow::filament_mm},
                      Field{"recovers", &JobRow::recovers});

}  // namespace

Result<void> put_job(Session& session, const JobRow& row) {
  return kJobs.put(session, row);
}

Result<std::optional<JobRow>> find_job(Session& session, std::string_view id) {
  return kJobs.find(session, "WHERE id = :id", id);
}

Result<std::vector<JobRow>> jobs_of(Session& session, std::string_view printer, std::int64_t limit,
                                    std::int64_t offset) {
  if (limit < 0 || offset < 0) {
    return fail(Errc::kInvalidArgument, "a page of jobs needs a limit and an offset of 0 or more");
  }
  return kJobs.select(session,
                      "WHERE printer = :printer ORDER BY created_ms DESC, id DESC "
                      "LIMIT :limit OFFSET :offset",
                      printer, limit, offset);
}

Result<std::vector<JobCount>> job_counts(Session& session) {
  std::vector<JobCount> counts;
  return session
      .query<std::string, std::string, std::int64_t>(
          "SELECT printer, state, count(*) FROM jobs GROUP BY printer, state "
          "ORDER BY printer, state",
          [&](std::string printer, std::string state, std::int64_t count) {
            counts.push_back({std::move(printer), std::move(state), count});
          })
      .map([&] { return std::move(counts); });
}

Result<std::vector<JobRow>> jobs_page(Session& session, const JobFilter& filter,
                                      const std::optional<JobCursor>& after, std::int64_t limit) {
  if (limit < 0) {
    return fail(Errc::kInvalidArgument, "a page of jobs needs a limit of 0 or more");
  }
  const JobCursor from = after.value_or(JobCursor{std::numeric_limits<UnixMs>::max(), {}});
  const auto state = filter.state.empty() ? std::nullopt : std::optional(filter.state);
  // Two statements, so that the index of a printer's jobs serves the common one.
  if (filter.printer.empty()) {
    return kJobs.select(session,
                        "WHERE (created_ms, id) < (:created, :id) "
                        "AND state = coalesce(:state, state) "
                        "ORDER BY created_ms DESC, id DESC LIMIT :limit",
                        from.created, from.id, state, limit);
  }
  return kJobs.select(session,
                      "WHERE printer = :printer AND (created_ms, id) < (:created, :id) "
                      "AND state = coalesce(:state, state) "
                      "ORDER BY created_ms DESC, id DESC LIMIT :limit",
                      filter.printer, from.created, from.id, state, limit);
}

Result<PrintCounts> print_counts(Session& session, std::string_view file) {
  PrintCounts counts;
  return session
      .query<std::int64_t, std::int64_t, std::optional<double>, std::optional<UnixMs>>(
          "SELECT coalesce(sum(CASE WHEN state = 'done' THEN 1 ELSE 0 END), 0), "
          "coalesce(sum(CASE WHEN state IN ('cancelled', 'failed') THEN 1 ELSE 0 END), 0), "
          "avg(CASE WHEN state = 'done' THEN actual_s END), "
          "max(CASE WHEN state IN ('done', 'cancelled', 'failed') THEN ended_ms END) "
          "FROM jobs WHERE file = :file",
          [&](std::int64_t done, std::int64_t failed, std::optional<double> average_s,
              std::optional<UnixMs> last) {
            counts.done = done;
            counts.failed = failed;
            counts.average_s = average_s;
            counts.last = last;
          },
          file)
      .and_then([&] {
        return session.query<UnixMs, std::optional<double>>(
            "SELECT ended_ms, actual_s FROM jobs WHERE file = :file "
            "AND state = 'done' AND ended_ms IS NOT NULL ORDER BY ended_ms DESC, id DESC LIMIT 1",
            [&](UnixMs ended, std::optional<double> actual_s) {
              counts.last_succeeded = ended == counts.last;
              counts.last_s = actual_s;
            },
            file);
      })
      .map([&] { return counts; });
}

Result<std::map<std::string, PrintCounts>> print_counts_of_files(Session& session) {
  struct Sum {
    double actual_s = 0;
    std::int64_t of = 0;
  };
  std::map<std::string, PrintCounts> files;
  std::map<std::string, Sum> sums;
  return session
      .query<std::string, std::string, std::optional<UnixMs>, std::optional<double>>(
          "SELECT file, state, ended_ms, actual_s FROM jobs "
          "WHERE state IN ('done', 'cancelled', 'failed') ORDER BY file, ended_ms, id",
          [&](const std::string& file, const std::string& state, std::optional<UnixMs> ended,
              std::optional<double> actual_s) {
            PrintCounts& counts = files[file];
            const bool done = state == "done";
            (done ? counts.done : counts.failed) += 1;
            if (ended) {  // the later come later
              counts.last = ended;
              counts.last_succeeded = done;
            }
            if (done && actual_s) {
              counts.last_s = actual_s;
              Sum& sum = sums[file];
              sum.actual_s += *actual_s;
              counts.average_s = sum.actual_s / static_cast<double>(++sum.of);
            }
          })
      .map([&] { return std::move(files); });
}

Result<JobTotals> job_totals(Session& session, std::string_view printer, UnixMs from, UnixMs to) {
  JobTotals totals;
  const auto take = [&](const std::string& state, std::int64_t count, double printed_s,
                        double longest_s, double filament_mm) {
    totals.printed_s += printed_s;
    totals.longest_s = std::max(totals.longest_s, longest_s);
    if (state == "done") {
      totals.done = count;
      totals.filament_mm = filament_mm;
    }
    (state == "cancelled" ? totals.cancelled : totals.failed) += state == "done" ? 0 : count;
  };
  constexpr std::string_view kColumns =
      "SELECT state, count(*), coalesce(sum(actual_s), 0.0), coalesce(max(actual_s), 0.0), "
      "coalesce(sum(filament_mm), 0.0) FROM jobs "
      "WHERE state IN ('done', 'cancelled', 'failed') AND created_ms >= :from_ms "
      "AND created_ms < :to_ms ";
  const auto asked = printer.empty()
                         ? session.query<std::string, std::int64_t, double, double, double>(
                               std::string(kColumns) + "GROUP BY state", take, from, to)
                         : session.query<std::string, std::int64_t, double, double, double>(
                               std::string(kColumns) + "AND printer = :printer GROUP BY state",
                               take, from, to, printer);
  if (!asked) {
    return tl::unexpected(asked.error());
  }
  return totals;
}

}  // namespace stepcast::store
