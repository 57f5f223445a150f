#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/store/store.hpp"

namespace stepcast::store {

/// Something to be done to a printer again and again: after so many hours of printing, so much
/// filament or so many days, whichever comes first.
struct MaintenanceTaskRow {
  std::int64_t id{};
  std::string printer;
  std::string title;
  std::string note;
  std::optional<double> every_hours;
  std::optional<double> every_filament_m;
  std::optional<double> every_days;
  UnixMs done{};        ///< When it was done last, or entered.
  double done_hours{};  ///< Of printing, by then.
  double done_filament_m{};
  std::int64_t told{};  ///< 1: it has been said that it is due.
};

/// @returns its id.
[[nodiscard]] Result<std::int64_t> add_maintenance_task(Session& session,
                                                        const MaintenanceTaskRow& row);
[[nodiscard]] Result<void> put_maintenance_task(Session& session, const MaintenanceTaskRow& row);
[[nodiscard]] Result<bool> remove_maintenance_task(Session& session, std::int64_t id);
[[nodiscard]] Result<std::optional<MaintenanceTaskRow>> find_maintenance_task(Session& session,
                                                                              std::int64_t id);
/// `printer` empty: of all.
[[nodiscard]] Result<std::vector<MaintenanceTaskRow>> maintenance_tasks(Session& session,
                                                                        std::string_view printer);

/// What was done to a printer.
struct MaintenanceLogRow {
  std::int64_t id{};
  std::int64_t task{};
  std::string printer;
  std::string title;
  UnixMs at{};
  std::string user;
  std::string note;
  double hours{};  ///< Of printing, by then.
  double filament_m{};
};
[[nodiscard]] Result<std::int64_t> add_maintenance_log(Session& session,
                                                       const MaintenanceLogRow& row);
/// Newest first.
[[nodiscard]] Result<std::vector<MaintenanceLogRow>> maintenance_log(Session& session,
                                                                     std::string_view printer,
                                                                     std::int64_t limit);

}  // namespace stepcast::store
