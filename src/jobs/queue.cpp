#include "stepcast/jobs/queue.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "event_payloads.hpp"
#include "job_books.hpp"
#include "queue_impl.hpp"
#include "queue_rules.hpp"

namespace stepcast::jobs {
namespace {

constexpr std::int64_t kMostPriority = 100;
constexpr std::int64_t kMostCopies = 1'000;

constexpr const char* kServerStopped = "the server stopped before the printer was asked";

Result<void> check_priority(std::int64_t priority) {
  if (priority < -kMostPriority || priority > kMostPriority) {
    return fail(Errc::kOutOfRange, fmt::format("the priority is {}", priority), {},
                fmt::format("from {} to {} is possible", -kMostPriority, kMostPriority));
  }
  return {};
}

Result<void> check_copies(std::int64_t copies) {
  if (copies < 1 || copies > kMostCopies) {
    return fail(Errc::kOutOfRange, fmt::format("there are {} copies", copies), {},
                fmt::format("from 1 to {} are possible", kMostCopies));
  }
  return {};
}

tl::unexpected<Error> no_entry(std::string_view id) {
  return fail(Errc::kNotFound, fmt::format("the queue has no entry '{}'", id));
}

bool wakes(const std::string& type) {
  return type == "PrinterStateChanged" || type == "Connected" || type == "FileAdded" ||
         type == "MetadataAnalysisFinished";
}

}  // namespace

Queue::Impl::Impl(store::Store& store, files::Library& library, events::Log& events,
                  std::vector<Printer> printers, Options options)
    : store_(store),
      library_(library),
      events_(events),
      printers_(std::move(printers)),
      options_(options) {}

Queue::Impl::~Impl() {
  subscription_ = {};
}

Result<void> Queue::Impl::open() {
  // A claim without a job was never asked of a printer: its copy may be started anew.
  auto expired = store_.write([](store::Session& session) {
    return store::expire_queue_claims(session, kServerStopped).map([](std::int64_t /*rows*/) {});
  });
  if (!expired) {
    return expired;
  }
  if (options_.own_thread) {
    subscription_ = events_.listen([this](const events::Event& event) {
      if (wakes(event.type)) {
        wake();
      }
    });
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
  }
  return {};
}

void Queue::Impl::wake() {
  {
    const std::scoped_lock lock(mutex_);
    woken_ = true;
  }
  wake_.notify_all();
}

void Queue::Impl::tell(const char* type, const store::QueueRow& row, std::string_view user) {
  events_.append(type, row.printer, {}, queue_payload(row, user));
  wake();
}

const Queue::Printer* Queue::Impl::find_printer(std::string_view id) const {
  const auto found = std::find_if(printers_.begin(), printers_.end(), [&](const Printer& printer) {
    return printer.runner->identity().id == id;
  });
  return found == printers_.end() ? nullptr : &*found;
}

Result<const Queue::Printer*> Queue::Impl::known_printer(std::string_view id) const {
  if (const Printer* printer = find_printer(id)) {
    return printer;
  }
  return fail(Errc::kNotFound, fmt::format("there is no printer '{}'", id));
}

// --- entries ---

Result<void> Queue::Impl::check(const NewQueueEntry& entry) const {
  const Target& target = entry.target;
  if (!target.printer.empty() && !target.group.empty()) {
    return fail(Errc::kInvalidArgument, "an entry is for a printer or for a group, not for both",
                {}, "leave one of them out");
  }
  if (!target.printer.empty() && find_printer(target.printer) == nullptr) {
    return fail(Errc::kNotFound, fmt::format("there is no printer '{}'", target.printer));
  }
  if (!target.group.empty() &&
      std::none_of(printers_.begin(), printers_.end(),
                   [&](const Printer& printer) { return printer.group == target.group; })) {
    return fail(Errc::kNotFound, fmt::format("no printer is in a group '{}'", target.group));
  }
  if (entry.expires && *entry.expires <= unix_now()) {
    return fail(Errc::kInvalidArgument, "the entry would have expired already");
  }
  return check_priority(entry.priority)
      .and_then([&] { return check_copies(entry.copies); })
      .and_then([&] { return check_loaded(entry.needs.material, entry.needs.nozzle); });
}

Result<QueueEntry> Queue::Impl::add(const NewQueueEntry& entry) {
  if (auto good = check(entry); !good) {
    return tl::unexpected(good.error());
  }
  const auto path = files::LibraryPath::parse(entry.file);
  const auto file = path ? library_.find(*path) : tl::unexpected(path.error());
  if (!file) {
    return tl::unexpected(file.error());
  }
  if (!*file || (*file)->is_folder) {
    return fail(Errc::kNotFound, fmt::format("there is no file '{}'", entry.file));
  }
  store::QueueRow row{.id = new_job_id(),
                      .printer = entry.target.printer,
                      .group = entry.target.group,
                      .file = (*file)->path,
                      .sha256 = (*file)->sha256,
                      .user = entry.user,
                      .priority = entry.priority,
                      .place = 0,
                      .copies = entry.copies,
                      .material = entry.needs.material,
                      .nozzle_mm = mm_of(entry.needs.nozzle),
                      .created = unix_now(),
                      .expires = entry.expires,
                      .closed = {},
                      .closed_at = {}};
  auto written = store_.write([&](store::Session& session) -> Result<void> {
    const auto open = store::open_queued(session);
    if (!open) {
      return tl::unexpected(open.error());
    }
    if (static_cast<std::int64_t>(open->size()) >= options_.most_open) {
      return fail(Errc::kFull, fmt::format("{} entries are in the queue", open->size()), {},
                  "cancel some, or wait");
    }
    const auto place = store::next_queue_place(session);
    if (!place) {
      return tl::unexpected(place.error());
    }
    row.place = *place;
    return store::put_queued(session, row);
  });
  if (!written) {
    return tl::unexpected(written.error());
  }
  tell("QueueAdded", row, entry.user);
  return view_of(row);
}

Result<std::vector<QueueEntry>> Queue::Impl::list() const {
  std::vector<store::QueueRow> rows;
  auto read = store_.read([&](store::Session& session) {
    return store::open_queued(session).map([&](auto found) { rows = std::move(found); });
  });
  if (!read) {
    return tl::unexpected(read.error());
  }
  std::vector<QueueEntry> entries;
  for (const store::QueueRow& row : rows) {
    auto entry = view_of(row);
    if (!entry) {
      return tl::unexpected(entry.error());
    }
    entries.push_back(std::move(*entry));
  }
  return entries;
}

Result<std::vector<QueueEntry>> Queue::Impl::past(std::int64_t limit, std::int64_t offset) const {
  std::vector<QueueEntry> entries;
  auto read = store_.read([&](store::Session& session) -> Result<void> {
    const auto rows = store::closed_queued(session, limit, offset);
    if (!rows) {
      return tl::unexpected(rows.error());
    }
    for (const store::QueueRow& row : *rows) {
      const auto starts = store::starts_of_queued(session, row.id);
      if (!starts) {
        return tl::unexpected(starts.error());
      }
      const auto jobs = store::job_states_of_queued(session, row.id);
      if (!jobs) {
        return tl::unexpected(jobs.error());
      }
      entries.push_back(entry_of_rows(row, *starts, *jobs));
    }
    return {};
  });
  if (!read) {
    return tl::unexpected(read.error());
  }
  return entries;
}

Result<QueueEntry> Queue::Impl::find(std::string_view id) const {
  std::optional<store::QueueRow> row;
  auto read = store_.read([&](store::Session& session) {
    return store::find_queued(session, id).map([&](auto found) { row = std::move(found); });
  });
  if (!read) {
    return tl::unexpected(read.error());
  }
  if (!row) {
    return no_entry(id);
  }
  return view_of(*row);
}

/// Changes one open entry in one transaction; `changed` is what it has become.
Result<void> Queue::Impl::change(
    std::string_view id, const std::function<Result<void>(store::Session&, store::QueueRow&)>& how,
    store::QueueRow& changed) {
  return store_.write([&](store::Session& session) -> Result<void> {
    auto row = store::find_queued(session, id);
    if (!row) {
      return tl::unexpected(row.error());
    }
    if (!*row) {
      return no_entry(id);
    }
    if (!(*row)->closed.empty()) {
      return fail(Errc::kBusy, fmt::format("the entry '{}' is {}", id, (*row)->closed), {},
                  "add a new one");
    }
    changed = std::move(**row);
    if (auto done = how(session, changed); !done) {
      return done;
    }
    return store::put_queued(session, changed);
  });
}

Result<QueueEntry> Queue::Impl::edit(std::string_view id, const Edit& edit, std::string_view user) {
  store::QueueRow row;
  auto changed = change(
      id,
      [&](store::Session& session, store::QueueRow& entry) -> Result<void> {
        if (edit.needs) {
          if (auto good = check_loaded(edit.needs->material, edit.needs->nozzle); !good) {
            return good;
          }
          entry.material = edit.needs->material;
          entry.nozzle_mm = mm_of(edit.needs->nozzle);
        }
        if (edit.expires) {
          entry.expires = *edit.expires;
        }
        if (edit.copies) {
          if (auto good = check_copies(*edit.copies); !good) {
            return good;
          }
          const auto starts = store::starts_of_queued(session, id);
          if (!starts) {
            return tl::unexpected(starts.error());
          }
          const auto used = std::count_if(starts->begin(), starts->end(), [](const auto& start) {
            return start.state != "expired";
          });
          if (*edit.copies < used) {
            return fail(
                Errc::kOutOfRange,
                fmt::format("{} copies have been started, {} are asked for", used, *edit.copies),
                {}, "cancel the entry instead");
          }
          entry.copies = *edit.copies;
        }
        if (edit.priority && *edit.priority != entry.priority) {
          if (auto good = check_priority(*edit.priority); !good) {
            return good;
          }
          entry.priority = *edit.priority;
          const auto place = store::next_queue_place(session);
          if (!place) {
            return tl::unexpected(place.error());
          }
          entry.place = *place;
        }
        return {};
      },
      row);
  if (!changed) {
    return tl::unexpected(changed.error());
  }
  tell("QueueChanged", row, user);
  return view_of(row);
}

Result<void> Queue::Impl::move(std::string_view id, std::string_view before,
                               std::string_view user) {
  if (before == id) {
    return fail(Errc::kInvalidArgument, "an entry cannot stand in front of itself");
  }
  store::QueueRow row;
  auto moved = change(
      id,
      [&](store::Session& session, store::QueueRow& entry) -> Result<void> {
        auto open = store::open_queued(session);
        if (!open) {
          return tl::unexpected(open.error());
        }
        const auto at = [&](std::string_view wanted) {
          return std::find_if(open->begin(), open->end(),
                              [&](const store::QueueRow& other) { return other.id == wanted; });
        };
        if (!before.empty()) {
          const auto next = at(before);
          if (next == open->end()) {
            return no_entry(before);
          }
          entry.priority = next->priority;
        }
        // The entries of that priority share their places anew; places are never used twice.
        open->erase(at(id));
        std::erase_if(*open, [&](const auto& other) { return other.priority != entry.priority; });
        std::vector<std::int64_t> places{entry.place};
        for (const store::QueueRow& other : *open) {
          places.push_back(other.place);
        }
        std::sort(places.begin(), places.end());
        open->insert(before.empty() ? open->end() : at(before), entry);
        for (std::size_t i = 0; i < open->size(); ++i) {
          (*open)[i].place = places[i];
          if (auto put = store::put_queued(session, (*open)[i]); !put) {
            return put;
          }
          if ((*open)[i].id == id) {
            entry.place = places[i];
          }
        }
        return {};
      },
      row);
  if (!moved) {
    return moved;
  }
  tell("QueueChanged", row, user);
  return {};
}

Result<void> Queue::Impl::cancel(std::string_view id, std::string_view user) {
  store::QueueRow row;
  auto cancelled = change(
      id,
      [](store::Session& /*session*/, store::QueueRow& entry) -> Result<void> {
        entry.closed = "cancelled";
        entry.closed_at = unix_now();
        return {};
      },
      row);
  if (!cancelled) {
    return cancelled;
  }
  tell("QueueCancelled", row, user);
  return {};
}

// --- the public side ---

Result<std::unique_ptr<Queue>> Queue::open(store::Store& store, files::Library& library,
                                           events::Log& events, std::vector<Printer> printers,
                                           Options options) {
  auto impl = std::make_unique<Impl>(store, library, events, std::move(printers), options);
  if (auto opened = impl->open(); !opened) {
    return tl::unexpected(opened.error());
  }
  return std::unique_ptr<Queue>(new Queue(std::move(impl)));
}

Queue::Queue(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Queue::~Queue() = default;
Result<QueueEntry> Queue::add(const NewQueueEntry& entry) {
  return impl_->add(entry);
}
Result<std::vector<QueueEntry>> Queue::list() const {
  return impl_->list();
}
Result<std::vector<QueueEntry>> Queue::past(std::int64_t limit, std::int64_t offset) const {
  return impl_->past(limit, offset);
}
Result<QueueEntry> Queue::find(std::string_view id) const {
  return impl_->find(id);
}
Result<QueueEntry> Queue::edit(std::string_view id, const Edit& edit, std::string_view user) {
  return impl_->edit(id, edit, user);
}
Result<void> Queue::move(std::string_view id, std::string_view before, std::string_view user) {
  return impl_->move(id, before, user);
}
Result<void> Queue::cancel(std::string_view id, std::string_view user) {
  return impl_->cancel(id, user);
}
Result<PrinterSetup> Queue::setup(std::string_view printer) const {
  return impl_->setup(printer);
}
Result<void> Queue::pause(std::string_view printer, bool paused, std::string_view user) {
  return impl_->pause(printer, paused, user);
}
Result<void> Queue::bed_cleared(std::string_view printer, std::string_view job,
                                std::string_view user) {
  return impl_->bed_cleared(printer, job, user);
}
Result<void> Queue::set_loaded(std::string_view printer, std::string_view material,
                               std::optional<Mm> nozzle, std::string_view user) {
  return impl_->set_loaded(printer, material, nozzle, user);
}
Result<int> Queue::pass() {
  return impl_->pass();
}

}  // namespace stepcast::jobs
