// Moves of a StreamedPrinter by hand.
#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "stepcast/printer/job_actions.hpp"

#include "streamed_printer_impl.hpp"
#include "tool_moves.hpp"

namespace stepcast::printer {
namespace {

// By hand there is no hurry: half of what the slowest of the moving axes can do.
constexpr double kJogShareOfTopSpeed = 0.5;
// What a hot end melts without effort, and the default of OctoPrint.
constexpr MmPerS kExtrudeSpeed{5.0};
// Impatient clicks; more is a script, which had better be a job.
constexpr std::size_t kMostHandMoves = 32;

/// The move as G-code in machine coordinates, from `position`.
Result<std::string> jog_gcode(const machine::Profile& profile, const PerAxis<Mm>& position,
                              const Printer::Jog& jog) {
  if (jog.axes[Axis::kE]) {
    return fail(Errc::kInvalidArgument, "a jog moves x, y and z, not e");
  }
  std::string words;
  double slowest_mm_s = kInfinity;
  double length2_mm2 = 0.0;
  PerAxis<double> distance_mm;
  for (const Axis axis : kToolAxes) {
    if (!jog.axes[axis]) {
      continue;
    }
    const double asked_mm = jog.axes[axis]->v;
    if (!std::isfinite(asked_mm)) {
      return fail(Errc::kInvalidArgument, "the distance is not a finite number", "jog");
    }
    const double target_mm = jog.absolute ? asked_mm : position[axis].v + asked_mm;
    distance_mm[axis] = target_mm - position[axis].v;
    length2_mm2 += distance_mm[axis] * distance_mm[axis];
    slowest_mm_s = std::min(slowest_mm_s, profile.axes[axis].max_speed.v);
    words += fmt::format(" {}{:.6f}", static_cast<char>('X' + index(axis)), target_mm);
  }
  if (words.empty()) {
    return fail(Errc::kInvalidArgument, "nothing to move", "jog", "name x, y or z");
  }
  const double speed_mm_s = jog.speed ? jog.speed->v : kJogShareOfTopSpeed * slowest_mm_s;
  if (!(std::isfinite(speed_mm_s) && speed_mm_s > 0.0)) {
    return fail(Errc::kInvalidArgument, fmt::format("a speed of {} mm/s", speed_mm_s), "jog",
                "a positive number");
  }
  for (const Axis axis : kToolAxes) {
    const double part_mm_s =
        length2_mm2 > 0.0 ? speed_mm_s * std::abs(distance_mm[axis]) / std::sqrt(length2_mm2) : 0.0;
    if (part_mm_s > profile.axes[axis].max_speed.v) {
      return fail(Errc::kOutOfRange,
                  fmt::format("{} would move at {:.1f} mm/s, its limit is {:g} mm/s",
                              axis_name(axis), part_mm_s, profile.axes[axis].max_speed.v),
                  "jog", "lower the speed");
    }
  }
  return fmt::format("G1{} F{:.3f}\n", words, speed_mm_s * kSecondsPerMinute);
}

/// What heating by hand makes of a nozzle that was and stayed so hot.
Celsius nozzle_after(Celsius before, const std::vector<control::HeatEvent>& events) {
  using What = control::HeatEvent::What;
  for (const control::HeatEvent& event : events) {
    if (event.what == What::kNozzle) {
      const bool waits = event.wait != control::HeatEvent::Wait::kNone;
      before = waits ? event.target : std::min(before, event.target);
    }
  }
  return before;
}

bool heats_nozzle(const control::ShortMotion& motion) {
  return std::any_of(motion.heat.begin(), motion.heat.end(), [](const auto& event) {
    return event.what == control::HeatEvent::What::kNozzle;
  });
}

bool moves_filament(const control::ShortMotion& motion) {
  return motion.steps[Axis::kE] != 0 || motion.toolpath.filament > Mm(0);
}

}  // namespace

/// Where the machine will stand for the next move by hand.
/// @returns kBusy if there can be none now.
Result<PerAxis<Steps>> StreamedPrinter::Impl::next_move_begins() const {
  if (const auto next = allow(Command::kMove); !next) {
    return tl::unexpected(next.error());
  }
  if (hand_.stopping) {
    return fail(Errc::kBusy, "the moves by hand are being stopped", {}, "try again");
  }
  if (hand_.waiting >= kMostHandMoves) {
    return fail(Errc::kBusy, fmt::format("{} moves by hand are waiting already", hand_.waiting), {},
                "wait until some have ended");
  }
  return hand_.waiting > 0 ? hand_.end : books_.from_home();
}

/// Plans on the caller's thread, so that the caller learns why a move is impossible. Moves wait for
/// each other. `by_lines`: in the modes of single lines of G-code, which it may change.
Result<void> StreamedPrinter::Impl::move_by_hand(std::string_view name, bool by_lines,
                                                 const MoveFrom& move_from) {
  const std::lock_guard planning(hand_mutex_);
  planner::ToolpathOptions options;
  stream::HeatAbilities abilities;
  PerAxis<Steps> from;
  {
    const std::lock_guard lock(mutex_);
    const auto begins = next_move_begins();
    if (!begins) {
      return tl::unexpected(begins.error());
    }
    from = *begins;
    abilities = heat_desk_.abilities();
    if (hand_.waiting == 0) {
      hand_.nozzle.reset();
    }
    options.nozzle_at_start = hand_.nozzle ? hand_.nozzle : heat_desk_.lasting_nozzle();
    if (by_lines) {
      options.mode_at_start = hand_.mode;
    }
  }
  const auto gcode = move_from(from);
  if (!gcode) {
    return tl::unexpected(gcode.error());
  }
  if (gcode->empty()) {
    return {};
  }
  auto motion = plan_moves(options_.profile, from, *gcode, name, options);
  if (!motion) {
    return tl::unexpected(motion.error());
  }
  if (auto possible = check_heat(motion->heat, name, abilities); !possible) {
    return possible;
  }
  const std::lock_guard lock(mutex_);
  const auto begins = next_move_begins();
  if (!begins) {
    return tl::unexpected(begins.error());
  }
  if (*begins != from) {
    return fail(Errc::kBusy, "the machine has moved meanwhile", {}, "try again");
  }
  if (by_lines) {
    hand_.mode = motion->toolpath.mode_at_end;
  }
  if (motion->ticks.empty()) {
    return {};
  }
  ++hand_.waiting;
  if (options.nozzle_at_start && heats_nozzle(*motion)) {
    hand_.nozzle = nozzle_after(*options.nozzle_at_start, motion->heat);
  }
  hand_.end = from;
  for (const Axis motor : kAllAxes) {
    hand_.end[motor] += motion->steps[motor];
  }
  tasks_.emplace_back(Move{.motion = std::move(*motion), .from_home = from, .stop = hand_.stop});
  wake_.notify_all();
  return {};
}

Result<void> StreamedPrinter::Impl::jog(const Jog& jog) {
  return move_by_hand("jog", false, [&](const PerAxis<Steps>& from) {
    return jog_gcode(options_.profile, tool_position(options_.profile, from), jog);
  });
}

Result<void> StreamedPrinter::Impl::home(const std::vector<Axis>& axes) {
  for (const Axis axis : axes) {
    if (axis == Axis::kE) {
      return fail(Errc::kInvalidArgument, "e has no home", "home", "name x, y or z");
    }
  }
  return move_by_hand("home", false, [&](const PerAxis<Steps>& from) -> Result<std::string> {
    return home_gcode(
        options_.profile, from,
        axes.empty() ? std::span<const Axis>(kToolAxes) : std::span<const Axis>(axes));
  });
}

Result<void> StreamedPrinter::Impl::extrude(Mm length, std::optional<MmPerS> speed) {
  const MmPerS most = options_.profile.axes[Axis::kE].max_speed;
  const MmPerS at = speed.value_or(std::min(kExtrudeSpeed, most));
  if (!std::isfinite(length.v) || length == Mm(0)) {
    return fail(Errc::kInvalidArgument, fmt::format("{} mm of filament", length.v), "extrude",
                "a length; below 0 to pull it back");
  }
  if (!(at > MmPerS(0) && at <= most)) {
    return fail(Errc::kOutOfRange,
                fmt::format("e would move at {:g} mm/s, its limit is {:g} mm/s", at.v, most.v),
                "extrude", "lower the speed");
  }
  return move_by_hand("extrude", false, [&](const PerAxis<Steps>& /*from*/) -> Result<std::string> {
    return fmt::format("G1 E{:.6f} F{:.3f}", length.v, at.v * kSecondsPerMinute);
  });
}

/// Those that wait are forgotten.
void StreamedPrinter::Impl::drop_moves() {
  const auto is_move = [](const Task& task) { return std::holds_alternative<Move>(task); };
  hand_.waiting -= static_cast<std::size_t>(std::erase_if(tasks_, is_move));
}

/// The one under way comes to rest, and ends; the others are forgotten.
void StreamedPrinter::Impl::stop_moves() {
  drop_moves();
  if (hand_.waiting > 0) {
    hand_.stopping = true;
    hand_.stop.request_stop();
  }
}

// --- on the worker ---

void StreamedPrinter::Impl::carry_out(Move move, const std::stop_token& stop) {
  const std::stop_callback also(stop, [&] { move.stop.request_stop(); });
  auto info = probe();
  Result<void> moved;
  if (!info) {
    moved = tl::unexpected(info.error());
  } else {
    {
      const std::lock_guard lock(mutex_);
      see(*info);
      moved = is_as_planned(move);
    }
    if (moved) {
      moved = execute(std::move(move.motion), move.stop.get_token());
    }
  }
  const std::lock_guard lock(mutex_);
  --hand_.waiting;
  const bool stopped = std::exchange(hand_.stopping, false);
  if (!moved || stopped) {
    drop_moves();  // they begin where it did not get to
    hand_.stop = {};
  }
  if (stopped && (moved || moved.error().code == Errc::kInterrupted)) {
    log("The moves by hand were stopped.");
    moved = {};
  }
  // With a print waiting behind the moves, that is what ends.
  if (status_.state == State::kOperational && end_in_emergency()) {
    return;
  }
  if (moved) {
    announce();
    return;
  }
  log(fmt::format("The move failed: {}", moved.error().to_string()));
  const bool lost =
      loses_device(moved.error().code) && stream::trouble_text(heat_desk_.report()).empty();
  if (!books_.known() || lost) {
    status_.error = moved.error().to_string();
    enter(State::kError);
  }
}

/// Since it was planned, other moves have been made and heaters have been set.
Result<void> StreamedPrinter::Impl::is_as_planned(const Move& move) const {
  if (books_.from_home() != move.from_home) {
    return fail(Errc::kBusy, "somebody else has moved the machine", options_.device.to_string(),
                "look at the position and try again");
  }
  const auto nozzle = heat_desk_.lasting_nozzle();
  if (nozzle && *nozzle < options_.profile.min_extrusion_temperature &&
      moves_filament(move.motion) && !heats_nozzle(move.motion)) {
    return fail(Errc::kOutOfRange,
                fmt::format("the nozzle is no longer kept at {:g} C or more",
                            options_.profile.min_extrusion_temperature.v),
                "tool0", "heat it and try again");
  }
  return {};
}

/// Streams a short motion, and follows it in the books.
Result<void> StreamedPrinter::Impl::execute(control::ShortMotion motion,
                                            const std::stop_token& stop) {
  stream::Session::Options options = session_options();
  bool began = false;
  options.on_running = [&] { began = true; };
  options.heating = heating_of_session();
  if (!motion.heat.empty()) {
    const std::lock_guard lock(mutex_);
    options.heating->actions = [actions =
                                    actions_of(motion.heat, heat_desk_.abilities())]() mutable {
      return std::exchange(actions, {});
    };
  }
  options.on_progress = [this](const stream::SenderStatistics& statistics) {
    const std::lock_guard lock(mutex_);
    if (statistics.executed > 0) {
      show_position(statistics.positions);
      announce();
    }
  };
  TickList source(std::move(motion.ticks));
  const auto report = stream::Session(std::move(options)).run(source, stop);
  if (!report) {
    if (began && !find_again(report.error())) {
      const std::lock_guard lock(mutex_);
      lose_books();
    }
    return tl::unexpected(report.error());
  }
  const std::lock_guard lock(mutex_);
  books_.follow(report->positions_after);
  keep_books();
  show_position(report->positions_after);
  return {};
}

/// After an error: a device whose guards have acted stands, and knows where.
/// @returns false if nobody knows.
bool StreamedPrinter::Impl::find_again(const Error& error) {
  if (loses_device(error.code) && !in_trouble()) {
    return false;
  }
  const auto info = probe();
  if (!info) {
    return false;
  }
  const std::lock_guard lock(mutex_);
  books_.follow(info->counters);
  keep_books();
  show_position(info->counters);
  return true;
}

}  // namespace stepcast::printer
