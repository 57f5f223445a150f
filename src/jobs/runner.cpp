#include "stepcast/jobs/runner.hpp"

#include <utility>

#include <fmt/format.h>

#include "carry_out.hpp"
#include "event_payloads.hpp"
#include "runner_impl.hpp"

namespace stepcast::jobs {
namespace {

bool is_at_work(printer::State state) {
  using printer::State;
  return state == State::kPrinting || state == State::kPausing || state == State::kPaused ||
         state == State::kResuming || state == State::kCancelling || state == State::kFinishing;
}

}  // namespace

printer::Status Runner::Impl::status() const {
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

Runner::View Runner::Impl::view() const {
  View view;
  view.status = status();
  {
    const std::scoped_lock lock(mutex_);
    view.file = selected_;
    view.user = user_;
    view.counts = counts_;
    // A printer at rest shows its last job, which may have been of another file: whoever reads of
    // 100 % beside a file takes it for printed.
    if (!is_at_work(view.status.state) && view.status.job_id != job_of_selected_) {
      view.status.job_id.clear();
      view.status.progress = {};
    }
  }
  if (view.file && !view.file->analysis) {
    learn_analysis(*view.file);
  }
  return view;
}

Result<void> Runner::Impl::select(const files::LibraryPath& path, std::string user) {
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
    job_of_selected_.clear();
    user_ = std::move(user);
    counts_ = *counts;
  }
  tell("FileSelected", {}, std::move(payload));
  return {};
}

Result<void> Runner::Impl::unselect() {
  {
    const std::scoped_lock lock(mutex_);
    if (job_) {
      return fail(Errc::kBusy, fmt::format("{} is printing", identity_.title));
    }
    selected_.reset();
    job_of_selected_.clear();
    user_.clear();
    counts_ = {};
  }
  tell("FileDeselected", {}, "{}");
  return {};
}

Result<void> Runner::Impl::pause(std::string_view user) {
  note(user);
  return printer_->pause();
}

Result<void> Runner::Impl::resume(std::string_view user) {
  note(user);
  return printer_->resume();
}

Result<void> Runner::Impl::cancel(std::string_view user) {
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

Result<void> Runner::Impl::command(const Command& command, std::string_view user) {
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

void Runner::Impl::listen_log(LogListener listener) {
  const std::scoped_lock lock(listeners_mutex_);
  log_listeners_.push_back(std::move(listener));
}

void Runner::Impl::note(std::string_view user) {
  const std::scoped_lock lock(mutex_);
  asked_by_ = user;
}

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
Result<void> Runner::recover(std::optional<Mm> nozzle_height, const std::string& user,
                             std::chrono::milliseconds patience) {
  return impl_->recover(nozzle_height, user, patience);
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
