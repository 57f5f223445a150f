#include "stepcast/jobs/runner.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "stepcast/store/queue.hpp"

#include "carry_out.hpp"
#include "event_payloads.hpp"
#include "job_books.hpp"

namespace stepcast::jobs {
namespace {

using printer::State;

// How long restart() waits for the printer to come to rest.
constexpr std::chrono::seconds kRestAfterCancel{30};

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

class Runner::Impl {
 public:
  Impl(Identity identity, store::Store& store, files::Library& library, events::Log& events,
       std::unique_ptr<printer::Printer> machine)
      : identity_(std::move(identity)),
        library_(library),
        events_(events),
        books_(store, identity_.id),
        printer_(std::move(machine)) {}

  Result<void> open() {
    auto left = books_.take_up();
    if (!left) {
      return tl::unexpected(left.error());
    }
    if (*left) {
      job_ = std::move(**left);
      waits_for_printer_ = true;
      hold(*job_);
    }
    printer_->observe({.on_status = [this](const printer::Status& s) { on_status(s); },
                       .on_finished = [this](const printer::PrintResult& r) { on_finished(r); },
                       .on_log = [this](std::string_view line) { tell_log(line); }});
    return {};
  }

  [[nodiscard]] const Identity& identity() const { return identity_; }
  [[nodiscard]] const printer::Printer& printer() const { return *printer_; }

  Result<void> disconnect() {
    auto disconnected = printer_->disconnect();
    if (disconnected) {
      shall_be_connected_ = false;
    }
    return disconnected;
  }

  Result<void> keep_connected() {
    return shall_be_connected_ && printer_->status().state == State::kOffline ? connect()
                                                                              : Result<void>{};
  }

  Result<void> connect() {
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

  printer::Status status() const {
    printer::Status status = printer_->status();
    const std::scoped_lock lock(mutex_);
    // A job is under way from its row to its last entry in the books, also where the printer does
    // not know of it yet, or no longer.
    if (job_ && status.state == State::kOperational) {
      const bool begins = taking_up_ || waits_for_printer_ || job_->state == "starting";
      status.state = begins ? State::kStarting : State::kFinishing;
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
    auto entry = library_.find(path, identity_.id);
    if (!entry) {
      return tl::unexpected(entry.error());
    }
    if (!*entry || (*entry)->is_folder) {
      return fail(Errc::kNotFound, fmt::format("there is no file '{}'", path.text()));
    }
    auto counts = books_.counts_of(path.text());
    if (!counts) {
      return tl::unexpected(counts.error());
    }
    std::string payload = file_payload(**entry, user);
    {
      const std::scoped_lock lock(mutex_);
      if (job_) {
        return fail(Errc::kBusy, fmt::format("{} is printing", identity_.title), {},
                    "wait for the end of the print, or cancel it");
      }
      selected_ = std::move(**entry);
      user_ = std::move(user);
      counts_ = *counts;
    }
    tell("FileSelected", {}, std::move(payload));
    return {};
  }

  Result<void> unselect() {
    {
      const std::scoped_lock lock(mutex_);
      if (job_) {
        return fail(Errc::kBusy, fmt::format("{} is printing", identity_.title));
      }
      selected_.reset();
    }
    tell("FileDeselected", {}, "{}");
    return {};
  }

  Result<void> start(const std::string& user) {
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

  Result<void> start(const Order& order) {
    store::JobRow row = books_.new_row(order.job_id, order.file, order.user);
    {
      const std::scoped_lock lock(mutex_);
      if (auto may = may_start(order); !may) {
        return may;
      }
      job_ = row;
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
    {
      const std::scoped_lock lock(mutex_);
      waits_for_analysis_ = true;
    }
    starter_ = std::jthread(
        [this, row, order](const std::stop_token& stop) { start_when_analysed(row, order, stop); });
    return {};
  }

  // The last step of a start: the printer gets the job.
  Result<void> hand_over(store::JobRow& row, const Order& order) {
    auto started =
        std::chrono::steady_clock::now() < order.expires
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

  Result<void> pause(std::string_view user) {
    note(user);
    return printer_->pause();
  }
  Result<void> resume(std::string_view user) {
    note(user);
    return printer_->resume();
  }

  Result<void> cancel(std::string_view user) {
    std::optional<store::JobRow> given_up;
    const char* why = "";
    {
      const std::scoped_lock lock(mutex_);
      asked_by_ = user;
      if (std::exchange(waits_for_printer_, false)) {
        given_up = job_;
        why = "given up while the printer was away";
      }
      if (std::exchange(waits_for_analysis_, false)) {
        given_up = job_;
        why = "given up while its file was being analysed";
        starter_.request_stop();
      }
    }
    if (!given_up) {
      return printer_->cancel();
    }
    close_row(*given_up, "cancelled", why);
    finish(*given_up, std::string(user));
    return {};
  }

  Result<void> restart(const std::string& user) {
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

  Result<void> command(const Command& command, std::string_view user) {
    if (auto done = carry_out(*printer_, command); !done) {
      return done;
    }
    // Of the print that it changes, if one is under way.
    std::string job;
    {
      const std::scoped_lock lock(mutex_);
      job = job_ ? job_->id : std::string();
    }
    events_.append(std::string(event_type(command)), identity_.id, std::move(job),
                   command_payload(command, user));
    return {};
  }

  void listen_log(LogListener listener) {
    const std::scoped_lock lock(listeners_mutex_);
    log_listeners_.push_back(std::move(listener));
  }

 private:
  // With mutex_.
  Result<void> may_start(const Order& order) {
    const printer::Status now = printer_->status();
    if (job_ || now.state != State::kOperational) {
      const State state = job_ && now.state == State::kOperational ? State::kStarting : now.state;
      return fail(Errc::kBusy, fmt::format("{} is {}", identity_.title, state_text(state)), {},
                  "a print starts on a printer that is Operational");
    }
    if (now.version != order.version) {
      return fail(Errc::kBusy,
                  fmt::format("the state of {} has changed in between", identity_.title), {},
                  "look again");
    }
    if (std::chrono::steady_clock::now() >= order.expires) {
      return fail(Errc::kBusy, "the time for this start has run out");
    }
    if (order.file.analysis && !order.file.analysis->error.empty()) {
      return fail(Errc::kOutOfRange, order.file.analysis->error, order.file.path);
    }
    selected_ = order.file;
    user_ = order.user;
    return {};
  }

  // Nothing moves before it is known that the job fits the printer: as the queue has it.
  void start_when_analysed(store::JobRow row, Order order, const std::stop_token& stop) {
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

  Result<void> enter(const store::JobRow& row, const Order& order) {
    return books_.put(row, [&](store::Session& session) -> Result<void> {
      if (auto put = store::put_on_bed(session, identity_.id, row.id); !put) {
        return put;
      }
      return order.with_row ? order.with_row(session) : Result<void>{};
    });
  }

  void hold(const store::JobRow& row) {
    if (const auto path = files::LibraryPath::parse(row.file)) {
      library_.hold(*path);
    }
  }
  void release(const store::JobRow& row) {
    if (const auto path = files::LibraryPath::parse(row.file)) {
      library_.release(*path);
    }
  }

  void note(std::string_view user) {
    const std::scoped_lock lock(mutex_);
    asked_by_ = user;
  }

  // A file may be selected before its analysis is done.
  void learn_analysis(files::Entry& entry) const {
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
  void learn_figures(store::JobRow& row) const {
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

  void forget_job() {
    {
      const std::scoped_lock lock(mutex_);
      job_.reset();
      taking_up_ = false;
    }
    job_ended_.notify_all();
  }

  // The end of the job under way, which `row` describes.
  void finish(const store::JobRow& row, const std::string& user) {
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

  void on_status(const printer::Status& status) {
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

  void tell_change(State before, const printer::Status& status,
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

  void on_finished(const printer::PrintResult& result) {
    store::JobRow row;
    std::string user;
    {
      const std::scoped_lock lock(mutex_);
      if (!job_ || job_->id != result.job_id) {
        return;
      }
      row = *job_;
      if (result.outcome == printer::PrintResult::Outcome::kCancelled) {
        user = asked_by_;
      }
    }
    close_row(row, result);
    learn_figures(row);
    finish(row, user);
  }

  void tell(const char* type, const std::string& job, std::string payload) {
    events_.append(type, identity_.id, job, std::move(payload));
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
  files::Library& library_;
  events::Log& events_;
  JobBooks books_;

  std::atomic<bool> shall_be_connected_{true};

  mutable std::mutex mutex_;  // guards what follows, up to the next mutex
  std::condition_variable job_ended_;
  mutable std::optional<files::Entry> selected_;  // its analysis may come later
  std::string user_;
  store::PrintCounts counts_;
  std::optional<store::JobRow> job_;    // from the call of start() to its last entry in the books
  bool waits_for_printer_ = false;      // job_ was under way when the server stopped
  bool taking_up_ = false;              // the printer is being asked for it
  bool waits_for_analysis_ = false;     // job_ is entered, and starts once its file is known
  std::string asked_by_;                // who sent the latest command
  State last_state_ = State::kOffline;  // as observed

  std::mutex listeners_mutex_;
  std::vector<LogListener> log_listeners_;

  // Last: their threads end before the rest goes.
  std::unique_ptr<printer::Printer> printer_;
  std::jthread starter_;
};

Result<std::unique_ptr<Runner>> Runner::open(Identity identity, store::Store& store,
                                             files::Library& library, events::Log& events,
                                             std::unique_ptr<printer::Printer> machine) {
  auto impl =
      std::make_unique<Impl>(std::move(identity), store, library, events, std::move(machine));
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
const printer::Printer& Runner::printer() const {
  return impl_->printer();
}
Result<void> Runner::connect() {
  return impl_->connect();
}
Result<void> Runner::disconnect() {
  return impl_->disconnect();
}
Result<void> Runner::keep_connected() {
  return impl_->keep_connected();
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
Result<void> Runner::start(const Order& order) {
  return impl_->start(order);
}
Result<void> Runner::pause(std::string_view user) {
  return impl_->pause(user);
}
Result<void> Runner::resume(std::string_view user) {
  return impl_->resume(user);
}
Result<void> Runner::cancel(std::string_view user) {
  return impl_->cancel(user);
}
Result<void> Runner::restart(const std::string& user) {
  return impl_->restart(user);
}
Result<void> Runner::command(const Command& command, std::string_view user) {
  return impl_->command(command, user);
}
void Runner::listen_log(LogListener listener) {
  impl_->listen_log(std::move(listener));
}

}  // namespace stepcast::jobs
