#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/files/library.hpp"
#include "stepcast/printer/printer.hpp"
#include "stepcast/store/jobs.hpp"
#include "stepcast/store/store.hpp"

namespace stepcast::jobs {

[[nodiscard]] store::UnixMs unix_now();

/// Unique across servers and restarts, so that a device or a client never mistakes one job for
/// another; sorts by time.
[[nodiscard]] std::string new_job_id();

/// The rows of one printer's jobs.
///
/// Threads: any.
class JobBooks {
 public:
  JobBooks(store::Store& store, std::string printer)
      : store_(store), printer_(std::move(printer)) {}

  /// A job that is about to be asked of the printer; not on disk yet.
  [[nodiscard]] store::JobRow new_row(std::string id, const files::Entry& file,
                                      std::string user) const;
  /// `also` (may be empty) happens in the same transaction.
  [[nodiscard]] Result<void> put(const store::JobRow& row,
                                 const std::function<Result<void>(store::Session&)>& also = {});
  /// Of a state in between, which may be lost.
  void put_later(const store::JobRow& row);
  [[nodiscard]] Result<store::PrintCounts> counts_of(const std::string& file) const;
  /// @returns kNotFound
  [[nodiscard]] Result<store::JobRow> find(const std::string& id) const;
  /// The job that a crash left under way; others than the newest are closed as failed.
  [[nodiscard]] Result<std::optional<store::JobRow>> take_up();

 private:
  store::Store& store_;
  std::string printer_;
};

/// What `row` takes that goes on with `former`, of which it was made as if of a whole print: time
/// and filament, less what `former` is booked with.
void take_off(store::JobRow& row, const store::JobRow& former);

/// State, reason and times of how it ended.
void close_row(store::JobRow& row, const printer::PrintResult& result);
void close_row(store::JobRow& row, std::string state, std::string reason);

}  // namespace stepcast::jobs
