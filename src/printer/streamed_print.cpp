// What the worker of a StreamedPrinter does: prints, and looks whether the device is still there.
#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "stepcast/control/motion_source.hpp"
#include "stepcast/printer/job_actions.hpp"
#include "stepcast/wire/paper_packet.hpp"

#include "checked_source.hpp"
#include "print_progress.hpp"
#include "streamed_printer_impl.hpp"
#include "tool_moves.hpp"

namespace stepcast::printer {
namespace {

// How often the sum of the stream is noted in the record of the print.
constexpr Seconds kNoteEvery{10.0};
constexpr Ticks kBatchTicks{wire::kPaperBatchPackets * wire::kPaperTicksPerPacket};

std::string steps_text(const PerAxis<Steps>& steps) {
  return fmt::format("x {:+} y {:+} z {:+} e {:+}", steps[Axis::kX], steps[Axis::kY],
                     steps[Axis::kZ], steps[Axis::kE]);
}

}  // namespace

std::uint32_t StreamedPrinter::Impl::tick_hz() const {
  return static_cast<std::uint32_t>(options_.profile.tick_rate.v);
}

Result<DeviceInfo> StreamedPrinter::Impl::probe() const {
  const auto session = standing_session();
  const std::lock_guard lock(probe_mutex_);
  return probe_device(options_.device, tick_hz(), options_.connect_timeout, session);
}

stream::Session::Options StreamedPrinter::Impl::session_options() const {
  stream::Session::Options options;
  options.device = options_.device;
  options.tick_hz = tick_hz();
  options.speed = options_.speed;
  options.connect_timeout = options_.connect_timeout;
  options.vanished_after = options_.vanished_after;
  options.progress_interval = options_.status_interval;
  return options;
}

void StreamedPrinter::Impl::run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  for (;;) {
    const auto has_task = [this] { return !tasks_.empty(); };
    const bool there = status_.state == State::kOperational || stopped_;
    const bool tends = there && heat_desk_.warm();
    const auto interval = tends ? options_.heat_policy.interval : options_.idle_probe;
    if (interval.count() == 0) {
      wake_.wait(lock, stop, has_task);
    } else {
      wake_.wait_for(lock, stop, interval, has_task);
    }
    if (tasks_.empty()) {
      lock.unlock();
      if (stop.stop_requested()) {
        leave_cold();
        return;
      }
      tends ? tend_heaters() : probe_idle_device();
      lock.lock();
      continue;
    }
    Task task = std::move(tasks_.front());
    tasks_.pop_front();
    lock.unlock();
    if (const auto* request = std::get_if<PrintRequest>(&task)) {
      print(*request);
    } else if (const auto* continued = std::get_if<Continued>(&task)) {
      take_up(*continued);
    } else if (const auto* recovered = std::get_if<Recovered>(&task)) {
      recover_print(*recovered);
    } else if (const auto* lines = std::get_if<Lines>(&task)) {
      tell_device(*lines);
    } else {
      carry_out(std::move(std::get<Move>(task)), stop);
    }
    lock.lock();
    while (const auto line = lines_.take()) {  // what a session that has ended did not come to
      tasks_.emplace_back(Lines{{*line}});
    }
  }
}

void StreamedPrinter::Impl::probe_idle_device() {
  {
    const std::lock_guard lock(mutex_);
    if (status_.state != State::kOperational) {
      return;
    }
  }
  const auto info = probe();
  const std::lock_guard lock(mutex_);
  if (status_.state != State::kOperational || hand_.waiting > 0) {
    return;  // somebody was faster; the task will see for itself
  }
  if (info) {
    see(*info);
    announce();
  } else if (info.error().code != Errc::kBusy) {  // a person at the console is no reason to leave
    status_.error = info.error().to_string();
    log(fmt::format("The device is gone: {}", status_.error));
    enter(State::kOffline);
  }
}

// --- prints ---

void StreamedPrinter::Impl::print(const PrintRequest& request) {
  std::stop_token stop;
  {
    const std::lock_guard lock(mutex_);
    stop = print_stop_.get_token();
  }
  PrintResult result;
  result.job_id = request.job_id;
  if (stop.stop_requested()) {
    result.outcome = PrintResult::Outcome::kCancelled;
    end(std::move(result));
    return;
  }
  control::ControllerChoice controller = options_.controller;
  stream::HeatAbilities abilities;
  {
    const std::lock_guard lock(mutex_);
    abilities = heat_desk_.abilities();
    if (heat_desk_.has_heaters()) {
      controller.toolpath.nozzle_at_start = heat_desk_.actual("tool0").value_or(Celsius{0});
    }
  }
  auto plan = control::plan_job(request.file, options_.profile, controller);
  if (plan) {
    if (auto shown = show_job(*plan); !shown) {
      plan = tl::unexpected(shown.error());
    }
  }
  if (!plan) {
    end_with(std::move(result), plan.error());
    return;
  }
  if (auto possible = check_heat(*plan, abilities); !possible) {
    end_with(std::move(result), possible.error());
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    for (const std::string& warning : plan->warnings) {
      log(warning);
    }
    if (plan->heater_commands > 0 && !heat_desk_.has_heaters()) {
      log(fmt::format("Passed over, because the device has no heaters: {} temperatures.",
                      plan->heater_commands));
    }
    if (plan->pauses_asked > 0) {
      log(fmt::format("Passed over: {} pauses that the job asks for.", plan->pauses_asked));
    }
  }
  const auto ready = bring_home(stop);
  if (!ready) {
    end_with(std::move(result), ready.error());
    return;
  }
  if (!*ready || leave_.stop_requested()) {
    result.outcome = PrintResult::Outcome::kCancelled;
    end(std::move(result));
    return;
  }
  desk_.begin([this](const planner::LiveChange& change) {
    keep([&](PrintJournal& journal) { return journal.change(change); });
  });
  run_job(std::move(*plan), request, nullptr, std::move(result), stop);
}

/// `record`: of a print that is taken up again, or null.
void StreamedPrinter::Impl::run_job(control::JobPlan plan, const PrintRequest& request,
                                    const PrintRecord* record, PrintResult result,
                                    const std::stop_token& stop) {
  PlanKeeper keeper(std::move(plan), options_.profile);
  if (record != nullptr && !record->changes.empty()) {
    keeper.replan(record->changes);
  }
  control::MotionTotals totals;
  executed_ = record != nullptr ? record->executed : 0;
  const auto report = stream_job(keeper, request, record, totals, stop);
  const bool lost = !report && loses_device(report.error().code) && !in_trouble();
  if (lost && (executed_ > 0 || keeper.first().choice.restart)) {
    keep_recovery();
  }
  journal_.reset();
  if (report && report->left) {
    const std::lock_guard lock(mutex_);
    standing_ = true;  // for the next server
    return;
  }
  if (!options_.state_folder.empty()) {
    PrintJournal::remove(journal_file());
    const std::lock_guard lock(mutex_);
    record_.reset();
  }
  if (!report) {
    {
      const std::lock_guard lock(mutex_);
      result.duration = status_.progress.elapsed;
    }
    end_with(std::move(result), report.error());
    return;
  }
  judge(totals, *report, result);
  end(std::move(result));
}

/// Jobs begin at the home position.
/// @returns false if the print was cancelled on the way.
Result<bool> StreamedPrinter::Impl::bring_home(const std::stop_token& stop) {
  if (stop.stop_requested()) {
    return false;
  }
  const auto info = probe();
  if (!info) {
    return tl::unexpected(info.error());
  }
  PerAxis<Steps> from_home;
  std::string gcode;
  {
    const std::lock_guard lock(mutex_);
    see(*info);
    from_home = books_.from_home();
    gcode = home_gcode(options_.profile, from_home, kToolAxes);
    if (!gcode.empty()) {
      log("The machine goes home, where jobs begin.");
    }
  }
  if (!gcode.empty()) {
    auto motion = plan_moves(options_.profile, from_home, gcode);
    if (!motion) {
      return tl::unexpected(motion.error());
    }
    if (auto moved = execute(std::move(*motion), stop); !moved) {
      return tl::unexpected(moved.error());
    }
  }
  if (stop.stop_requested()) {
    return false;
  }
  const std::lock_guard lock(mutex_);
  const PerAxis<Steps> rest = books_.from_home();
  for (const Axis motor : kToolAxes) {
    if (rest[motor] != 0) {
      return fail(
          Errc::kFault,
          fmt::format("the machine is not where it was sent: {} steps from home", steps_text(rest)),
          options_.device.to_string(), "connect again with the machine at home");
    }
  }
  return true;
}

/// `totals`: what was planned by the end, changes included.
Result<stream::SessionReport> StreamedPrinter::Impl::stream_job(PlanKeeper& keeper,
                                                                const PrintRequest& request,
                                                                const PrintRecord* record,
                                                                control::MotionTotals& totals,
                                                                const std::stop_token& stop) {
  std::size_t changes = desk_.changes().size();
  stream::HeatAbilities abilities;
  {
    const std::lock_guard lock(mutex_);
    abilities = heat_desk_.abilities();
  }
  const auto take = [&](std::int64_t move) -> Result<const planner::LiveSettings*> {
    const planner::LiveSettings* settings = desk_.take(move);
    if (settings != nullptr && desk_.changes().size() > changes) {
      changes = desk_.changes().size();
      keeper.replan(desk_.changes());
    }
    return settings;
  };
  auto source = control::MotionSource::create(keeper.first(), options_.profile, take,
                                              heat_look_ahead(abilities));
  if (!source) {
    return tl::unexpected(source.error());
  }
  std::error_code error;
  const auto size = std::filesystem::file_size(request.file, error);
  const JobView job{keeper, **source, error ? 0 : static_cast<std::int64_t>(size)};
  CheckedSource checked(**source);
  std::vector<control::HeatEvent> caught_up;
  const bool keeps = !options_.state_folder.empty();
  bool paused = record != nullptr && record->paused;
  Ticks noted = 0;
  Ticks ran = 0;
  std::optional<Ticks> open_at;
  const auto note_every = static_cast<Ticks>(kNoteEvery.v * options_.profile.tick_rate.v);
  const auto ran_every = static_cast<Ticks>(kRanEvery.v * options_.profile.tick_rate.v);
  stream::Session::Options options = session_options();
  options.hold_switch = &hold_;
  if (keeps) {
    options.leave = leave_.get_token();
  }
  options.on_open = [&](const stream::OpenedSession& opened) {
    if (keeps) {
      begin_journal(request, keeper.first(), opened);
    }
  };
  if (record != nullptr) {
    options.take_up = record->session;
    options.on_taken_up = [&](const stream::TakenUp& there) -> Result<void> {
      if (auto caught = catch_up(checked, *record, there); !caught) {
        return caught;
      }
      go_on_with_journal();
      // Of the batch under way the device may have packets already: they must stay as they are.
      open_at = checked.ticks() + kBatchTicks;
      caught_up = (*source)->take_heat();
      const std::lock_guard lock(mutex_);
      log(fmt::format("Goes on at tick {}; the device is at {}.", checked.ticks(),
                      there.standstill.executed));
      take_report(there.heat);
      paused = stays_paused(paused, caught_up, there);
      if (paused && status_.state == State::kStarting) {
        enter(State::kPaused);
      }
      return {};
    };
  }
  options.heating = heating_of_session();
  options.heating->actions = [&] {
    auto events = std::exchange(caught_up, {});
    const auto more = (*source)->take_heat();
    events.insert(events.end(), more.begin(), more.end());
    return actions_of(events, abilities);
  };
  options.heating->off_afterwards = true;
  options.on_running = [&] {
    if (std::exchange(paused, false)) {
      keep([](PrintJournal& journal) { return journal.paused(false); });
    }
    const std::lock_guard lock(mutex_);
    if (status_.state == State::kStarting || status_.state == State::kResuming) {
      enter(State::kPrinting);
    }
  };
  options.on_hold = [&](const stream::Standstill& here) {
    paused = true;
    keep([](PrintJournal& journal) { return journal.paused(true); });
    const std::lock_guard lock(mutex_);
    status_.progress = job.progress(options_.profile.tick_rate, here.executed);
    show_position(here.positions);
    if (status_.state == State::kPausing) {
      log(fmt::format("Paused after tick {} of {}.", here.executed, job.total()));
      heat_desk_.begin_pause(HeatDesk::Time::clock::now());
      enter(State::kPaused);
    }
  };
  options.on_progress = [&](const stream::SenderStatistics& statistics) {
    if (open_at && checked.ticks() >= *open_at) {
      open_at.reset();
      desk_.open();
    }
    if (keeps && checked.ticks() - noted >= note_every) {
      noted = checked.ticks();
      const auto layer = job.progress(options_.profile.tick_rate, statistics.executed).layer;
      keep([&](PrintJournal& journal) {
        return journal.note(noted, checked.sum(), layer.value_or(-1));
      });
    }
    executed_ = std::max(executed_, statistics.executed);
    if (keeps && checked.ticks() - ran >= ran_every) {
      ran = checked.ticks();
      keep([&](PrintJournal& journal) { return journal.ran(executed_, ran, false); });
    }
    on_progress(job, statistics);
  };
  auto report = run_session(options, checked, stop);
  sent_ = checked.ticks();
  sent_sum_ = checked.sum();
  if (report && !report->left) {
    const std::lock_guard lock(mutex_);
    status_.progress = job.progress(options_.profile.tick_rate, report->executed);
    books_.follow(report->positions_after);
    keep_books();
    show_position(report->positions_after);
  }
  totals = (*source)->ended() ? (*source)->totals() : keeper.first().motion;
  totals.ticks = job.total();
  return report;
}

Ticks StreamedPrinter::Impl::JobView::total() const {
  bool exact = false;
  return source.ended() ? source.totals().ticks : keeper.newest(exact)->motion.ticks;
}

Progress StreamedPrinter::Impl::JobView::progress(Hertz tick_rate, Ticks executed) const {
  bool exact = false;
  const auto plan = keeper.newest(exact);
  Progress progress = progress_of(*plan, tick_rate, file_bytes, executed);
  progress.exact = exact;
  return progress;
}

void StreamedPrinter::Impl::on_progress(const JobView& job,
                                        const stream::SenderStatistics& statistics) {
  const std::lock_guard lock(mutex_);
  const double packet_s =
      static_cast<double>(wire::kPaperTicksPerPacket) / options_.profile.tick_rate.v;
  status_.link = Link{.buffer_s = packet_s * statistics.fill,
                      .rtt_ms = statistics.rtt_smoothed_ms,
                      .retransmissions = statistics.retransmissions,
                      .pauses = statistics.pauses};
  if (statistics.executed > 0) {  // before, the counters may be those of nobody
    status_.progress = job.progress(options_.profile.tick_rate, statistics.executed);
    show_position(statistics.positions);
  }
  status_.change_delay =
      Seconds(static_cast<double>(job.source.planned_to() - statistics.executed) /
              options_.profile.tick_rate.v);
  const bool under_way = status_.state == State::kPrinting || status_.state == State::kPausing;
  if (under_way && job.source.ended() && statistics.executed == job.total()) {
    enter(State::kFinishing);
  } else {
    announce();
  }
}

void StreamedPrinter::Impl::judge(const control::MotionTotals& totals,
                                  const stream::SessionReport& report, PrintResult& result) {
  result.duration = Seconds(static_cast<double>(report.executed) / options_.profile.tick_rate.v);
  // A cancel that came after the last step has changed nothing.
  if (report.executed != totals.ticks) {
    if (report.finished) {
      result.reason = fmt::format("the device made {} ticks of {}", report.executed, totals.ticks);
      return;
    }
    result.outcome = PrintResult::Outcome::kCancelled;
    const std::lock_guard lock(mutex_);
    log(fmt::format("Stopped after tick {} of {}, {} steps from home.", report.executed,
                    totals.ticks, steps_text(books_.from_home())));
    if (closing_) {
      result.reason = "the server was shut down";
    }
    return;
  }
  PerAxis<Steps> error;
  bool exact = true;
  for (const Axis motor : kAllAxes) {
    const Steps made = report.positions_after[motor] - report.positions_before[motor];
    error[motor] = StepBooks::difference(made, totals.steps[motor]);
    exact = exact && error[motor] == 0;
  }
  result.position_error = error;
  if (exact) {
    result.outcome = PrintResult::Outcome::kDone;
  } else {
    result.reason = fmt::format("the motors are off the plan by {} steps", steps_text(error));
  }
}

void StreamedPrinter::Impl::end(PrintResult result) {
  const std::lock_guard lock(mutex_);
  forget_pause();
  forget_settings();
  if (result.outcome == PrintResult::Outcome::kFailed && !result.refused) {
    log(fmt::format("The print failed: {}", result.reason));
  }
  if (!end_in_emergency()) {
    enter(State::kOperational);
  }
  if (notifier_) {
    notifier_->finished(result);
  }
}

void StreamedPrinter::Impl::end_with(PrintResult result, const Error& error) {
  result.reason = error.to_string();
  result.outcome = error.code == Errc::kInterrupted ? PrintResult::Outcome::kCancelled
                                                    : PrintResult::Outcome::kFailed;
  std::unique_lock lock(mutex_);
  const bool moved = status_.progress.elapsed > Seconds(0);
  bool lost = loses_device(error.code) && stream::trouble_text(heat_desk_.report()).empty();
  if (moved && !lost) {
    lock.unlock();
    lost = !find_again(error);
    lock.lock();
  }
  if (moved && lost) {
    lose_books();
  }
  if (!lost && books_.known()) {
    lock.unlock();
    end(std::move(result));
    return;
  }
  forget_pause();
  forget_settings();
  if (moved && recovery_) {
    result.reason +=
        "; the part can go on: leave Z as it is, bring X and Y home by hand, connect and recover";
  }
  log(fmt::format("The device was lost: {}", result.reason));
  status_.error = result.reason;
  enter(State::kError);
  if (notifier_) {
    notifier_->finished(result);
  }
  lock.unlock();
  leave_cold();  // it may only have lost its link; if it cannot be reached, its lease does it
}

/// The device's guards have acted.
bool StreamedPrinter::Impl::in_trouble() const {
  const std::lock_guard lock(mutex_);
  return !stream::trouble_text(heat_desk_.report()).empty();
}

void StreamedPrinter::Impl::lose_books() {
  books_.close();
  keep_books();
  status_.position = {};
  log(recovery_ ? "Nobody knows where the machine stands now."
                : "Nobody knows where the machine stands now. Bring it home before connecting "
                  "again.");
}

}  // namespace stepcast::printer
