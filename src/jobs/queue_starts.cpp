// How an entry of the queue becomes a job.
#include <algorithm>
#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "event_payloads.hpp"
#include "job_books.hpp"
#include "queue_impl.hpp"
#include "queue_rules.hpp"

namespace stepcast::jobs {
namespace {

struct OpenEntry {
  store::QueueRow row;
  std::vector<store::QueueStartRow> starts;
  std::map<std::string, std::string> jobs;
};

Result<OpenEntry> open_entry(store::Session& session, store::QueueRow row) {
  OpenEntry entry{std::move(row), {}, {}};
  auto starts = store::starts_of_queued(session, entry.row.id);
  if (!starts) {
    return tl::unexpected(starts.error());
  }
  auto jobs = store::job_states_of_queued(session, entry.row.id);
  if (!jobs) {
    return tl::unexpected(jobs.error());
  }
  entry.starts = std::move(*starts);
  entry.jobs = std::move(*jobs);
  return entry;
}

Result<std::vector<OpenEntry>> open_entries(store::Session& session) {
  auto rows = store::open_queued(session);
  if (!rows) {
    return tl::unexpected(rows.error());
  }
  std::vector<OpenEntry> entries;
  for (store::QueueRow& row : *rows) {
    auto entry = open_entry(session, std::move(row));
    if (!entry) {
      return tl::unexpected(entry.error());
    }
    entries.push_back(std::move(*entry));
  }
  return entries;
}

Copies copies_of(const OpenEntry& entry) {
  return count_copies(entry.row, entry.starts, entry.jobs);
}

}  // namespace

Result<int> Queue::Impl::pass() {
  const std::scoped_lock passing(passing_);
  if (auto cleared = clear_ejected(); !cleared) {
    return tl::unexpected(cleared.error());
  }
  if (auto closed = close_what_is_over(); !closed) {
    return tl::unexpected(closed.error());
  }
  std::vector<OpenEntry> entries;
  auto read = store_.read([&](store::Session& session) {
    return open_entries(session).map(
        [&](std::vector<OpenEntry> found) { entries = std::move(found); });
  });
  if (!read) {
    return tl::unexpected(read.error());
  }
  int started = 0;
  std::vector<const Printer*> taken;
  for (const OpenEntry& entry : entries) {
    std::int64_t waiting = copies_of(entry).waiting;
    for (const Printer& printer : printers_) {
      const bool is_taken = std::find(taken.begin(), taken.end(), &printer) != taken.end();
      if (waiting == 0 || is_taken || !is_for(entry.row, printer)) {
        continue;
      }
      auto asked = start_on(printer, entry.row);
      if (!asked) {
        return tl::unexpected(asked.error());
      }
      if (*asked) {
        taken.push_back(&printer);
        --waiting;
        ++started;
      }
    }
  }
  return started;
}

// A printer that ejects has a clear bed once its print is done, also when the server was not there.
Result<void> Queue::Impl::clear_ejected() {
  for (const Printer& printer : printers_) {
    if (!printer.clears_itself) {
      continue;
    }
    const std::string& id = printer.runner->identity().id;
    bool cleared = false;
    store::PrinterSetupRow now;
    auto written = store_.write([&](store::Session& session) -> Result<void> {
      const auto setup = store::find_printer_setup(session, id);
      if (!setup || !*setup || (*setup)->bed_job.empty()) {
        return setup ? Result<void>{} : tl::unexpected(setup.error());
      }
      const auto job = store::find_job(session, (*setup)->bed_job);
      if (!job) {
        return tl::unexpected(job.error());
      }
      if (!*job || (*job)->state != "done") {
        return {};
      }
      cleared = true;
      now = **setup;
      now.bed_job.clear();
      return store::put_on_bed(session, id, "");
    });
    if (!written) {
      return written;
    }
    if (cleared) {
      events_.append("BedCleared", id, {}, setup_payload(now, {}));
    }
  }
  return {};
}

Result<void> Queue::Impl::close_what_is_over() {
  std::vector<Ended> ended;
  auto written = store_.write([&](store::Session& session) -> Result<void> {
    ended.clear();
    auto entries = open_entries(session);
    if (!entries) {
      return tl::unexpected(entries.error());
    }
    const store::UnixMs now = unix_now();
    for (OpenEntry& entry : *entries) {
      const Copies copies = copies_of(entry);
      if (copies.waiting == 0 && copies.under_way == 0) {
        entry.row.closed = "done";
      } else if (copies.waiting > 0 && entry.row.expires && *entry.row.expires <= now) {
        entry.row.closed = "expired";
      } else {
        continue;
      }
      entry.row.closed_at = now;
      if (auto put = store::put_queued(session, entry.row); !put) {
        return put;
      }
      ended.push_back({entry.row.closed == "done" ? "QueueDone" : "QueueExpired", entry.row});
    }
    return {};
  });
  if (!written) {
    return written;
  }
  for (const Ended& end : ended) {
    tell(end.event, end.row, {});
  }
  return {};
}

/// @returns whether the printer was asked.
Result<bool> Queue::Impl::start_on(const Printer& printer, const store::QueueRow& row) {
  const printer::Status status = printer.runner->status();
  if (status.state != printer::State::kOperational) {
    return false;
  }
  const auto path = files::LibraryPath::parse(row.file);
  const auto file =
      path ? library_.find(*path, printer.runner->identity().id) : tl::unexpected(path.error());
  if (!file) {
    return tl::unexpected(file.error());
  }
  if (!file_faults(row, *file).empty()) {
    return false;
  }
  store::QueueStartRow start{.id = new_job_id(),
                             .entry = row.id,
                             .printer = printer.runner->identity().id,
                             .state = "claimed",
                             .version = static_cast<std::int64_t>(status.version),
                             .claimed = unix_now(),
                             .expires = 0,
                             .reason = {}};
  start.expires = start.claimed + options_.lease.count();
  const auto lapses = std::chrono::steady_clock::now() + options_.lease;
  if (auto claimed = claim(printer, start); !claimed) {
    return claimed.error().code == Errc::kBusy ? Result<bool>(false)
                                               : tl::unexpected(claimed.error());
  }
  Runner::Order order;
  order.job_id = start.id;
  order.file = **file;
  order.bytes = library_.location(*path);
  order.user = row.user;
  order.version = status.version;
  order.expires = lapses;
  order.with_row = [&start](store::Session& session) -> Result<void> {
    const auto was_claimed = store::end_queue_claim(session, start.id, "asked", "");
    if (!was_claimed) {
      return tl::unexpected(was_claimed.error());
    }
    return *was_claimed ? Result<void>{} : fail(Errc::kBusy, "the claim of this start is over");
  };
  const auto started = printer.runner->start(order);
  if (started) {
    return true;
  }
  // Does nothing where the printer was asked: then the job says what happened, and is not repeated.
  bool was_claimed = false;
  auto written = store_.write([&](store::Session& session) {
    return store::end_queue_claim(session, start.id, "expired", started.error().message)
        .map([&](bool found) { was_claimed = found; });
  });
  if (!written) {
    return tl::unexpected(written.error());
  }
  return !was_claimed;
}

/// @returns kBusy when something has changed since the decision.
Result<void> Queue::Impl::claim(const Printer& printer, const store::QueueStartRow& start) const {
  return store_.write([&](store::Session& session) -> Result<void> {
    auto row = store::find_queued(session, start.entry);
    if (!row) {
      return tl::unexpected(row.error());
    }
    if (!*row || !(*row)->closed.empty() ||
        ((*row)->expires && *(*row)->expires <= start.claimed)) {
      return fail(Errc::kBusy, "the entry is over");
    }
    const auto entry = open_entry(session, **row);
    if (!entry) {
      return tl::unexpected(entry.error());
    }
    const auto setup = store::find_printer_setup(session, start.printer);
    if (!setup) {
      return tl::unexpected(setup.error());
    }
    if (copies_of(*entry).waiting == 0 || !setup_faults(**row, printer, *setup).empty()) {
      return fail(Errc::kBusy, "the conditions are no longer met");
    }
    return store::add_queue_start(session, start);
  });
}

Result<QueueEntry> Queue::Impl::view_of(const store::QueueRow& row) const {
  QueueEntry view;
  auto read = store_.read([&](store::Session& session) {
    return open_entry(session, row).map([&](const OpenEntry& entry) {
      view = entry_of_rows(entry.row, entry.starts, entry.jobs);
    });
  });
  if (!read) {
    return tl::unexpected(read.error());
  }
  if (view.waiting > 0) {
    auto reasons = unmet(row);
    if (!reasons) {
      return tl::unexpected(reasons.error());
    }
    view.unmet = std::move(*reasons);
  }
  return view;
}

Result<std::vector<Unmet>> Queue::Impl::unmet(const store::QueueRow& row) const {
  const auto path = files::LibraryPath::parse(row.file);
  if (!path) {
    return tl::unexpected(path.error());
  }
  std::vector<Unmet> all;
  for (const Printer& printer : printers_) {
    if (!is_for(row, printer)) {
      continue;
    }
    Unmet one{printer.runner->identity().id, {}};
    const auto file = library_.find(*path, one.printer);
    if (!file) {
      return tl::unexpected(file.error());
    }
    const printer::State state = printer.runner->status().state;
    if (state != printer::State::kOperational) {
      one.reasons.push_back(fmt::format("It is {}.", printer::state_text(state)));
    }
    std::optional<store::PrinterSetupRow> found;
    auto read = store_.read([&](store::Session& session) {
      return store::find_printer_setup(session, one.printer).map([&](auto setup) {
        found = std::move(setup);
      });
    });
    if (!read) {
      return tl::unexpected(read.error());
    }
    for (auto&& faults : {setup_faults(row, printer, found), file_faults(row, *file)}) {
      one.reasons.insert(one.reasons.end(), faults.begin(), faults.end());
    }
    all.push_back(std::move(one));
  }
  return all;
}

void Queue::Impl::run(const std::stop_token& stop) {
  std::string fault;  // told once, not with every attempt
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    woken_ = false;
    lock.unlock();
    const auto passed = pass();
    const std::string now = passed ? std::string() : passed.error().to_string();
    if (!now.empty() && now != fault) {
      // The database is away, say: what waits goes on waiting.
      events_.append("QueueFault", {}, {}, error_payload(now));
    }
    fault = now;
    lock.lock();
    wake_.wait_for(lock, stop, options_.look_every, [this] { return woken_; });
  }
}

}  // namespace stepcast::jobs
