#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/base/units.hpp"
#include "stepcast/events/log.hpp"
#include "stepcast/files/library.hpp"
#include "stepcast/jobs/runner.hpp"
#include "stepcast/store/store.hpp"

namespace stepcast::jobs {

/// What must be loaded on a printer for an entry.
struct Needs {
  std::string material;      ///< "PLA": compared without regard to case; empty: any.
  std::optional<Mm> nozzle;  ///< Diameter.
};

/// Which printers an entry is for: one by its id, any of a group, or, with both empty, any.
struct Target {
  std::string printer;
  std::string group;
};

struct NewQueueEntry {
  Target target;
  std::string file;  ///< Path in the library.
  std::string user;
  std::int64_t priority = 0;  ///< Higher ones first; -100 to 100.
  std::int64_t copies = 1;    ///< 1 to 1000
  Needs needs;
  std::optional<store::UnixMs> expires;  ///< Nothing of it starts afterwards.
};

/// One attempt to print one copy. Its id is also that of the job.
struct QueueStart {
  std::string id;
  std::string printer;
  /// claimed: about to be asked of the printer; expired: it was not asked, and the copy waits
  /// again; otherwise the state of the job: starting, printing, paused, done, cancelled, failed.
  std::string state;
  store::UnixMs claimed{};
  store::UnixMs expires{};  ///< When the claim would have lapsed.
  std::string reason;       ///< Of an expiry.
};

/// Why a printer does not take an entry now; whole sentences.
struct Unmet {
  std::string printer;
  std::vector<std::string> reasons;
};

struct QueueEntry {
  enum class State : std::uint8_t {
    kWaiting,   ///< Copies are left to be started.
    kPrinting,  ///< The last copies are under way.
    kDone,      ///< Every copy was started and has ended, well or not.
    kCancelled,
    kExpired,
  };
  std::string id;
  State state{};
  Target target;
  std::string file;
  std::string sha256;  ///< What is printed, even if the file has been replaced since.
  std::string user;
  std::int64_t priority{};
  std::int64_t copies{};
  std::int64_t
      waiting{};  ///< Copies; these add up to `copies`, unless it was cancelled or expired.
  std::int64_t under_way{};
  std::int64_t done{};
  std::int64_t failed{};  ///< Cancelled ones too.
  Needs needs;
  store::UnixMs created{};
  std::optional<store::UnixMs> expires;
  std::optional<store::UnixMs> closed;
  std::vector<QueueStart> starts;
  std::vector<Unmet> unmet;  ///< By printer, while copies are waiting.
};
/// "waiting", "printing", "done", "cancelled", "expired".
[[nodiscard]] std::string_view queue_state_text(QueueEntry::State state);

/// What a printer does not tell about itself.
struct PrinterSetup {
  std::string printer;
  std::string group;
  bool bed_clear = false;
  std::string bed_job;   ///< What lies on the bed; empty with `bed_clear` false: nobody has looked.
  std::string material;  ///< That is loaded; empty: nobody has said.
  std::optional<Mm> nozzle;  ///< That is mounted.
  bool queue_paused = false;
};

/// What is to be printed, on which printers, in which order.
///
/// Entries are served by priority and, within one, in their order. A copy starts when a printer of
/// its target is Operational, its bed clear, its queue not paused, what is needed loaded, and the
/// file analysed for it without an error. Every start is first claimed on disk with an id, a lease
/// and the state version of the printer; it is asked of the printer at most once, whatever crashes.
/// A claim that was not asked expires visibly, and its copy waits again. What was asked and failed
/// is not done again: raise `copies` for that.
///
/// A job that starts, through the queue or not, occupies the bed of its printer until a person says
/// that it is clear; with `clears_itself` a print that is done clears it. A printer of which
/// nothing is known counts as occupied.
///
/// Threads: any; one of its own. Calls wait for the disk. docs/queue.md is for users.
class Queue {
 public:
  struct Printer {
    Runner* runner{};            ///< Must outlive the queue.
    std::string group;           ///< Empty: none.
    bool clears_itself = false;  ///< Ejects what it has printed.
  };
  struct Options {
    std::chrono::milliseconds lease{30'000};
    /// How often it looks without being woken: for expiries.
    std::chrono::milliseconds look_every{5'000};
    std::int64_t most_open = 1'000;  ///< Entries; more are refused.
    bool own_thread = true;          ///< Without it only pass() starts anything.
  };

  /// `store`, `library` and `events` must outlive it.
  [[nodiscard]] static Result<std::unique_ptr<Queue>> open(store::Store& store,
                                                           files::Library& library,
                                                           events::Log& events,
                                                           std::vector<Printer> printers,
                                                           Options options);
  ~Queue();
  Queue(const Queue&) = delete;
  Queue& operator=(const Queue&) = delete;

  /// @returns kNotFound: no such file, printer or group; kOutOfRange: priority or copies;
  /// kInvalidArgument: printer and group both, or expired already; kFull: too many entries.
  [[nodiscard]] Result<QueueEntry> add(const NewQueueEntry& entry);
  /// What is open, in the order of service.
  [[nodiscard]] Result<std::vector<QueueEntry>> list() const;
  /// What is over, the latest first, without `unmet`.
  [[nodiscard]] Result<std::vector<QueueEntry>> past(std::int64_t limit, std::int64_t offset) const;
  /// @returns kNotFound.
  [[nodiscard]] Result<QueueEntry> find(std::string_view id) const;

  struct Edit {
    std::optional<std::int64_t> priority;  ///< Goes behind the others of the new priority.
    std::optional<std::int64_t> copies;    ///< Not fewer than have been started.
    std::optional<Needs> needs;
    std::optional<std::optional<store::UnixMs>> expires;
  };
  /// This and the next two: @returns kNotFound; kBusy: it is over.
  [[nodiscard]] Result<QueueEntry> edit(std::string_view id, const Edit& edit,
                                        std::string_view user);
  /// In front of another entry, whose priority it takes; `before` empty: to the end of its own.
  [[nodiscard]] Result<void> move(std::string_view id, std::string_view before,
                                  std::string_view user);
  /// What waits; prints under way go on.
  [[nodiscard]] Result<void> cancel(std::string_view id, std::string_view user);

  /// This and the next three: @returns kNotFound: no such printer.
  [[nodiscard]] Result<PrinterSetup> setup(std::string_view printer) const;
  /// Prints under way go on.
  [[nodiscard]] Result<void> pause(std::string_view printer, bool paused, std::string_view user);
  /// `job`: what was taken off (PrinterSetup::bed_job), so that a confirmation that comes late does
  /// not clear the next print. @returns kBusy: another job lies there, or one is under way.
  [[nodiscard]] Result<void> bed_cleared(std::string_view printer, std::string_view job,
                                         std::string_view user);
  [[nodiscard]] Result<void> set_loaded(std::string_view printer, std::string_view material,
                                        std::optional<Mm> nozzle, std::string_view user);

  /// Starts what can start now; its own thread does this whenever something has changed.
  /// @returns how many starts were asked of printers.
  [[nodiscard]] Result<int> pass();

 private:
  class Impl;
  explicit Queue(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace stepcast::jobs
