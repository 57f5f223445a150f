// What follows the printer: connecting, and the books of a print up to its end.
#include <utility>

#include <fmt/format.h>

#include "event_payloads.hpp"
#include "runner_impl.hpp"

namespace stepcast::jobs {
namespace {

const char* event_of_end(const store::JobRow& row) {
  return row.state == "done"        ? "PrintDone"
         : row.state == "cancelled" ? "PrintCancelled"
                                    : "PrintFailed";
}

std::string why_not_taken_up(const Error& error) {
  constexpr const char* kStopped = "the server stopped while this job was under way, and";
  switch (error.code) {
    case Errc::kNotFound:
      return fmt::format("{} the printer knows nothing of it: {}", kStopped, error.message);
    case Errc::kUnsupported:
      return fmt::format("{} this printer cannot take a print up again", kStopped);
    default:
      return fmt::format("{} it could not be taken up again: {}", kStopped, error.to_string());
  }
}

}  // namespace

Result<void> Runner::Impl::open() {
  auto left = books_.take_up();
  if (!left) {
    return tl::unexpected(left.error());
  }
  if (*left) {
    job_ = std::move(**left);
    waits_for_printer_ = true;
    hold(*job_);
    select_again(*job_);
  }
  printer_->observe({.on_status = [this](const printer::Status& s) { on_status(s); },
                     .on_finished = [this](const printer::PrintResult& r) { on_finished(r); },
                     .on_log = [this](std::string_view line) { tell_log(line); }});
  door_->runner = this;
  library_.on_change([door = door_](const files::Change& change) {
    const std::scoped_lock lock(door->mutex);
    if (door->runner != nullptr) {
      door->runner->follow_file(change);
    }
  });
  return {};
}

// What is selected is what lies in the library: a print of it is checked and booked as what it is.
void Runner::Impl::follow_file(const files::Change& change) {
  using Kind = files::Change::Kind;
  const bool is_added = change.kind == Kind::kFileAdded;
  const bool goes = change.kind == Kind::kFileRemoved || change.kind == Kind::kFolderRemoved;
  const bool moves = change.kind == Kind::kFileMoved || change.kind == Kind::kFolderMoved;
  if (!is_added && !goes && !moves) {
    return;
  }
  const std::string& path = moves ? change.from : change.path;
  {
    const std::scoped_lock lock(mutex_);
    if (!selected_ || job_ ||
        (selected_->path != path && !selected_->path.starts_with(path + "/"))) {
      return;
    }
  }
  if (!is_added) {
    static_cast<void>(unselect());  // fails when a print has begun meanwhile, and holds its file
    return;
  }
  const auto parsed = files::LibraryPath::parse(path);
  if (!parsed) {
    return;
  }
  const auto entry = library_.find(*parsed, identity_.id);
  const std::scoped_lock lock(mutex_);
  if (entry && *entry && !job_ && selected_ && selected_->path == path) {
    selected_ = **entry;
    job_of_selected_.clear();  // it has printed what was there before
  }
}

Result<void> Runner::Impl::disconnect() {
  auto disconnected = printer_->disconnect();
  if (disconnected) {
    shall_be_connected_ = false;
  }
  return disconnected;
}

Result<void> Runner::Impl::keep_connected() {
  return shall_be_connected_ && printer_->status().state == State::kOffline ? connect()
                                                                            : Result<void>{};
}

Result<void> Runner::Impl::connect() {
  shall_be_connected_ = true;
  if (auto connected = printer_->connect(); !connected) {
    return connected;
  }
  printer::PrintRequest request;
  store::JobRow row;
  {
    const std::scoped_lock lock(mutex_);
    if (!waits_for_printer_) {
      return {};
    }
    waits_for_printer_ = false;
    taking_up_ = true;
    row = *job_;
  }
  const auto path = files::LibraryPath::parse(row.file);
  Result<void> taken = path ? Result<void>{} : tl::unexpected(path.error());
  if (taken) {
    taken = printer_->continue_print({.job_id = row.id, .file = library_.location(*path)});
  }
  if (taken) {
    tell("PrintContinued", row.id, print_payload(row, {}));
    const std::scoped_lock lock(mutex_);
    taking_up_ = false;
    return {};
  }
  if (taken.error().code == Errc::kNetwork) {  // gone again: the job waits for it
    const std::scoped_lock lock(mutex_);
    taking_up_ = false;
    waits_for_printer_ = true;
    return taken;
  }
  close_row(row, "failed", why_not_taken_up(taken.error()));
  finish(row, {});
  return {};
}

// The file of a job that was under way when the server stopped: clients ask what is printed.
void Runner::Impl::select_again(const store::JobRow& row) {
  const auto path = files::LibraryPath::parse(row.file);
  if (!path) {
    return;
  }
  const auto found = library_.find(*path, identity_.id);
  if (!found || !*found || (*found)->is_folder) {
    return;
  }
  const auto counts = books_.counts_of(row.file);
  const std::scoped_lock lock(mutex_);
  selected_ = **found;
  job_of_selected_ = row.id;
  user_ = row.user;
  counts_ = counts.value_or(store::PrintCounts{});
}

void Runner::Impl::hold(const store::JobRow& row) {
  if (const auto path = files::LibraryPath::parse(row.file)) {
    library_.hold(*path);
  }
}

void Runner::Impl::release(const store::JobRow& row) {
  if (const auto path = files::LibraryPath::parse(row.file)) {
    library_.release(*path);
  }
}

// A file may be selected before its analysis is done.
void Runner::Impl::learn_analysis(files::Entry& entry) const {
  const auto path = files::LibraryPath::parse(entry.path);
  if (!path) {
    return;
  }
  const auto found = library_.find(*path, identity_.id);
  if (found && *found && (*found)->sha256 == entry.sha256 && (*found)->analysis) {
    entry.analysis = (*found)->analysis;
    const std::scoped_lock lock(mutex_);
    if (selected_ && selected_->sha256 == entry.sha256) {
      selected_->analysis = entry.analysis;
    }
  }
}

// A print may start while its file is still being analysed; history wants the figures all the
// same.
void Runner::Impl::learn_figures(store::JobRow& row) const {
  const auto path = files::LibraryPath::parse(row.file);
  if (row.filament_mm || !path) {
    return;
  }
  const auto found = library_.find(*path, identity_.id);
  if (found && *found && (*found)->sha256 == row.sha256 && (*found)->analysis &&
      (*found)->analysis->error.empty()) {
    row.estimated_s = (*found)->analysis->print_time_s;
    row.filament_mm = (*found)->analysis->filament_mm;
  }
}

void Runner::Impl::forget_job() {
  {
    const std::scoped_lock lock(mutex_);
    job_.reset();
    attempt_.reset();
    taking_up_ = false;
  }
  job_ended_.notify_all();
}

// The end of the job under way, which `row` describes.
void Runner::Impl::finish(const store::JobRow& row, const std::string& user) {
  release(row);
  // A row that cannot be written is found under way by the next start of the server.
  static_cast<void>(books_.put(row));
  if (auto counts = books_.counts_of(row.file)) {
    const std::scoped_lock lock(mutex_);
    counts_ = *counts;
  }
  forget_job();
  tell(event_of_end(row), row.id, print_end_payload(row, user));
}

void Runner::Impl::on_status(const printer::Status& status) {
  State before{};
  std::optional<store::JobRow> changed;
  std::string user;
  {
    const std::scoped_lock lock(mutex_);
    before = std::exchange(last_state_, status.state);
    if (before == status.state) {
      return;
    }
    if (job_ && (status.state == State::kPrinting || status.state == State::kPaused)) {
      job_->state = status.state == State::kPaused ? "paused" : "printing";
      changed = job_;
    }
    user = asked_by_;
  }
  if (changed) {
    books_.put_later(*changed);  // without it a crash leaves an older state, also under way
  }
  job_ended_.notify_all();
  tell_change(before, status, changed, user);
}

void Runner::Impl::tell_change(State before, const printer::Status& status,
                               const std::optional<store::JobRow>& job, const std::string& user) {
  const auto is_gone = [](State state) {
    return state == State::kOffline || state == State::kError;
  };
  if (is_gone(before) && !is_gone(status.state)) {
    tell("Connected", {}, "{}");
  }
  if (job && status.state == State::kPaused) {
    tell("PrintPaused", job->id, print_payload(*job, user));
  } else if (job && before == State::kResuming && status.state == State::kPrinting) {
    tell("PrintResumed", job->id, print_payload(*job, user));
  } else if (status.state == State::kError) {
    tell("Error", {}, error_payload(status.error));
  } else if (status.state == State::kOffline) {
    tell("Disconnected", {}, error_payload(status.error));
  }
  tell("PrinterStateChanged", status.job_id, state_payload(status));
}

void Runner::Impl::on_finished(const printer::PrintResult& result) {
  store::JobRow row;
  std::string user;
  std::shared_ptr<Attempt> attempt;
  {
    const std::scoped_lock lock(mutex_);
    if (!job_ || job_->id != result.job_id) {
      return;
    }
    row = *job_;
    attempt = attempt_;
    if (result.outcome == printer::PrintResult::Outcome::kCancelled) {
      user = asked_by_;
    }
  }
  if (attempt) {
    give_up(*attempt, result);
    return;
  }
  close_row(row, result);
  learn_figures(row);
  finish(row, user);
}

void Runner::Impl::tell(const char* type, const std::string& job, std::string payload) {
  events_.append(type, identity_.id, job, std::move(payload));
}

void Runner::Impl::tell_log(std::string_view line) {
  std::vector<LogListener> listeners;
  {
    const std::scoped_lock lock(listeners_mutex_);
    listeners = log_listeners_;
  }
  for (const LogListener& listener : listeners) {
    listener(line);
  }
}

}  // namespace stepcast::jobs
