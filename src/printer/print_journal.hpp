#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/base/units.hpp"
#include "stepcast/planner/live_moves.hpp"
#include "stepcast/planner/resumed_moves.hpp"
#include "stepcast/stream/session.hpp"

namespace stepcast::printer {

/// What has to be known to take up a print after the server has stopped.
struct PrintRecord {
  std::string job_id;
  std::string plan;  ///< Names the plan: what must be the same for it to be repeated.
  stream::OpenedSession session;
  std::vector<planner::LiveChange> changes;
  /// The stream up to here had this sum; the furthest that was noted.
  Ticks checked_ticks = 0;
  std::uint32_t checked_sum = 0;
  std::int64_t layer = -1;  ///< Reached at that time; -1: before the first.
  bool paused = false;      ///< A person has paused it.
  Ticks executed = 0;       ///< Reported by the device; the furthest that was kept.
  Ticks sent = 0;           ///< At that time.
  bool over = false;        ///< The device was lost then: nothing was sent any more.
  bool z_unsure = false;    ///< Since then Z was moved, or may have been.
  /// Of a print that has gone on after the device lost its power.
  std::optional<planner::Restart> restart;
  std::size_t restart_changes = 0;  ///< The first of `changes`, that were made before.
};

/// The durable record of one print: a file of lines, each on disk before what it tells of happens,
/// or, for notes, before long. A line that was cut short by the end of the process is no line.
///
/// Threads: one owner.
class PrintJournal {
 public:
  /// Begins a new file in place of an earlier one.
  [[nodiscard]] static Result<PrintJournal> begin(const std::filesystem::path& file,
                                                  const std::string& job_id,
                                                  const std::string& plan,
                                                  const stream::OpenedSession& session);
  /// Goes on with a file that was read.
  [[nodiscard]] static Result<PrintJournal> go_on(const std::filesystem::path& file);
  /// @returns nothing if there is no file, or none that names a session; kMalformed for a file of
  /// something else.
  [[nodiscard]] static Result<std::optional<PrintRecord>> read(const std::filesystem::path& file);
  /// The print is over.
  static void remove(const std::filesystem::path& file);

  PrintJournal(PrintJournal&& other) noexcept;
  PrintJournal& operator=(PrintJournal&& other) noexcept;
  ~PrintJournal();

  /// On disk when it returns, as paused().
  [[nodiscard]] Result<void> change(const planner::LiveChange& change);
  [[nodiscard]] Result<void> paused(bool is);
  /// The print goes on from there; `changes` that were made before have been told.
  [[nodiscard]] Result<void> restart(const planner::Restart& restart, std::size_t changes);
  /// The device has executed so many ticks, and so many were sent. `over`: it was lost.
  [[nodiscard]] Result<void> ran(Ticks executed, Ticks sent, bool over);
  /// Nobody knows any more how high the nozzle is.
  [[nodiscard]] Result<void> z_unsure();
  /// Written, but not waited for: a power failure may take it, the end of the process does not.
  [[nodiscard]] Result<void> note(Ticks ticks, std::uint32_t sum, std::int64_t layer);

 private:
  PrintJournal(int descriptor, std::filesystem::path file)
      : descriptor_(descriptor), file_(std::move(file)) {}
  [[nodiscard]] Result<void> write(const std::string& lines, bool durable);

  int descriptor_ = -1;
  std::filesystem::path file_;
};

}  // namespace stepcast::printer
