// Moves of a StreamedPrinter by hand.
#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "streamed_printer_impl.hpp"
#include "tool_moves.hpp"

namespace stepcast::printer {
namespace {

// By hand there is no hurry: half of what the slowest of the moving axes can do.
constexpr double kJogShareOfTopSpeed = 0.5;

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

}  // namespace

Result<void> StreamedPrinter::Impl::jog(const Jog& jog) {
  std::unique_lock lock(mutex_);
  if (const auto next = allow(Command::kMove); !next) {
    return tl::unexpected(next.error());
  }
  const auto gcode =
      jog_gcode(options_.profile, tool_position(options_.profile, books_.from_home()), jog);
  if (!gcode) {
    return tl::unexpected(gcode.error());
  }
  return begin_move(*gcode, lock);
}

Result<void> StreamedPrinter::Impl::home(const std::vector<Axis>& axes) {
  std::unique_lock lock(mutex_);
  if (const auto next = allow(Command::kMove); !next) {
    return tl::unexpected(next.error());
  }
  for (const Axis axis : axes) {
    if (axis == Axis::kE) {
      return fail(Errc::kInvalidArgument, "e has no home", "home", "name x, y or z");
    }
  }
  const std::string gcode =
      home_gcode(options_.profile, books_.from_home(),
                 axes.empty() ? std::span<const Axis>(kToolAxes) : std::span<const Axis>(axes));
  return gcode.empty() ? Result<void>() : begin_move(gcode, lock);
}

/// Plans on the caller's thread, so that the caller learns why a move is impossible.
Result<void> StreamedPrinter::Impl::begin_move(const std::string& gcode,
                                               std::unique_lock<std::mutex>& lock) {
  moving_ = true;
  const PerAxis<Steps> from_home = books_.from_home();
  lock.unlock();
  auto ticks = plan_moves(options_.profile, from_home, gcode);
  lock.lock();
  if (!ticks) {
    moving_ = false;
    return tl::unexpected(ticks.error());
  }
  tasks_.emplace_back(Move{.ticks = std::move(*ticks), .from_home = from_home});
  wake_.notify_all();
  return {};
}

// --- on the worker ---

void StreamedPrinter::Impl::carry_out(const Move& move, const std::stop_token& stop) {
  auto info = probe();
  Result<void> moved;
  if (!info) {
    moved = tl::unexpected(info.error());
  } else {
    bool as_planned = false;
    {
      const std::lock_guard lock(mutex_);
      see(*info);
      as_planned = books_.from_home() == move.from_home;
    }
    moved = as_planned ? execute(move.ticks, stop)
                       : fail(Errc::kBusy, "somebody else has moved the machine",
                              options_.device.to_string(), "look at the position and try again");
  }
  const std::lock_guard lock(mutex_);
  moving_ = false;
  if (moved) {
    announce();
    return;
  }
  log(fmt::format("The move failed: {}", moved.error().to_string()));
  if (!books_.known() || loses_device(moved.error().code)) {
    status_.error = moved.error().to_string();
    enter(State::kError);
  }
}

/// Streams a short motion, and follows it in the books.
Result<void> StreamedPrinter::Impl::execute(std::vector<std::uint8_t> ticks,
                                            const std::stop_token& stop) {
  TickList source(std::move(ticks));
  stream::Session::Options options = session_options();
  bool began = false;
  options.on_running = [&] { began = true; };
  options.heating = heating_of_session();
  options.on_progress = [this](const stream::SenderStatistics& statistics) {
    const std::lock_guard lock(mutex_);
    if (statistics.executed > 0) {
      show_position(statistics.positions);
      announce();
    }
  };
  const auto report = stream::Session(std::move(options)).run(source, stop);
  const std::lock_guard lock(mutex_);
  if (!report) {
    if (began) {
      lose_books();
    }
    return tl::unexpected(report.error());
  }
  books_.follow(report->positions_after);
  keep_books();
  show_position(report->positions_after);
  return {};
}

}  // namespace stepcast::printer
