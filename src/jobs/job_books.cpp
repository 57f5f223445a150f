#include "job_books.hpp"

#include <algorithm>
#include <chrono>
#include <random>
#include <utility>

#include <fmt/format.h>

namespace stepcast::jobs {
namespace {

constexpr std::int64_t kRowsToLookAt = 100;

bool is_under_way(const std::string& state) {
  return state == "starting" || state == "printing" || state == "paused";
}

const char* row_state_of(const printer::PrintResult& result) {
  using Outcome = printer::PrintResult::Outcome;
  switch (result.outcome) {
    case Outcome::kDone:
      return "done";
    case Outcome::kCancelled:
      return "cancelled";
    case Outcome::kFailed:
      break;
  }
  return "failed";
}

}  // namespace

store::UnixMs unix_now() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string new_job_id() {
  std::random_device random;
  return fmt::format("{:013x}-{:08x}{:08x}", unix_now(), random(), random());
}

store::JobRow JobBooks::new_row(std::string id, const files::Entry& file, std::string user) const {
  const store::UnixMs now = unix_now();
  store::JobRow row{.id = std::move(id),
                    .printer = printer_,
                    .file = file.path,
                    .sha256 = file.sha256,
                    .user = std::move(user),
                    .state = "starting",
                    .created = now,
                    .started = now,
                    .ended = {},
                    .reason = {},
                    .estimated_s = {},
                    .actual_s = {},
                    .filament_mm = {}};
  if (file.analysis) {
    row.estimated_s = file.analysis->print_time_s;
    row.filament_mm = file.analysis->filament_mm;
  }
  return row;
}

Result<void> JobBooks::put(const store::JobRow& row,
                           const std::function<Result<void>(store::Session&)>& also) {
  return store_.write([&](store::Session& session) -> Result<void> {
    if (auto put = store::put_job(session, row); !put) {
      return put;
    }
    return also ? also(session) : Result<void>{};
  });
}

void JobBooks::put_later(const store::JobRow& row) {
  store_.write_later([row](store::Session& session) { return store::put_job(session, row); });
}

Result<store::PrintCounts> JobBooks::counts_of(const std::string& file) const {
  store::PrintCounts counts;
  return store_
      .read([&](store::Session& session) {
        return store::print_counts(session, file).map([&](const store::PrintCounts& found) {
          counts = found;
        });
      })
      .map([&] { return counts; });
}

Result<store::JobRow> JobBooks::find(const std::string& id) const {
  std::optional<store::JobRow> found;
  const auto read = store_.read([&](store::Session& session) {
    return store::find_job(session, id).map([&](auto row) { found = std::move(row); });
  });
  if (!read) {
    return tl::unexpected(read.error());
  }
  if (!found) {
    return fail(Errc::kNotFound, fmt::format("there is no job '{}'", id));
  }
  return std::move(*found);
}

void take_off(store::JobRow& row, const store::JobRow& former) {
  row.recovers = former.id;
  const double planned_s = former.estimated_s.value_or(0);
  const double made =
      planned_s > 0 ? std::clamp(former.actual_s.value_or(0) / planned_s, 0.0, 1.0) : 0.0;
  // Of what `former` was to do itself: it may be the rest of another one.
  if (former.estimated_s) {
    row.estimated_s = *former.estimated_s * (1.0 - made);
  }
  if (former.filament_mm) {
    row.filament_mm = *former.filament_mm * (1.0 - made);
  }
}

Result<std::optional<store::JobRow>> JobBooks::take_up() {
  std::optional<store::JobRow> newest;
  return store_
      .write([&](store::Session& session) -> Result<void> {
        auto rows = store::jobs_of(session, printer_, kRowsToLookAt, 0);
        if (!rows) {
          return tl::unexpected(rows.error());
        }
        for (store::JobRow& row : *rows) {
          if (!is_under_way(row.state)) {
            continue;
          }
          if (!newest) {
            newest = row;
            continue;
          }
          close_row(row, "failed", "the server stopped while this job was under way");
          if (auto put = store::put_job(session, row); !put) {
            return put;
          }
        }
        return {};
      })
      .map([&] { return std::move(newest); });
}

void close_row(store::JobRow& row, const printer::PrintResult& result) {
  close_row(row, row_state_of(result), result.reason);
  row.actual_s = result.duration.v;
}

void close_row(store::JobRow& row, std::string state, std::string reason) {
  row.state = std::move(state);
  row.reason = std::move(reason);
  row.ended = unix_now();
}

}  // namespace stepcast::jobs
