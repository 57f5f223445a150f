// What leads to the start of a print.
#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "stepcast/store/queue.hpp"

#include "event_payloads.hpp"
#include "runner_impl.hpp"

namespace stepcast::jobs {
namespace {

// How long restart() waits for the printer to come to rest.
constexpr std::chrono::seconds kRestAfterCancel{30};

}  // namespace

Result<void> Runner::Impl::start(const std::string& user) {
  Order order;
  order.job_id = new_job_id();
  order.user = user;
  {
    const std::scoped_lock lock(mutex_);
    if (!selected_) {
      return fail(Errc::kBusy, "no file is selected", {}, "select one first");
    }
    order.file = *selected_;
  }
  if (!order.file.analysis) {
    learn_analysis(order.file);
  }
  const auto path = files::LibraryPath::parse(order.file.path);
  if (!path) {
    return tl::unexpected(path.error());
  }
  order.bytes = library_.location(*path);
  order.version = printer_->status().version;
  order.expires = std::chrono::steady_clock::time_point::max();
  return start(order);
}

Result<void> Runner::Impl::start(const Order& order) {
  store::JobRow row = books_.new_row(order.job_id, order.file, order.user);
  const auto counts = books_.counts_of(row.file);
  {
    const std::scoped_lock lock(mutex_);
    if (auto may = may_start(order); !may) {
      return may;
    }
    selected_ = order.file;
    user_ = order.user;
    counts_ = counts.value_or(store::PrintCounts{});
    job_ = row;
    job_of_selected_ = row.id;
  }
  hold(row);
  // On disk first: a start that is not known after a crash could happen twice.
  if (auto entered = enter(row, order); !entered) {
    release(row);
    forget_job();
    return entered;
  }
  if (order.file.analysis) {
    return hand_over(row, order);
  }
  std::jthread before;  // of an earlier start; its end is awaited without the lock
  {
    const std::scoped_lock lock(mutex_);
    waits_for_analysis_ = true;
    before = std::exchange(starter_, std::jthread([this, row, order](const std::stop_token& stop) {
                             start_when_analysed(row, order, stop);
                           }));
  }
  return {};
}

// The last step of a start: the printer gets the job.
Result<void> Runner::Impl::hand_over(store::JobRow& row, const Order& order) {
  auto started = std::chrono::steady_clock::now() < order.expires
                     ? printer_->start({.job_id = row.id, .file = order.bytes})
                     : fail(Errc::kBusy, "the time for this start ran out before the disk had it");
  if (!started) {
    close_row(row, "failed", started.error().message);
    release(row);
    static_cast<void>(books_.put(row));  // the caller hears of the first error
    forget_job();
    tell("PrintFailed", row.id, print_end_payload(row, order.user));
    return started;
  }
  tell("PrintStarted", row.id, print_payload(row, order.user));
  return {};
}

Result<void> Runner::Impl::restart(const std::string& user) {
  if (const State state = printer_->status().state; state != State::kPaused) {
    return fail(Errc::kBusy, fmt::format("{} is {}", identity_.title, state_text(state)), {},
                "only a paused print can be begun anew");
  }
  if (auto cancelled = cancel(user); !cancelled) {
    return cancelled;
  }
  {
    std::unique_lock lock(mutex_);
    const auto at_rest = [this] {
      return !job_ && printer_->status().state == State::kOperational;
    };
    if (!job_ended_.wait_for(lock, kRestAfterCancel, at_rest)) {
      return fail(Errc::kBusy, fmt::format("{} has not come to rest", identity_.title));
    }
  }
  return start(user);
}

// With mutex_.
Result<void> Runner::Impl::may_start(const Order& order) const {
  const printer::Status now = printer_->status();
  if (job_ || now.state != State::kOperational) {
    const State state = job_ && now.state == State::kOperational ? State::kStarting : now.state;
    return fail(Errc::kBusy, fmt::format("{} is {}", identity_.title, state_text(state)), {},
                "a print starts on a printer that is Operational");
  }
  if (now.version != order.version) {
    return fail(Errc::kBusy, fmt::format("the state of {} has changed in between", identity_.title),
                {}, "look again");
  }
  if (std::chrono::steady_clock::now() >= order.expires) {
    return fail(Errc::kBusy, "the time for this start has run out");
  }
  if (order.file.analysis && !order.file.analysis->error.empty()) {
    return fail(Errc::kOutOfRange, order.file.analysis->error, order.file.path);
  }
  return {};
}

// Nothing moves before it is known that the job fits the printer: as the queue has it.
void Runner::Impl::start_when_analysed(store::JobRow row, Order order,
                                       const std::stop_token& stop) {
  const auto path = files::LibraryPath::parse(row.file);
  auto analysis = path ? library_.await_analysis(*path, row.sha256, identity_.id, stop)
                       : tl::unexpected(path.error());
  if (stop.stop_requested()) {
    return;  // given up; or the server stops, and its next start closes the job
  }
  {
    const std::scoped_lock lock(mutex_);
    if (!std::exchange(waits_for_analysis_, false)) {
      return;
    }
  }
  if (!analysis || !analysis->error.empty()) {
    close_row(row, "failed", analysis ? analysis->error : analysis.error().to_string());
    finish(row, order.user);
    return;
  }
  order.file.analysis = std::move(*analysis);
  row.estimated_s = order.file.analysis->print_time_s;
  row.filament_mm = order.file.analysis->filament_mm;
  {
    const std::scoped_lock lock(mutex_);
    selected_ = order.file;
    job_ = row;
  }
  static_cast<void>(hand_over(row, order));  // it tells of a failure
}

Result<void> Runner::Impl::enter(const store::JobRow& row, const Order& order) {
  return books_.put(row, [&](store::Session& session) -> Result<void> {
    if (auto put = store::put_on_bed(session, identity_.id, row.id); !put) {
      return put;
    }
    return order.with_row ? order.with_row(session) : Result<void>{};
  });
}

}  // namespace stepcast::jobs
