// Going on with a print that was broken off by a loss of power.
//
// Planning shows whether that can be, and takes long with a big job. The attempt has the printer as
// a job has it, but is in no books before the printer is about to begin.
#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "event_payloads.hpp"
#include "runner_impl.hpp"

namespace stepcast::jobs {

Result<void> Runner::Impl::recover(std::optional<Mm> nozzle_height, const std::string& user,
                                   std::chrono::milliseconds patience) {
  const printer::Status now = printer_->status();
  if (!now.recovery) {
    return fail(Errc::kNotFound,
                fmt::format("no print of {} was broken off by a loss of power", identity_.title));
  }
  const auto former = books_.find(now.recovery->job_id);
  if (!former) {
    return tl::unexpected(former.error());
  }
  auto order = order_of_rest(*former, user);
  if (!order) {
    return tl::unexpected(order.error());
  }
  order->version = now.version;
  store::JobRow row = books_.new_row(order->job_id, order->file, user);
  take_off(row, *former);
  const auto attempt = std::make_shared<Attempt>(Attempt{std::move(*order), std::move(row)});
  {
    const std::scoped_lock lock(mutex_);
    if (auto may = may_start(attempt->order); !may) {
      return may;
    }
    job_ = attempt->row;
    attempt_ = attempt;
  }
  hold(attempt->row);
  auto asked = printer_->recover({.job_id = attempt->order.job_id, .file = attempt->order.bytes},
                                 {.of_job = former->id,
                                  .nozzle_height = nozzle_height,
                                  .begin = [this, attempt] { return begin_rest(*attempt); }});
  if (!asked) {
    release(attempt->row);
    forget_job();
    return asked;
  }
  std::unique_lock lock(mutex_);
  job_ended_.wait_for(lock, patience, [&] { return attempt->begun || attempt->refused; });
  return attempt->refused ? tl::unexpected(*attempt->refused) : Result<void>{};
}

/// The file of a job of before, as it was then.
Result<Runner::Order> Runner::Impl::order_of_rest(const store::JobRow& former,
                                                  const std::string& user) const {
  const auto path = files::LibraryPath::parse(former.file);
  if (!path) {
    return tl::unexpected(path.error());
  }
  auto entry = library_.find(*path, identity_.id);
  if (!entry) {
    return tl::unexpected(entry.error());
  }
  if (!*entry || (*entry)->is_folder) {
    return fail(Errc::kNotFound, fmt::format("there is no file '{}' any more", former.file));
  }
  if ((*entry)->sha256 != former.sha256) {
    return fail(Errc::kOutOfRange,
                fmt::format("'{}' has changed since it was printed", former.file), former.file,
                "restore its former version");
  }
  Order order;
  order.job_id = new_job_id();
  order.file = std::move(**entry);
  order.bytes = library_.location(*path);
  order.user = user;
  order.expires = std::chrono::steady_clock::time_point::max();
  return order;
}

// Called by the printer, on a thread of its own. On disk first: a print that is not known after a
// crash could happen twice.
Result<void> Runner::Impl::begin_rest(Attempt& attempt) {
  attempt.row.created = unix_now();
  attempt.row.started = attempt.row.created;
  if (auto entered = enter(attempt.row, attempt.order); !entered) {
    return entered;
  }
  tell("PrintStarted", attempt.row.id, print_payload(attempt.row, attempt.order.user));
  const auto counts = books_.counts_of(attempt.row.file);
  {
    const std::scoped_lock lock(mutex_);
    selected_ = attempt.order.file;
    user_ = attempt.order.user;
    counts_ = counts.value_or(store::PrintCounts{});
    job_ = attempt.row;
    job_of_selected_ = attempt.row.id;
    attempt.begun = true;
    attempt_.reset();
  }
  job_ended_.notify_all();
  return {};
}

// It was no print: there is nothing to enter and nothing to tell.
void Runner::Impl::give_up(Attempt& attempt, const printer::PrintResult& result) {
  release(attempt.row);
  {
    const std::scoped_lock lock(mutex_);
    attempt.refused = result.refused.value_or(fail(Errc::kBusy, result.reason).value());
    attempt_.reset();
    job_.reset();
  }
  job_ended_.notify_all();
}

}  // namespace stepcast::jobs
