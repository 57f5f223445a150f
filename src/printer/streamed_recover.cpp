// Going on with a print whose device has lost its power.
//
// The record of the print becomes its recovery point. It says how far the device had reported and
// how much it can have made at most; the plan, repeated up to there, says the rest.
#include <filesystem>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "stepcast/control/job_place.hpp"
#include "stepcast/printer/job_actions.hpp"
#include "stepcast/wire/paper_packet.hpp"

#include "streamed_printer_impl.hpp"
#include "tool_moves.hpp"

namespace stepcast::printer {
namespace {

Mm z_height(const machine::Profile& profile, Steps from_home) {
  PerAxis<Steps> steps;
  steps[Axis::kZ] = from_home;
  return tool_position(profile, steps)[Axis::kZ];
}

constexpr const char* kMeasure = "measure it, and say how far the nozzle is above the bed";

/// Nothing that the device can have made lies behind it.
Ticks latest_tick(const PrintRecord& record, Ticks note_every) {
  if (record.over) {
    return record.sent;
  }
  // The server ended as well: after its last note it can have sent what comes before the next one,
  // and that is written before more than a device full of motion follows.
  return record.sent + note_every +
         static_cast<Ticks>(record.session.fifo_packets) * Ticks{wire::kPaperTicksPerPacket};
}

}  // namespace

std::filesystem::path StreamedPrinter::Impl::recovery_file() const {
  return options_.state_folder / (options_.id + ".recovery");
}

// --- the recovery point ---

/// Of a file that is there, or not.
/// @pre mutex_ is held
void StreamedPrinter::Impl::take_recovery() {
  auto record = PrintJournal::read(recovery_file());
  recovery_ = record ? std::move(*record) : std::nullopt;
  status_.recovery.reset();
  if (recovery_) {
    status_.recovery = RecoveryPoint{.job_id = recovery_->job_id,
                                     .layer = {},
                                     .needs_height = recovery_->z_unsure,
                                     .refused = {}};
    if (recovery_->layer >= 0) {
      status_.recovery->layer = recovery_->layer;
    }
  }
}

/// @pre mutex_ is held
void StreamedPrinter::Impl::drop_recovery() {
  if (!options_.state_folder.empty()) {
    PrintJournal::remove(recovery_file());
  }
  recovery_.reset();
  status_.recovery.reset();
}

/// @pre mutex_ is held
void StreamedPrinter::Impl::doubt_z() {
  if (!recovery_ || recovery_->z_unsure) {
    return;
  }
  recovery_->z_unsure = true;
  status_.recovery->needs_height = true;
  auto file = PrintJournal::go_on(recovery_file());
  auto kept = file ? file->z_unsure() : tl::unexpected(file.error());
  if (!kept) {
    log(fmt::format("The recovery point could not be kept: {}", kept.error().to_string()));
    drop_recovery();
  }
}

/// The device was lost in mid-print: its record becomes the recovery point.
void StreamedPrinter::Impl::keep_recovery() {
  std::int64_t layer = -1;
  {
    const std::lock_guard lock(mutex_);
    layer = status_.progress.layer.value_or(-1);
  }
  keep([&](PrintJournal& journal) { return journal.note(sent_, sent_sum_, layer); });
  keep([&](PrintJournal& journal) { return journal.ran(executed_, sent_, true); });
  if (!journal_) {
    return;  // a record with a gap
  }
  journal_.reset();
  std::error_code error;
  std::filesystem::rename(journal_file(), recovery_file(), error);
  const std::lock_guard lock(mutex_);
  if (error) {
    log(fmt::format("No recovery point: {}", error.message()));
    return;
  }
  take_recovery();
  if (recovery_) {
    log(
        fmt::format("A recovery point is kept, at tick {}. To go on with the part: leave Z as it "
                    "is, bring X and Y home by hand, connect and recover.",
                    recovery_->executed));
  }
}

// --- the command ---

Result<void> StreamedPrinter::Impl::recover(const PrintRequest& request, const Recovery& how) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(request.file, error)) {
    return fail(Errc::kNotFound, "there is no such file", request.file.string());
  }
  {
    const std::lock_guard lock(mutex_);
    if (!recovery_ || recovery_->job_id != how.of_job) {
      return fail(Errc::kNotFound, recovery_
                                       ? fmt::format("the recovery point is of job {}, not of {}",
                                                     recovery_->job_id, how.of_job)
                                       : "no print was broken off by a loss of power");
    }
    const auto next = allow(Command::kStart);
    if (!next) {
      return tl::unexpected(next.error());
    }
    if (hand_.waiting > 0) {
      return fail(Errc::kBusy, "a move by hand is under way", {}, "wait until it has ended");
    }
    if (const auto& report = heat_desk_.report(); !report.fault.empty()) {
      return fail(Errc::kFault, stream::trouble_text(report), options_.device.to_string(),
                  "look at the machine; then disconnect and connect, which resets it");
    }
    if (recovery_->z_unsure && !how.nozzle_height) {
      return fail(Errc::kInvalidArgument,
                  "nobody knows how high the nozzle is: since the loss of power the device was "
                  "moved, or has lost power again",
                  std::string(kNozzleHeight), kMeasure);
    }
    const auto& axis = options_.profile.axes[Axis::kZ];
    if (how.nozzle_height &&
        !(*how.nozzle_height >= axis.travel_min && *how.nozzle_height <= axis.travel_max)) {
      return fail(Errc::kOutOfRange,
                  fmt::format("a nozzle at {:g} mm is outside {:g} to {:g} mm",
                              how.nozzle_height->v, axis.travel_min.v, axis.travel_max.v),
                  std::string(kNozzleHeight), "how far it is above the bed");
    }
    begin_job(request);
    status_.job_id.clear();  // it is no job before Recovery::begin
    status_.recovery->refused.clear();
    tasks_.emplace_back(Recovered{request, how, *recovery_, books_.from_home()[Axis::kZ]});
    log("A print that was broken off by a loss of power is planned again, to go on.");
    enter(*next);
  }
  wake_.notify_all();
  return {};
}

/// The plan of a print of before, as it began.
Result<control::JobPlan> StreamedPrinter::Impl::plan_again(const PrintRequest& request,
                                                           const PrintRecord& record) const {
  control::ControllerChoice choice = options_.controller;
  choice.restart = record.restart;
  const std::vector<planner::LiveChange> before(
      record.changes.begin(),
      record.changes.begin() + static_cast<std::ptrdiff_t>(record.restart_changes));
  auto plan = control::plan_job(request.file, options_.profile, choice, {}, before);
  if (plan && name_of(*plan) != record.plan) {
    return fail(Errc::kFault,
                fmt::format("the job is planned differently now ({}) than before ({})",
                            name_of(*plan), record.plan),
                request.file.string(), "bring the machine home and print again");
  }
  return plan;
}

/// What is left of the job, from where the tool is: `from_home`.
Result<control::JobPlan> StreamedPrinter::Impl::plan_rest(const Recovered& task,
                                                          PerAxis<Steps>& from_home) const {
  const machine::Profile& profile = options_.profile;
  const PrintRecord& record = task.record;
  const auto before = plan_again(task.request, record);
  if (!before) {
    return before;
  }
  const auto note_every = static_cast<Ticks>(kRanEvery.v * profile.tick_rate.v);
  const auto place = control::find_place(*before, profile, record.changes,
                                         {.earliest = record.executed,
                                          .latest = latest_tick(record, note_every),
                                          .checked_ticks = record.checked_ticks,
                                          .checked_sum = record.checked_sum});
  if (!place) {
    return tl::unexpected(place.error());
  }
  const Steps began =
      record.restart ? steps_of_height(profile, record.restart->start[Axis::kZ]) : 0;
  if (task.how.nozzle_height) {
    from_home[Axis::kZ] = steps_of_height(profile, *task.how.nozzle_height);
  } else if (place->z_is_certain()) {
    from_home[Axis::kZ] = began + place->lowest_z + task.z_moved;
  } else {
    return fail(Errc::kInvalidArgument,
                fmt::format("nobody knows how high the nozzle is: while the power may have gone, "
                            "it moved between {:.3f} and {:.3f} mm",
                            z_height(profile, began + place->lowest_z).v,
                            z_height(profile, began + place->highest_z).v),
                std::string(kNozzleHeight), kMeasure);
  }
  control::ControllerChoice choice = options_.controller;
  choice.restart = place->restart;
  choice.restart->start = tool_position(profile, from_home);
  choice.restart->start[Axis::kE] = planner::restart_filament(place->restart.filament);
  {
    const std::lock_guard lock(mutex_);
    if (heat_desk_.has_heaters()) {
      choice.toolpath.nozzle_at_start = heat_desk_.actual("tool0").value_or(Celsius{0});
    }
  }
  return control::plan_job(task.request.file, profile, choice, {}, record.changes);
}

/// What can be known before anything heats or moves.
Result<control::JobPlan> StreamedPrinter::Impl::check_rest(const Recovered& task,
                                                           PerAxis<Steps>& from_home) {
  stream::HeatAbilities abilities;
  {
    const std::lock_guard lock(mutex_);
    abilities = heat_desk_.abilities();
  }
  return plan_rest(task, from_home).and_then([&](control::JobPlan plan) {
    return show_job(plan).and_then([&] { return check_heat(plan, abilities); }).map([&] {
      return std::move(plan);
    });
  });
}

void StreamedPrinter::Impl::show_refusal(const Recovered& task, const Error& error) {
  const std::lock_guard lock(mutex_);
  status_.job_id.clear();
  if (status_.recovery) {
    status_.recovery->refused = error.to_string();
    if (error.location == kNozzleHeight && !task.how.nozzle_height) {
      status_.recovery->needs_height = true;
    }
  }
  log(fmt::format("The print does not go on: {}", error.to_string()));
}

/// Nothing is lost but this attempt.
void StreamedPrinter::Impl::refuse(const Recovered& task, PrintResult result, const Error& error) {
  show_refusal(task, error);
  result.refused = error;
  end(std::move(result));
}

void StreamedPrinter::Impl::recover_print(const Recovered& task) {
  std::stop_token stop;
  {
    const std::lock_guard lock(mutex_);
    stop = print_stop_.get_token();
  }
  PrintResult result;
  result.job_id = task.request.job_id;
  PerAxis<Steps> from_home;
  auto plan = check_rest(task, from_home);
  if (!plan) {
    refuse(task, std::move(result), plan.error());
    return;
  }
  const auto info = probe();
  if (!info) {
    show_refusal(task, info.error());
    result.refused = info.error();
    end_with(std::move(result), info.error());
    return;
  }
  if (stop.stop_requested() || leave_.stop_requested()) {
    const auto cancelled =
        fail(Errc::kBusy, "the attempt was cancelled before anything was heated or moved");
    refuse(task, std::move(result), cancelled.value());
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    status_.job_id = task.request.job_id;
  }
  if (const auto begun = task.how.begin ? task.how.begin() : Result<void>{}; !begun) {
    refuse(task, std::move(result), begun.error());
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    // A person says that X and Y are at home now, wherever they were when the device was found.
    books_.open_at(info->counters, from_home);
    keep_books();
    show_position(info->counters);
    log(
        fmt::format("Heats, lifts the nozzle from {:.3f} mm, primes {:g} mm of filament at home, "
                    "and goes on with move {}.",
                    status_.position[Axis::kZ]->v, planner::ResumedMoves::kPrime.v,
                    plan->choice.restart->from_move));
  }
  desk_.begin_again(task.record.changes, [this](const planner::LiveChange& change) {
    keep([&](PrintJournal& journal) { return journal.change(change); });
  });
  desk_.open();
  run_job(std::move(*plan), task.request, nullptr, std::move(result), stop);
}

Result<void> StreamedPrinter::recover(const PrintRequest& request, const Recovery& how) {
  return can(Feature::kRecover) ? impl_->recover(request, how) : Printer::recover(request, how);
}

}  // namespace stepcast::printer
