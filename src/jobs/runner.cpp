#include "stepcast/jobs/runner.hpp"

#include <chrono>
#include <condition_variable>
#include <random>
#include <utility>

#include <fmt/format.h>

namespace stepcast::jobs {
namespace {

using printer::State;

// How long restart() waits for the printer to come to rest.
constexpr std::chrono::seconds kRestAfterCancel{30};
constexpr std::int64_t kRowsToClose = 100;

store::UnixMs unix_now() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// Unique across servers and restarts, so that a device or a client never mistakes one job for
// another.
std::string new_job_id() {
  std::random_device random;
  return fmt::format("{:013x}-{:08x}{:08x}", unix_now(), random(), random());
}

bool is_under_way(const std::string& state) {
  return state == "starting" || state == "printing" || state == "paused";
}

const char* event_of_result(const printer::PrintResult& result) {
  using Outcome = printer::PrintResult::Outcome;
  switch (result.outcome) {
    case Outcome::kDone:
      return "PrintDone";
    case Outcome::kCancelled:
      return "PrintCancelled";
    case Outcome::kFailed:
      break;
  }
  return "PrintFailed";
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

class Runner::Impl {
 public:
  Impl(Identity identity, store::Store& store, files::Library& library,
       std::unique_ptr<printer::Printer> machine)
      : identity_(std::move(identity)),
        store_(store),
        library_(library),
        printer_(std::move(machine)) {}

  Result<void> open() {
    if (auto closed = close_rows_of_a_crash(); !closed) {
      return closed;
    }
    printer_->observe({.on_status = [this](const printer::Status& s) { on_status(s); },
                       .on_finished = [this](const printer::PrintResult& r) { on_finished(r); },
                       .on_log = [this](std::string_view line) { tell_log(line); }});
    return {};
  }

  [[nodiscard]] const Identity& identity() const { return identity_; }
  [[nodiscard]] printer::Printer& printer() { return *printer_; }

  printer::Status status() const {
    printer::Status status = printer_->status();
    const std::scoped_lock lock(mutex_);
    // A job is under way from its row to its last entry in the books, also where the printer does
    // not know of it yet, or no longer.
    if (job_ && status.state == State::kOperational) {
      status.state = job_->state == "starting" ? State::kStarting : State::kFinishing;
    }
    return status;
  }

  View view() const {
    View view;
    view.status = status();
    {
      const std::scoped_lock lock(mutex_);
      view.file = selected_;
      view.user = user_;
      view.counts = counts_;
    }
    if (view.file && !view.file->analysis) {
      learn_analysis(*view.file);
    }
    return view;
  }

  Result<void> select(const files::LibraryPath& path, std::string user) {
    auto entry = library_.find(path);
    if (!entry) {
      return tl::unexpected(entry.error());
    }
    if (!*entry || (*entry)->is_folder) {
      return fail(Errc::kNotFound, fmt::format("there is no file '{}'", path.text()));
    }
    auto counts = counts_of(path.text());
    if (!counts) {
      return tl::unexpected(counts.error());
    }
    {
      const std::scoped_lock lock(mutex_);
      if (job_) {
        return fail(Errc::kBusy, fmt::format("{} is printing", identity_.title), {},
                    "wait for the end of the print, or cancel it");
      }
      selected_ = **entry;
      user_ = std::move(user);
      counts_ = *counts;
    }
    tell("FileSelected", printer_->status());
    return {};
  }

  Result<void> unselect() {
    const std::scoped_lock lock(mutex_);
    if (job_) {
      return fail(Errc::kBusy, fmt::format("{} is printing", identity_.title));
    }
    selected_.reset();
    return {};
  }

  Result<void> start(const std::string& user) {
    printer::PrintRequest request;
    store::JobRow row;
    std::string path_text;
    {
      const std::scoped_lock lock(mutex_);
      const State state = printer_->status().state;
      if (job_ || state != State::kOperational) {
        return fail(Errc::kBusy, fmt::format("{} is {}", identity_.title, state_text(state)), {},
                    "a print starts on a printer that is Operational");
      }
      if (!selected_) {
        return fail(Errc::kBusy, "no file is selected", {}, "select one first");
      }
      if (selected_->analysis && !selected_->analysis->error.empty()) {
        return fail(Errc::kOutOfRange, selected_->analysis->error, selected_->path);
      }
      request.job_id = new_job_id();
      row = {.id = request.job_id,
             .printer = identity_.id,
             .file = selected_->path,
             .sha256 = selected_->sha256,
             .user = user,
             .state = "starting",
             .created = unix_now(),
             .started = unix_now(),
             .ended = {},
             .reason = {},
             .estimated_s = {},
             .actual_s = {},
             .filament_mm = {}};
      if (selected_->analysis) {
        row.estimated_s = selected_->analysis->print_time_s;
        row.filament_mm = selected_->analysis->filament_mm;
      }
      path_text = selected_->path;
      job_ = row;
    }
    const auto path = files::LibraryPath::parse(path_text);
    if (!path) {
      forget_job();
      return tl::unexpected(path.error());
    }
    library_.hold(*path);
    request.file = library_.location(*path);
    // On disk first: a start that is not known after a crash could happen twice.
    auto started = put(row);
    if (started) {
      started = printer_->start(request);
    }
    if (!started) {
      row.state = "failed";
      row.ended = unix_now();
      row.reason = started.error().message;
      library_.release(*path);
      forget_job();
      static_cast<void>(put(row));  // the caller hears of the first error
      return started;
    }
    tell("PrintStarted", printer_->status());
    return {};
  }

  Result<void> pause() { return printer_->pause(); }
  Result<void> resume() { return printer_->resume(); }
  Result<void> cancel() { return printer_->cancel(); }

  Result<void> restart(const std::string& user) {
    if (const State state = printer_->status().state; state != State::kPaused) {
      return fail(Errc::kBusy, fmt::format("{} is {}", identity_.title, state_text(state)), {},
                  "only a paused print can be begun anew");
    }
    if (auto cancelled = printer_->cancel(); !cancelled) {
      return cancelled;
    }
    {
      std::unique_lock lock(mutex_);
      if (!job_ended_.wait_for(lock, kRestAfterCancel, [this] { return !job_; })) {
        return fail(Errc::kBusy, fmt::format("{} has not come to rest", identity_.title));
      }
    }
    return start(user);
  }

  void listen(Listener listener) {
    const std::scoped_lock lock(listeners_mutex_);
    listeners_.push_back(std::move(listener));
  }

  void listen_log(LogListener listener) {
    const std::scoped_lock lock(listeners_mutex_);
    log_listeners_.push_back(std::move(listener));
  }

 private:
  Result<void> put(const store::JobRow& row) {
    return store_.write([&](store::Session& session) { return store::put_job(session, row); });
  }

  Result<store::PrintCounts> counts_of(const std::string& path) {
    store::PrintCounts counts;
    auto read = store_.read([&](store::Session& session) -> Result<void> {
      auto found = store::print_counts(session, path);
      if (!found) {
        return tl::unexpected(found.error());
      }
      counts = *found;
      return {};
    });
    if (!read) {
      return tl::unexpected(read.error());
    }
    return counts;
  }

  Result<void> close_rows_of_a_crash() {
    return store_.write([&](store::Session& session) -> Result<void> {
      auto rows = store::jobs_of(session, identity_.id, kRowsToClose, 0);
      if (!rows) {
        return tl::unexpected(rows.error());
      }
      for (store::JobRow& row : *rows) {
        if (!is_under_way(row.state)) {
          continue;
        }
        row.state = "failed";
        row.reason = "the server stopped while this job was under way";
        row.ended = unix_now();
        if (auto put = store::put_job(session, row); !put) {
          return put;
        }
      }
      return {};
    });
  }

  // A file may be selected before its analysis is done.
  void learn_analysis(files::Entry& entry) const {
    const auto path = files::LibraryPath::parse(entry.path);
    if (!path) {
      return;
    }
    const auto found = library_.find(*path);
    if (found && *found && (*found)->sha256 == entry.sha256 && (*found)->analysis) {
      entry.analysis = (*found)->analysis;
      const std::scoped_lock lock(mutex_);
      if (selected_ && selected_->sha256 == entry.sha256) {
        selected_->analysis = entry.analysis;
      }
    }
  }

  void forget_job() {
    {
      const std::scoped_lock lock(mutex_);
      job_.reset();
    }
    job_ended_.notify_all();
  }

  void on_status(const printer::Status& status) {
    State before{};
    std::optional<store::JobRow> changed;
    {
      const std::scoped_lock lock(mutex_);
      before = std::exchange(last_status_, status).state;
      if (before == status.state) {
        return;
      }
      if (job_ && (status.state == State::kPrinting || status.state == State::kPaused)) {
        job_->state = status.state == State::kPaused ? "paused" : "printing";
        changed = job_;
      }
    }
    if (changed) {
      // A lost intermediate state costs nothing: a crash closes the row either way.
      store_.write_later(
          [row = *changed](store::Session& session) { return store::put_job(session, row); });
    }
    if (status.state == State::kPaused) {
      tell("PrintPaused", status);
    } else if (before == State::kResuming && status.state == State::kPrinting) {
      tell("PrintResumed", status);
    }
    tell("PrinterStateChanged", status);
  }

  void on_finished(const printer::PrintResult& result) {
    std::optional<store::JobRow> row;
    {
      const std::scoped_lock lock(mutex_);
      row = job_;
    }
    if (row && row->id == result.job_id) {
      row->state = row_state_of(result);
      row->reason = result.reason;
      row->ended = unix_now();
      row->actual_s = result.duration.v;
      if (const auto path = files::LibraryPath::parse(row->file)) {
        library_.release(*path);
      }
      static_cast<void>(put(*row));
      if (auto counts = counts_of(row->file)) {
        const std::scoped_lock lock(mutex_);
        counts_ = *counts;
      }
      forget_job();
    }
    Event event = event_now(event_of_result(result), last_status());
    event.reason = result.reason;
    event.duration_s = result.duration.v;
    tell(event);
  }

  printer::Status last_status() const {
    const std::scoped_lock lock(mutex_);
    return last_status_;
  }
  Event event_now(std::string type, printer::Status status) const {
    const std::scoped_lock lock(mutex_);
    return {std::move(type), std::move(status), selected_, {}, 0.0};
  }
  void tell(std::string type, printer::Status status) {
    tell(event_now(std::move(type), std::move(status)));
  }
  void tell(const Event& event) {
    std::vector<Listener> listeners;
    {
      const std::scoped_lock lock(listeners_mutex_);
      listeners = listeners_;
    }
    for (const Listener& listener : listeners) {
      listener(event);
    }
  }
  void tell_log(std::string_view line) {
    std::vector<LogListener> listeners;
    {
      const std::scoped_lock lock(listeners_mutex_);
      listeners = log_listeners_;
    }
    for (const LogListener& listener : listeners) {
      listener(line);
    }
  }

  Identity identity_;
  store::Store& store_;
  files::Library& library_;

  mutable std::mutex mutex_;  // guards what follows, up to the next mutex
  std::condition_variable job_ended_;
  mutable std::optional<files::Entry> selected_;  // its analysis may come later
  std::string user_;
  store::PrintCounts counts_;
  std::optional<store::JobRow> job_;  // from the call of start() to on_finished()

  printer::Status last_status_;  // as observed

  std::mutex listeners_mutex_;
  std::vector<Listener> listeners_;
  std::vector<LogListener> log_listeners_;

  std::unique_ptr<printer::Printer> printer_;  // last: its threads end before the rest goes
};

Result<std::unique_ptr<Runner>> Runner::open(Identity identity, store::Store& store,
                                             files::Library& library,
                                             std::unique_ptr<printer::Printer> machine) {
  auto impl = std::make_unique<Impl>(std::move(identity), store, library, std::move(machine));
  if (auto opened = impl->open(); !opened) {
    return tl::unexpected(opened.error());
  }
  return std::unique_ptr<Runner>(new Runner(std::move(impl)));
}

Runner::Runner(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Runner::~Runner() = default;
const Runner::Identity& Runner::identity() const {
  return impl_->identity();
}
printer::Printer& Runner::printer() {
  return impl_->printer();
}
printer::Status Runner::status() const {
  return impl_->status();
}
Runner::View Runner::view() const {
  return impl_->view();
}
Result<void> Runner::select(const files::LibraryPath& path, std::string user) {
  return impl_->select(path, std::move(user));
}
Result<void> Runner::unselect() {
  return impl_->unselect();
}
Result<void> Runner::start(const std::string& user) {
  return impl_->start(user);
}
Result<void> Runner::pause() {
  return impl_->pause();
}
Result<void> Runner::resume() {
  return impl_->resume();
}
Result<void> Runner::cancel() {
  return impl_->cancel();
}
Result<void> Runner::restart(const std::string& user) {
  return impl_->restart(user);
}
void Runner::listen(Listener listener) {
  impl_->listen(std::move(listener));
}
void Runner::listen_log(LogListener listener) {
  impl_->listen_log(std::move(listener));
}

}  // namespace stepcast::jobs
