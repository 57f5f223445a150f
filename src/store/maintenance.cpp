#include "stepcast/store/maintenance.hpp"

#include "session.hpp"
#include "table.hpp"

namespace stepcast::store {
namespace {

constexpr Table kTasks("maintenance_tasks", 1, Field{"id", &MaintenanceTaskRow::id},
                       Field{"printer", &MaintenanceTaskRow::printer},
                       Field{"title", &MaintenanceTaskRow::title},
                       Field{"note", &MaintenanceTaskRow::note},
                       Field{"every_hours", &MaintenanceTaskRow::every_hours},
                       Field{"every_filament_m", &MaintenanceTaskRow::every_filament_m},
                       Field{"every_days", &MaintenanceTaskRow::every_days},
                       Field{"done_ms", &MaintenanceTaskRow::done},
                       Field{"done_hours", &MaintenanceTaskRow::done_hours},
                       Field{"done_filament_m", &MaintenanceTaskRow::done_filament_m},
                       Field{"told", &MaintenanceTaskRow::told});

constexpr Table kLog(
    "maintenance_log", 1, Field{"id", &MaintenanceLogRow::id},
    Field{"task", &MaintenanceLogRow::task}, Field{"printer", &MaintenanceLogRow::printer},
    Field{"title", &MaintenanceLogRow::title}, Field{"at_ms", &MaintenanceLogRow::at},
    Field{"user_name", &MaintenanceLogRow::user}, Field{"note", &MaintenanceLogRow::note},
    Field{"hours", &MaintenanceLogRow::hours}, Field{"filament_m", &MaintenanceLogRow::filament_m});

}  // namespace

Result<std::int64_t> add_maintenance_task(Session& session, const MaintenanceTaskRow& row) {
  return kTasks.insert_numbered(session, row);
}

Result<void> put_maintenance_task(Session& session, const MaintenanceTaskRow& row) {
  return kTasks.put(session, row);
}

Result<bool> remove_maintenance_task(Session& session, std::int64_t id) {
  return session.change("DELETE FROM maintenance_tasks WHERE id = :id", id);
}

Result<std::optional<MaintenanceTaskRow>> find_maintenance_task(Session& session, std::int64_t id) {
  return kTasks.find(session, "WHERE id = :id", id);
}

Result<std::vector<MaintenanceTaskRow>> maintenance_tasks(Session& session,
                                                          std::string_view printer) {
  if (printer.empty()) {
    return kTasks.select(session, "ORDER BY printer, id");
  }
  return kTasks.select(session, "WHERE printer = :printer ORDER BY id", printer);
}

Result<std::int64_t> add_maintenance_log(Session& session, const MaintenanceLogRow& row) {
  return kLog.insert_numbered(session, row);
}

Result<std::vector<MaintenanceLogRow>> maintenance_log(Session& session, std::string_view printer,
                                                       std::int64_t limit) {
  return kLog.select(session, "WHERE printer = :printer ORDER BY at_ms DESC, id DESC LIMIT :limit",
                     printer, limit);
}

}  // namespace stepcast::store
