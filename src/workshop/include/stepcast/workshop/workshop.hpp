#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/base/units.hpp"
#include "stepcast/events/log.hpp"
#include "stepcast/store/maintenance.hpp"
#include "stepcast/store/spools.hpp"
#include "stepcast/store/statistics.hpp"
#include "stepcast/store/store.hpp"

namespace stepcast::workshop {

using Spool = store::SpoolRow;
using Task = store::MaintenanceTaskRow;

/// Of round filament, in grams.
[[nodiscard]] double weight_of(const Spool& spool, Mm length);
[[nodiscard]] double left_g(const Spool& spool);  ///< Never below 0.
[[nodiscard]] Mm left_length(const Spool& spool);

/// A task and how much of its time has passed.
struct TaskState {
  Task task;
  std::optional<double> hours;       ///< Of printing since it was done; absent: does not count.
  std::optional<double> filament_m;  ///< The same.
  std::optional<double> days;        ///< The same.
  double share{};                    ///< Of what comes first; from 1 it is due.
  [[nodiscard]] bool is_due() const { return share >= 1; }
};

/// What printers printed in a span of time.
struct Statistics {
  struct Line {
    std::string key;  ///< A printer, or a month: "2026-11".
    std::int64_t done{};
    std::int64_t failed{};
    std::int64_t cancelled{};
    double hours{};
    double filament_m{};
    /// Done, of those that did not end by a person's wish; absent when there are none.
    [[nodiscard]] std::optional<double> success_rate() const;
  };
  Line all;
  std::vector<Line> by_printer;
  std::vector<Line> by_month;  ///< In UTC, oldest first.
  std::vector<store::MaterialTotals> by_material;
};

/// Spools, maintenance and figures of the printers of a server.
///
/// It listens to the log of events: a print that ends takes its filament from the spool that is
/// mounted (tool 0: the analysis does not tell tools apart), a print that starts with too little
/// left tells `SpoolShort`, a task that becomes due tells `MaintenanceDue` once. What happened
/// while the server was down is made up for; nothing is booked twice.
///
/// Threads: any; has one of its own. Calls wait for the database.
class Workshop {
 public:
  struct Options {
    std::function<store::UnixMs()> wall;  ///< Empty: the system's.
    std::function<void(const std::string&)> on_problem;
  };
  /// `store` and `log` must outlive it.
  [[nodiscard]] static Result<std::unique_ptr<Workshop>> open(store::Store& store, events::Log& log,
                                                              Options options);
  ~Workshop();

  [[nodiscard]] Result<std::vector<Spool>> spools(bool archived) const;
  /// This and all with an id: @returns kNotFound.
  [[nodiscard]] Result<Spool> spool(std::int64_t id) const;
  /// `id`, `used_g` as given, place and time are set here. @returns kOutOfRange: names the figure.
  [[nodiscard]] Result<Spool> add_spool(Spool spool);
  /// Place and usage stay.
  [[nodiscard]] Result<Spool> change_spool(Spool spool);
  /// What was there goes back to the shelf. `printer` empty: to the shelf.
  [[nodiscard]] Result<Spool> mount(std::int64_t id, const std::string& printer, std::int64_t tool);
  /// By weighing it: what is left now.
  [[nodiscard]] Result<Spool> weigh(std::int64_t id, double left_g);
  [[nodiscard]] Result<std::vector<store::SpoolUsageRow>> usage(std::int64_t id,
                                                                std::int64_t limit) const;

  /// `printer` empty: of all.
  [[nodiscard]] Result<std::vector<TaskState>> tasks(std::string_view printer) const;
  [[nodiscard]] Result<TaskState> task(std::int64_t id) const;
  /// Counts from now. @returns kOutOfRange: no interval, or one that is not above 0.
  [[nodiscard]] Result<TaskState> add_task(Task task);
  [[nodiscard]] Result<void> remove_task(std::int64_t id);
  [[nodiscard]] Result<TaskState> complete_task(std::int64_t id, const std::string& user,
                                                const std::string& note);
  /// Newest first.
  [[nodiscard]] Result<std::vector<store::MaintenanceLogRow>> maintenance_log(
      std::string_view printer, std::int64_t limit) const;

  /// Of jobs that ended in [from, to). `printer` empty: of all.
  [[nodiscard]] Result<Statistics> statistics(std::string_view printer, store::UnixMs from,
                                              store::UnixMs to) const;

  /// Waits until the events told so far have been taken in.
  void settle();

 private:
  class Books;
  explicit Workshop(std::unique_ptr<Books> books);
  std::unique_ptr<Books> books_;
};

}  // namespace stepcast::workshop
