// Taking up a print that was under way when the server stopped, and knowing where the machine
// stands.
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "stepcast/printer/job_actions.hpp"

#include "checked_source.hpp"
#include "streamed_printer_impl.hpp"
#include "tool_moves.hpp"

namespace stepcast::printer {
namespace {

// The device notices within 11 s that a host has lost its power (protocol/control.md section 5);
// until then its place is taken.
constexpr std::chrono::seconds kLinkOfTheDead{15};
constexpr std::chrono::milliseconds kAskAgainAfter{100};
constexpr const char* kHowToRecover =
    "bring X and Y home by hand, leave Z as it is, and recover the print";

}  // namespace

std::filesystem::path StreamedPrinter::Impl::journal_file() const {
  return options_.state_folder / (options_.id + ".print");
}
std::filesystem::path StreamedPrinter::Impl::books_file() const {
  return options_.state_folder / (options_.id + ".position");
}

/// What must be the same for a plan to be repeated; the sums of the stream find what is not here.
std::string StreamedPrinter::Impl::name_of(const control::JobPlan& plan) const {
  std::error_code error;
  const auto size = std::filesystem::file_size(plan.file, error);
  return fmt::format("{} bytes, {}, {}, {} Hz, {} ticks", error ? 0 : size,
                     options_.controller.planner, options_.controller.compensator, tick_hz(),
                     plan.motion.ticks);
}

// --- where the machine stands ---

void StreamedPrinter::Impl::load_state() {
  if (options_.state_folder.empty()) {
    return;
  }
  std::error_code error;
  std::filesystem::create_directories(options_.state_folder, error);
  if (!books_.load(books_file())) {
    PrintJournal::remove(books_file());
  }
  take_recovery();
  auto record = PrintJournal::read(journal_file());
  if (record) {
    record_ = std::move(*record);
  }
}

void StreamedPrinter::Impl::keep_books() {
  if (options_.state_folder.empty()) {
    return;
  }
  if (auto kept = books_.save(books_file()); !kept) {
    log(fmt::format("Where the machine stands could not be kept: {}", kept.error().to_string()));
  }
}

std::optional<std::uint64_t> StreamedPrinter::Impl::standing_session() const {
  const std::lock_guard lock(mutex_);
  return record_ ? std::optional(record_->session.session) : std::nullopt;
}

/// What the device says of itself between prints.
void StreamedPrinter::Impl::see(const DeviceInfo& info) {
  standing_ = info.standing;
  heat_desk_.meet(info.heat);
  take_report(info.temperatures);
  if (!info.standing) {
    take_counters(info.counters);
    return;
  }
  if (!books_.known()) {
    PerAxis<Steps> began;  // jobs begin at home
    if (record_->restart) {
      began[Axis::kZ] = steps_of_height(options_.profile, record_->restart->start[Axis::kZ]);
    }
    books_.open_at(record_->session.positions, began);
  }
  books_.follow(info.counters);
  show_position(info.counters);
}

// --- the record of the print ---

void StreamedPrinter::Impl::begin_journal(const PrintRequest& request, const control::JobPlan& plan,
                                          const stream::OpenedSession& opened) {
  auto journal = PrintJournal::begin(journal_file(), request.job_id, name_of(plan), opened);
  const auto changes = desk_.changes();  // of a print that goes on after a loss of power
  Result<void> kept = journal ? Result<void>() : tl::unexpected(journal.error());
  for (auto change = changes.begin(); kept && change != changes.end(); ++change) {
    kept = journal->change(*change);
  }
  if (kept && plan.choice.restart) {
    kept = journal->restart(*plan.choice.restart, changes.size());
  }
  {
    const std::lock_guard lock(mutex_);
    drop_recovery();  // of the print before
  }
  if (kept) {
    journal_ = std::move(*journal);
    return;
  }
  PrintJournal::remove(journal_file());
  const std::lock_guard lock(mutex_);
  log(fmt::format("This print cannot be taken up after a restart: {}", kept.error().to_string()));
}

void StreamedPrinter::Impl::go_on_with_journal() {
  auto journal = PrintJournal::go_on(journal_file());
  if (journal) {
    journal_ = std::move(*journal);
    return;
  }
  const std::lock_guard lock(mutex_);
  log(fmt::format("This print cannot be taken up once more: {}", journal.error().to_string()));
}

/// A record that has a gap is worse than none: the plan could not be repeated. The print goes on.
void StreamedPrinter::Impl::keep(const std::function<Result<void>(PrintJournal&)>& write) {
  if (!journal_) {
    return;
  }
  const auto kept = write(*journal_);
  if (kept) {
    return;
  }
  journal_.reset();
  PrintJournal::remove(journal_file());
  const std::lock_guard lock(mutex_);
  log(fmt::format("This print cannot be taken up after a restart any more: {}",
                  kept.error().to_string()));
}

// --- prints ---

Result<void> StreamedPrinter::Impl::continue_print(const PrintRequest& request) {
  {
    const std::lock_guard lock(mutex_);
    if (recovery_ && recovery_->job_id == request.job_id) {
      return fail(Errc::kNotFound, "the device was switched off before the server had stopped",
                  options_.device.to_string(), kHowToRecover);
    }
    if (!record_ || record_->job_id != request.job_id) {
      return fail(Errc::kNotFound, fmt::format("there is no record of job {}", request.job_id));
    }
    if (!standing_) {
      const std::string reached = record_->layer >= 0
                                      ? fmt::format("layer {}", record_->layer)
                                      : fmt::format("tick {}", record_->checked_ticks);
      std::error_code error;
      std::filesystem::rename(journal_file(), recovery_file(), error);
      record_.reset();
      take_recovery();
      if (!from_power_on_) {
        doubt_z();
      }
      return fail(Errc::kNotFound,
                  fmt::format("the device was switched off or used by somebody else since it got "
                              "to {}, so nobody knows where it stands",
                              reached),
                  options_.device.to_string(),
                  recovery_ ? kHowToRecover : "bring the machine home and print again");
    }
    const auto next = allow(Command::kStart);
    if (!next) {
      return tl::unexpected(next.error());
    }
    begin_job(request);
    tasks_.emplace_back(Continued{request, *record_});
    if (record_->paused) {
      hold_.hold();
    }
    log("A print was under way; it is taken up again.");
    enter(*next);
  }
  wake_.notify_all();
  return {};
}

void StreamedPrinter::Impl::take_up(const Continued& task) {
  std::stop_token stop;
  {
    const std::lock_guard lock(mutex_);
    stop = print_stop_.get_token();
  }
  PrintResult result;
  result.job_id = task.request.job_id;
  auto plan = plan_again(task.request, task.record);
  if (!plan) {
    end_with(std::move(result), plan.error());
    return;
  }
  desk_.begin_again(task.record.changes, [this](const planner::LiveChange& change) {
    keep([&](PrintJournal& journal) { return journal.change(change); });
  });
  if (auto shown = show_job(*plan); !shown) {
    end_with(std::move(result), shown.error());
    return;
  }
  run_job(std::move(*plan), task.request, &task.record, std::move(result), stop);
}

/// Brings a fresh source to where the device is, and makes sure that it is the same motion.
Result<void> StreamedPrinter::Impl::catch_up(CheckedSource& source, const PrintRecord& record,
                                             const stream::TakenUp& there) const {
  const auto differs = [&](std::string_view what) {
    return fail(Errc::kFault,
                fmt::format("the motion that is planned now is not the one that the device has: {} "
                            "differs",
                            what),
                options_.id,
                "the job's file or this program has changed: bring the machine home and print "
                "again");
  };
  const Ticks noted = record.checked_ticks;
  const Ticks executed = there.standstill.executed;
  const auto check_sum = [&]() -> Result<void> {
    if (auto passed = source.skip(noted); !passed) {
      return passed;
    }
    return source.ticks() == noted && source.sum() == record.checked_sum
               ? Result<void>()
               : differs(fmt::format("the sum of the first {} ticks", noted));
  };
  if (noted <= std::min(executed, there.received)) {
    if (auto same = check_sum(); !same) {
      return same;
    }
  }
  // Of the batch under way the device may have executed packets that are still to be repeated.
  auto passed = source.skip(std::min(executed, there.received));
  if (passed && executed > there.received) {
    passed = source.look_ahead(executed);
  }
  if (!passed) {
    return passed;
  }
  for (const Axis motor : kAllAxes) {
    const Steps made =
        StepBooks::difference(there.standstill.positions[motor], record.session.positions[motor]);
    if (made != StepBooks::difference(source.steps()[motor], 0)) {
      return differs(
          fmt::format("the position of motor {} at tick {}", axis_name(motor), executed));
    }
  }
  if (noted > executed && noted <= there.received) {
    if (auto same = check_sum(); !same) {
      return same;
    }
  }
  return source.skip(there.received);
}

/// Whether a print that is taken up again waits for a person: because one has paused it, or because
/// the device went cold while there was no server.
/// @pre mutex_ is held
bool StreamedPrinter::Impl::stays_paused(bool was_paused,
                                         const std::vector<control::HeatEvent>& events,
                                         const stream::TakenUp& there) {
  const Ticks executed = there.standstill.executed;
  const auto wanted = targets_before(events, executed);
  // An action on the very tick that was executed last may not have been carried out yet.
  const auto wanted_next = targets_before(events, executed + 1);
  bool cold = false;
  for (const auto& [name, heater] : there.heat.heaters) {
    const auto hot = [&, &heater_name = name](const std::map<std::string, Celsius>& targets) {
      const auto found = targets.find(heater_name);
      return found != targets.end() && found->second > Celsius{0};
    };
    if (hot(wanted) && hot(wanted_next) && !(heater.target > Celsius{0})) {
      log(fmt::format("The {} is off, and the job wants it at {:g} C.", name, wanted.at(name).v));
      cold = true;
    }
  }
  if (!was_paused && !cold) {
    return false;
  }
  if (!was_paused) {
    log("The print is paused: look at the machine; resuming heats it up before it goes on.");
    hold_.hold();
  }
  heat_desk_.begin_pause(HeatDesk::Time::clock::now(), wanted);
  return true;
}

/// Streams; while the link of the process before is still up, tries again.
Result<stream::SessionReport> StreamedPrinter::Impl::run_session(
    const stream::Session::Options& options, stepgen::TickSource& source,
    const std::stop_token& stop) {
  const auto until = std::chrono::steady_clock::now() + kLinkOfTheDead;
  for (;;) {
    auto report = stream::Session(options).run(source, stop);
    const bool again = !report && report.error().code == Errc::kBusy && options.take_up &&
                       std::chrono::steady_clock::now() < until;
    if (!again) {
      return report;
    }
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, stop, kAskAgainAfter, [this] { return closing_; });
    if (stop.stop_requested() || closing_) {
      return report;
    }
  }
}

Result<void> StreamedPrinter::continue_print(const PrintRequest& request) {
  return can(Feature::kContinue) ? impl_->continue_print(request)
                                 : Printer::continue_print(request);
}

}  // namespace stepcast::printer
