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

/// One run of one file on one printer.
struct JobRow {
  std::string id;
  std::string printer;
  std::string file;    ///< Path in the library.
  std::string sha256;  ///< Of the file when the job was created.
  std::string user;
  std::string state;  ///< queued, starting, printing, paused, done, cancelled, failed
  UnixMs created{};
  std::optional<UnixMs> started;
  std::optional<UnixMs> ended;
  std::string reason;  ///< Of a failure.
  std::optional<double> estimated_s;
  std::optional<double> actual_s;
  std::optional<double> filament_mm;
  /// The job of which this one is the rest, because the printer had lost its power; else empty.
  std::string recovers{};
};

[[nodiscard]] Result<void> put_job(Session& session, const JobRow& row);  ///< Inserts or replaces.
[[nodiscard]] Result<std::optional<JobRow>> find_job(Session& session, std::string_view id);
/// Newest first.
[[nodiscard]] Result<std::vector<JobRow>> jobs_of(Session& session, std::string_view printer,
                                                  std::int64_t limit, std::int64_t offset);

struct JobCount {
  std::string printer;
  std::string state;
  std::int64_t count{};
};
/// By printer and state, over all of history.
[[nodiscard]] Result<std::vector<JobCount>> job_counts(Session& session);

/// Which jobs; empty: all.
struct JobFilter {
  std::string printer;
  std::string state;
};
/// The last job of a page.
struct JobCursor {
  UnixMs created{};
  std::string id;
};
/// Newest first, those behind `after`. Jobs that come meanwhile neither repeat nor hide others.
[[nodiscard]] Result<std::vector<JobRow>> jobs_page(Session& session, const JobFilter& filter,
                                                    const std::optional<JobCursor>& after,
                                                    std::int64_t limit);

/// How the prints of a file went.
struct PrintCounts {
  std::int64_t done{};
  std::int64_t failed{};  ///< Cancelled ones too.
  std::optional<UnixMs> last;
  bool last_succeeded{};
  std::optional<double> last_s;  ///< Of the last one that was done.
  std::optional<double> average_s;
};
[[nodiscard]] Result<PrintCounts> print_counts(Session& session, std::string_view file);
/// By the path of the file; of those that have been printed.
[[nodiscard]] Result<std::map<std::string, PrintCounts>> print_counts_of_files(Session& session);

/// What a printer has done.
struct JobTotals {
  std::int64_t done{};
  std::int64_t cancelled{};
  std::int64_t failed{};
  double printed_s{};  ///< Of all that have ended, however.
  double longest_s{};
  double filament_mm{};  ///< Of those that are done.
};
/// Of jobs made in [from, to). `printer` empty: of all.
[[nodiscard]] Result<JobTotals> job_totals(Session& session, std::string_view printer, UnixMs from,
                                           UnixMs to);

}  // namespace stepcast::store
