#include "stepcast/store/statistics.hpp"

#include <utility>

#include "session.hpp"

namespace stepcast::store {
namespace {

template <class... Arguments>
Result<std::vector<PrintTotals>> totals(Session& session, std::string_view sql,
                                        const Arguments&... arguments) {
  std::vector<PrintTotals> rows;
  return session
      .query<std::string, std::int64_t, std::int64_t, std::int64_t, std::int64_t, double, double>(
          sql,
          [&](std::string printer, std::int64_t day, std::int64_t done, std::int64_t failed,
              std::int64_t cancelled, double hours, double filament_m) {
            rows.push_back({std::move(printer), day, done, failed, cancelled, hours, filament_m});
          },
          arguments...)
      .map([&] { return std::move(rows); });
}

// What both statements count. A print that was stopped took as much of its filament as of its time.
#define STEPCAST_TOTALS                                                                       \
  "sum(CASE WHEN state = 'done' THEN 1 ELSE 0 END), "                                         \
  "sum(CASE WHEN state = 'failed' THEN 1 ELSE 0 END), "                                       \
  "sum(CASE WHEN state = 'cancelled' THEN 1 ELSE 0 END), "                                    \
  "coalesce(sum(actual_s), 0) / 3600.0, "                                                     \
  "coalesce(sum(filament_mm * CASE WHEN state = 'done' OR actual_s >= estimated_s THEN 1.0 "  \
  "WHEN estimated_s > 0 THEN coalesce(actual_s, 0) / estimated_s ELSE 0.0 END), 0) / 1000.0 " \
  "FROM jobs WHERE state IN ('done', 'failed', 'cancelled') AND ended_ms IS NOT NULL "

}  // namespace

Result<std::vector<PrintTotals>> print_totals_by_day(Session& session, std::string_view printer,
                                                     UnixMs from, UnixMs to) {
  return totals(session,
                "SELECT printer, ended_ms / 86400000 AS day, " STEPCAST_TOTALS
                "AND ended_ms >= :from_ms AND ended_ms < :to_ms "
                "AND (:any_printer = '' OR printer = :printer) "
                "GROUP BY printer, day ORDER BY day, printer",
                from, to, printer, printer);
}

Result<PrintTotals> print_totals(Session& session, std::string_view printer) {
  return totals(session,
                "SELECT printer, 0, " STEPCAST_TOTALS "AND printer = :printer GROUP BY printer",
                printer)
      .map([&](std::vector<PrintTotals> rows) {
        if (rows.empty()) {
          PrintTotals none;
          none.printer = printer;
          return none;
        }
        return std::move(rows.front());
      });
}
#undef STEPCAST_TOTALS

Result<std::vector<MaterialTotals>> material_totals(Session& session, std::string_view printer,
                                                    UnixMs from, UnixMs to) {
  std::vector<MaterialTotals> rows;
  return session
      .query<std::string, std::int64_t, double, double>(
          "SELECT spools.material, count(DISTINCT spool_usage.job), "
          "sum(spool_usage.filament_mm) / 1000.0, sum(spool_usage.weight_g) "
          "FROM spool_usage JOIN spools ON spools.id = spool_usage.spool "
          "JOIN jobs ON jobs.id = spool_usage.job "
          "WHERE spool_usage.at_ms >= :from_ms AND spool_usage.at_ms < :to_ms "
          "AND (:any_printer = '' OR jobs.printer = :printer) "
          "GROUP BY spools.material ORDER BY spools.material",
          [&](std::string material, std::int64_t jobs, double filament_m, double weight_g) {
            rows.push_back({std::move(material), jobs, filament_m, weight_g});
          },
          from, to, printer, printer)
      .map([&] { return std::move(rows); });
}

}  // namespace stepcast::store
