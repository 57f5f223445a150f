// How OctoPrint's printer is followed: by its messages, and by questions of the worker.
#include <algorithm>
#include <cstdint>
#include <utility>

#include <fmt/format.h>

#include "octoprint_printer_impl.hpp"

namespace stepcast::octoprint_client {

using printer::PrintResult;
using printer::State;
using Outcome = PrintResult::Outcome;

namespace {

// Two, so that one lost packet does not end a connection.
constexpr int kUnansweredUntilOffline = 2;
// A printer that has not told its position by then does not tell it.
constexpr int kPositionQuestions = 3;

bool is_at_rest(State state) {
  return state == State::kOperational || state == State::kOffline || state == State::kError;
}

bool is_passing(State state) {
  return state == State::kStarting || state == State::kPausing || state == State::kResuming ||
         state == State::kCancelling || state == State::kFinishing;
}

constexpr const char* kSelectAndPrint = R"({"command":"select","print":true})";
constexpr const char* kCancel = R"({"command":"cancel"})";
// Where it is when it has come to rest.
constexpr const char* kTellPosition = R"({"commands":["M400","M114"]})";

}  // namespace

OctoPrintPrinter::Impl::Impl(Options options, Address address)
    : options_(std::move(options)),
      rest_(std::move(address), options_.api_key, options_.authorities, options_.timeout),
      notifier_(std::make_unique<printer::Notifier>(printer::Observer{})),
      worker_([this](const std::stop_token& stop) { run(stop); }) {}

OctoPrintPrinter::Impl::~Impl() {
  {
    const std::lock_guard lock(mutex_);
    following_ = false;
    if (job_ && job_->phase == Job::Phase::kCopying) {
      job_->cancel = true;
      job_->stop.request_stop();
    }
  }
  worker_.request_stop();
  worker_.join();
  socket_.reset();
}

// --- by mutex_

void OctoPrintPrinter::Impl::announce() {
  notifier_->status(status_);
}

void OctoPrintPrinter::Impl::enter(State state, std::string error) {
  const bool reworded = status_.error != error;
  status_.error = std::move(error);
  if (status_.state == state) {
    if (reworded) {
      announce();
    }
    return;
  }
  status_.state = state;
  ++status_.version;
  if (state == State::kPrinting || state == State::kOffline || state == State::kError) {
    status_.position = {};  // nobody tells where it goes
  }
  if (state == State::kOffline || state == State::kError) {
    status_.heaters.clear();
  }
  announce();
}

void OctoPrintPrinter::Impl::doubt() {
  doubt_ = true;
  wake_.notify_all();
}

/// Only while somebody listens for the answer. Again when none came: the socket may have been
/// between two connections.
bool OctoPrintPrinter::Impl::can_ask_position() const {
  const bool again = positions_asked_ > 0 && positions_asked_ < kPositionQuestions &&
                     std::chrono::steady_clock::now() - position_asked_ > options_.poll_interval;
  return (ask_position_ || again) && following_ && listening_ &&
         status_.state == State::kOperational;
}

/// Whether `state` is one that OctoPrint had before the present one: it tells events at once and
/// reports a moment later, from before them.
bool OctoPrintPrinter::Impl::is_superseded(State state) const {
  switch (status_.state) {
    case State::kPrinting:
      return state == State::kStarting || state == State::kResuming;
    case State::kPaused:
      return state == State::kPausing;
    case State::kPausing:
      return state == State::kStarting || state == State::kPrinting || state == State::kResuming;
    case State::kResuming:
      return state == State::kPausing || state == State::kPaused;
    case State::kCancelling:
      return !is_at_rest(state);
    case State::kFinishing:
      return state == State::kPrinting;
    default:
      return false;
  }
}

void OctoPrintPrinter::Impl::follow(State state, const std::string& error, bool is_asked) {
  if (!is_asked && is_superseded(state)) {
    return;
  }
  if (job_ && job_->phase != Job::Phase::kOn) {
    return;  // what OctoPrint does is not this job yet
  }
  if (job_ && is_at_rest(state)) {
    if (job_->ending) {
      end(*job_->ending, state, error);
    } else {
      doubt();
    }
    return;
  }
  enter(state, error);
}

void OctoPrintPrinter::Impl::show_progress(const Report& report) {
  printer::Progress& progress = status_.progress;
  if (!job_) {
    if (!is_at_rest(report.state)) {
      // A print that somebody else has started.
      status_.job_id.clear();
      progress = {.share = report.share.value_or(0.0),
                  .elapsed = report.elapsed,
                  .left = report.left,
                  .file_position = report.file_position,
                  .layer = {},
                  .exact = false};
    }
    return;
  }
  if (job_->path.empty() || report.path != job_->path || !report.share) {
    return;
  }
  progress.share = std::max(progress.share, *report.share);
  progress.elapsed = std::max(progress.elapsed, report.elapsed);
  progress.file_position = std::max(progress.file_position, report.file_position);
  progress.left = report.left;
}

void OctoPrintPrinter::Impl::apply(const Report& report) {
  show_progress(report);
  if (report.state == State::kOffline || report.state == State::kError) {
    return;
  }
  if (report.heaters) {
    status_.heaters = *report.heaters;
  }
  if (report.z) {
    status_.position[Axis::kZ] = report.z;
  }
}

/// What became of the job, as far as `report`, which was asked for after it had begun, can tell.
EndEvent OctoPrintPrinter::Impl::end_of(const Report& report) const {
  EndEvent ending{.path = job_->path, .outcome = Outcome::kFailed, .reason = {}, .duration = {}};
  if (report.state == State::kOperational && report.path == job_->path) {
    constexpr double kNearlyAll = 0.9999;
    if (report.share.value_or(0.0) > kNearlyAll) {
      ending.outcome = Outcome::kDone;
      ending.duration = report.elapsed;
    } else {
      ending.outcome = Outcome::kCancelled;
    }
  } else if (report.state != State::kOffline && report.state != State::kError) {
    ending.reason = "OctoPrint no longer knows the print: it was started anew, or lost its printer";
  } else {
    ending.reason = "OctoPrint lost its printer: " + report.error;
  }
  return ending;
}

void OctoPrintPrinter::Impl::end(EndEvent ending, State state, std::string error) {
  PrintResult result{.job_id = job_->id,
                     .outcome = ending.outcome,
                     .reason = std::move(ending.reason),
                     .duration = ending.duration.value_or(status_.progress.elapsed),
                     .position_error = {}};
  if (result.outcome == Outcome::kDone) {
    if (status_.state == State::kPrinting) {
      enter(State::kFinishing);
    }
    status_.progress.share = 1.0;
    status_.progress.file_position = job_->bytes;
    status_.progress.left = Seconds(0);
  }
  status_.progress.elapsed = std::max(status_.progress.elapsed, result.duration);
  if (!job_->path.empty()) {
    litter_.push_back(job_->path);
  }
  job_.reset();
  ask_position_ = state == State::kOperational;
  enter(state, std::move(error));
  notifier_->finished(result);
  doubt();
}

// --- messages

void OctoPrintPrinter::Impl::on_listening(bool listening) {
  const std::lock_guard lock(mutex_);
  listening_ = listening;
  // What happened while nobody listened only a question can tell.
  doubt();
}

bool OctoPrintPrinter::Impl::on_message(std::string_view text) {
  const auto parsed = parse_message(text);
  const std::lock_guard lock(mutex_);
  if (!following_ || !parsed) {
    return true;
  }
  unanswered_ = 0;
  if (std::holds_alternative<LoginEvent>(*parsed)) {
    return false;
  }
  if (const auto* report = std::get_if<Report>(&*parsed)) {
    for (const std::string& line : report->log) {
      notifier_->log(line);
    }
    apply(*report);
    if (job_ && job_->phase == Job::Phase::kOn && report->path != job_->path) {
      doubt();
    } else {
      follow(report->state, report->error, false);
    }
    announce();
  } else if (const auto* event = std::get_if<StateEvent>(&*parsed)) {
    if (event->state == State::kOffline || event->state == State::kError) {
      doubt();  // the reason comes with the answer
    } else {
      ++events_;
      follow(event->state, {}, false);
    }
  } else if (const auto* ended = std::get_if<EndEvent>(&*parsed)) {
    if (job_ && job_->phase == Job::Phase::kOn && ended->path == job_->path) {
      ++events_;
      job_->ending = *ended;
      doubt_ = doubt_ || ended->outcome == Outcome::kFailed;
      wake_.notify_all();
    }
  } else if (const auto* moved = std::get_if<PositionEvent>(&*parsed)) {
    positions_asked_ = 0;
    if (status_.state != State::kPrinting) {
      status_.position = moved->position;
      announce();
    }
  }
  return true;
}

// --- the worker

void OctoPrintPrinter::Impl::run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    const auto has_work = [this] {
      return doubt_ || can_ask_position() || (job_ && job_->phase == Job::Phase::kCopying);
    };
    // While the socket is silent about a passing state, or there is none, time is a reason to ask.
    wake_.wait_for(lock, stop, options_.poll_interval, has_work);
    if (job_ && job_->phase == Job::Phase::kCopying) {
      lock.unlock();
      print();
      lock.lock();
      continue;
    }
    if (stop.stop_requested()) {
      break;
    }
    const bool should_look =
        following_ && (doubt_ || !listening_ || unanswered_ > 0 || is_passing(status_.state) ||
                       (job_ && (job_->phase == Job::Phase::kInDoubt || job_->ending)));
    doubt_ = false;
    lock.unlock();
    if (should_look) {
      look();
    }
    tidy();
    lock.lock();
  }
  if (job_ && job_->phase == Job::Phase::kCopying) {
    end({.path = {}, .outcome = Outcome::kCancelled, .reason = {}, .duration = Seconds(0)},
        State::kOperational, {});
  }
}

Result<Report> OctoPrintPrinter::Impl::ask() const {
  auto job = rest_.get("/api/job");
  if (!job) {
    return tl::unexpected(job.error());
  }
  auto machine = rest_.get("/api/printer?exclude=sd");
  if (!machine && machine.error().code != Errc::kBusy) {
    return tl::unexpected(machine.error());
  }
  return parse_report(*job, machine ? *machine : std::string());
}

void OctoPrintPrinter::Impl::look() {
  std::uint64_t asked_in = 0;
  std::uint64_t events = 0;
  std::string in_doubt;
  {
    const std::lock_guard lock(mutex_);
    asked_in = epoch_;
    events = events_;
    if (job_ && job_->phase == Job::Phase::kInDoubt) {
      in_doubt = job_->path;
    }
  }
  const auto report = ask();
  if (report && !in_doubt.empty()) {
    settle_doubt(in_doubt);
    return;
  }
  const std::lock_guard lock(mutex_);
  if (!following_) {
    return;
  }
  if (asked_in != epoch_ || events != events_) {
    doubt_ = true;  // overtaken
    return;
  }
  if (!report) {
    if (++unanswered_ >= kUnansweredUntilOffline && status_.state != State::kOffline) {
      enter(State::kOffline, report.error().to_string());
    }
    return;
  }
  unanswered_ = 0;
  apply(*report);
  if (job_ && job_->phase == Job::Phase::kOn &&
      (is_at_rest(report->state) || report->path != job_->path)) {
    if (report->connecting) {
      return;  // neither here nor there
    }
    end(job_->ending ? *job_->ending : end_of(*report), report->state, report->error);
  } else {
    follow(report->state, report->error, true);
  }
  announce();
}

void OctoPrintPrinter::Impl::print() {
  std::filesystem::path file;
  std::string name;
  std::stop_token stop;
  {
    const std::lock_guard lock(mutex_);
    file = job_->file;
    name = name_of_copy(job_->id, job_->file);
    stop = job_->stop.get_token();
  }
  const auto copied = rest_.upload(file, std::string(kFolder), name, stop).and_then(parse_upload);
  {
    const std::lock_guard lock(mutex_);
    if (copied) {
      job_->path = *copied;
    }
    if (!copied || job_->cancel) {
      const bool cancelled = job_->cancel;
      end({.path = {},
           .outcome = cancelled ? Outcome::kCancelled : Outcome::kFailed,
           .reason = cancelled
                         ? std::string()
                         : "the job was not copied to OctoPrint: " + copied.error().to_string(),
           .duration = Seconds(0)},
          State::kOperational, {});
      return;
    }
    job_->phase = Job::Phase::kHandingOver;
  }
  hand_over(*copied);
}

void OctoPrintPrinter::Impl::hand_over(const std::string& path) {
  // The only place that starts a print; it runs once for each job.
  const auto started = rest_.post("/api/files/local/" + path, kSelectAndPrint);
  bool cancel = false;
  {
    const std::lock_guard lock(mutex_);
    ++epoch_;
    if (!started && (started.error().code == Errc::kNetwork)) {
      job_->phase = Job::Phase::kInDoubt;
      doubt_ = true;
      return;
    }
    if (!started) {
      end({.path = {},
           .outcome = Outcome::kFailed,
           .reason = started.error().to_string(),
           .duration = Seconds(0)},
          State::kOperational, {});
      return;
    }
    job_->phase = Job::Phase::kOn;
    cancel = job_->cancel;
    doubt_ = true;
  }
  if (cancel) {
    cancel_now();
  }
}

void OctoPrintPrinter::Impl::cancel_now() {
  static_cast<void>(rest_.post("/api/job", kCancel));  // what became of it the next look tells
  const std::lock_guard lock(mutex_);
  ++epoch_;
}

void OctoPrintPrinter::Impl::settle_doubt(const std::string& path) {
  // OctoPrint deletes no file that it prints. Once it is deleted, a start that is still on its way
  // fails.
  const auto removed = rest_.remove("/api/files/local/" + path);
  std::unique_lock lock(mutex_);
  if (!job_ || job_->phase != Job::Phase::kInDoubt) {
    return;
  }
  if (removed || removed.error().code == Errc::kNotFound) {
    job_->path.clear();
    end({.path = {},
         .outcome = job_->cancel ? Outcome::kCancelled : Outcome::kFailed,
         .reason =
             job_->cancel ? "" : "OctoPrint went away when it was asked to print; it did not begin",
         .duration = Seconds(0)},
        State::kOperational, {});
  } else if (removed.error().code == Errc::kBusy) {
    job_->phase = Job::Phase::kOn;
    doubt_ = true;
    if (job_->cancel) {
      lock.unlock();
      cancel_now();
    }
  }
}

void OctoPrintPrinter::Impl::tidy() {
  std::vector<std::string> litter;
  bool ask_position = false;
  {
    const std::lock_guard lock(mutex_);
    litter.swap(litter_);
    ask_position = can_ask_position();
    if (ask_position) {
      ask_position_ = false;
      ++positions_asked_;
      position_asked_ = std::chrono::steady_clock::now();
    }
  }
  for (const std::string& path : litter) {
    const auto removed = rest_.remove("/api/files/local/" + path);
    // OctoPrint holds a file for a moment after its print.
    if (!removed && removed.error().code == Errc::kBusy) {
      const std::lock_guard lock(mutex_);
      litter_.push_back(path);
    }
  }
  if (ask_position) {
    static_cast<void>(rest_.post("/api/printer/command", kTellPosition));
  }
}

}  // namespace stepcast::octoprint_client
