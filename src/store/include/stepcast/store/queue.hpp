#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/store/store.hpp"

namespace stepcast::store {

/// What is to be printed some day, once or more often.
struct QueueRow {
  std::string id;
  std::string printer;  ///< Empty: any, of `group` if there is one.
  std::string group;
  std::string file;    ///< Path in the library.
  std::string sha256;  ///< Of the file when it was queued.
  std::string user;
  std::int64_t priority{};
  std::int64_t place{};  ///< Among those of one priority.
  std::int64_t copies = 1;
  std::string material;  ///< That must be loaded; empty: any.
  std::optional<double> nozzle_mm;
  UnixMs created{};
  std::optional<UnixMs> expires;
  std::string closed;  ///< Empty while it is open; done, cancelled, expired
  std::optional<UnixMs> closed_at;
};

[[nodiscard]] Result<void> put_queued(Session& session, const QueueRow& row);
[[nodiscard]] Result<std::optional<QueueRow>> find_queued(Session& session, std::string_view id);
/// In the order in which they are served.
[[nodiscard]] Result<std::vector<QueueRow>> open_queued(Session& session);
/// Those that are over, the latest first.
[[nodiscard]] Result<std::vector<QueueRow>> closed_queued(Session& session, std::int64_t limit,
                                                          std::int64_t offset);
/// Behind all others.
[[nodiscard]] Result<std::int64_t> next_queue_place(Session& session);

/// One attempt to print one copy on one printer; never made twice.
struct QueueStartRow {
  std::string id;  ///< Also of the job.
  std::string entry;
  std::string printer;
  std::string state;       ///< claimed; asked: there is a job; expired: the printer was not asked
  std::int64_t version{};  ///< Of the printer's state, the precondition.
  UnixMs claimed{};
  UnixMs expires{};
  std::string reason;  ///< Of an expiry.
};

/// @returns kInvalidArgument when the id exists, or the entry does not.
[[nodiscard]] Result<void> add_queue_start(Session& session, const QueueStartRow& row);
/// To asked or expired, from claimed alone. @returns whether it was.
[[nodiscard]] Result<bool> end_queue_claim(Session& session, std::string_view id,
                                           std::string_view state, std::string_view reason);
/// Of every start that is still claimed: at the start of a server, whose memory of them is gone.
/// @returns how many.
[[nodiscard]] Result<std::int64_t> expire_queue_claims(Session& session, std::string_view reason);
[[nodiscard]] Result<std::vector<QueueStartRow>> starts_of_queued(Session& session,
                                                                  std::string_view entry);
/// The states of its jobs, by id.
[[nodiscard]] Result<std::map<std::string, std::string>> job_states_of_queued(
    Session& session, std::string_view entry);

/// What a server has to know of a printer that the printer does not tell.
struct PrinterSetupRow {
  std::string printer;
  std::string bed_job;   ///< What lies on the bed; empty: nothing.
  std::string material;  ///< That is loaded; empty: nobody has said.
  std::optional<double> nozzle_mm;
  bool queue_paused = false;
};

[[nodiscard]] Result<void> put_printer_setup(Session& session, const PrinterSetupRow& row);
[[nodiscard]] Result<std::optional<PrinterSetupRow>> find_printer_setup(Session& session,
                                                                        std::string_view printer);
/// Leaves the rest of the row as it is.
[[nodiscard]] Result<void> put_on_bed(Session& session, std::string_view printer,
                                      std::string_view job);

}  // namespace stepcast::store
