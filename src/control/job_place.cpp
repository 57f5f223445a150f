#include "stepcast/control/job_place.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <deque>
#include <span>

#include <fmt/format.h>

#include "stepcast/control/motion_source.hpp"
#include "stepcast/wire/crc32c.hpp"
#include "stepcast/wire/tick_byte.hpp"

namespace stepcast::control {
namespace {

/// What is known of the moves up to the one that begins at `time`.
struct BegunMove {
  std::int64_t number{};
  Seconds time;
  Mm filament;
  Mm top;
};

/// Keeps the moves from the one under way at a tick on.
class MovesAround {
 public:
  explicit MovesAround(const std::optional<planner::Restart>& restart) {
    if (restart) {
      filament_ = restart->filament;
      top_ = restart->top;
    }
  }
  void add(const planner::Move& move, Seconds time) {
    moves_.push_back({move.number, time, filament_, top_});
    filament_ = std::max(filament_, move.end[Axis::kE]);
    if (move.extrudes()) {
      top_ = std::max(top_, move.extent().high[Axis::kZ]);
    }
  }
  /// The move under way at `tick` becomes the first. @pre `tick` was given out
  void drop_before(const MotionSource& source, Ticks tick) {
    while (moves_.size() > 1 && source.tick_of(moves_[1].time) <= tick) {
      moves_.pop_front();
    }
  }
  [[nodiscard]] const std::deque<BegunMove>& moves() const { return moves_; }

 private:
  std::deque<BegunMove> moves_;
  Mm filament_{};
  Mm top_{};
};

}  // namespace

Result<JobPlace> find_place(const JobPlan& plan, const machine::Profile& profile,
                            const std::vector<planner::LiveChange>& changes,
                            const BrokenOff& broken) {
  auto source = MotionSource::create(plan, profile, planner::repeat(changes));
  if (!source) {
    return tl::unexpected(source.error());
  }
  MovesAround around(plan.choice.restart);
  (*source)->watch_moves([&](const planner::Move& move, Seconds time) { around.add(move, time); });
  // Rounded corners and compensation reach over as much of the plan as the lead-in has.
  const Ticks from =
      std::max(Ticks{0}, broken.earliest - static_cast<Ticks>(kLeadIn.v * profile.tick_rate.v));
  const Ticks end = std::max(broken.latest, broken.checked_ticks);
  JobPlace place;
  bool z_known = false;
  Ticks ticks = 0;
  Steps z = 0;
  std::uint32_t sum = 0;
  const auto see_z = [&] {
    if (ticks >= broken.earliest && ticks <= broken.latest) {
      place.lowest_z = z_known ? std::min(place.lowest_z, z) : z;
      place.highest_z = z_known ? std::max(place.highest_z, z) : z;
      z_known = true;
    }
  };
  see_z();
  std::array<std::uint8_t, 4096> part{};  // amortises the calls, and fits the stack
  for (bool more = true; more && ticks < end;) {
    Ticks until = std::min(end, ticks + static_cast<Ticks>(part.size()));
    if (ticks < broken.checked_ticks) {
      until = std::min(until, broken.checked_ticks);
    }
    const auto wanted = std::span(part).first(static_cast<std::size_t>(until - ticks));
    const auto got = (*source)->read(wanted);
    if (!got) {
      return tl::unexpected(got.error());
    }
    more = *got == wanted.size();
    if (ticks < broken.checked_ticks) {
      sum = wire::crc32c(wanted.first(*got), sum);
    }
    for (const std::uint8_t tick : wanted.first(*got)) {
      ++ticks;
      if (tick != wire::kIdleTick) {
        z += wire::tick_delta(tick, index(Axis::kZ));
      }
      see_z();
    }
    around.drop_before(**source, std::min(from, ticks));
  }
  if (ticks < broken.earliest || (broken.checked_ticks > 0 && sum != broken.checked_sum)) {
    return fail(
        Errc::kFault,
        fmt::format("the motion that is planned now is not the one that was printed: {}",
                    ticks < broken.earliest ? fmt::format("it ends after {} ticks", ticks)
                                            : fmt::format("the sum of the first {} ticks differs",
                                                          broken.checked_ticks)),
        plan.file.string(), "the job's file or this program has changed: print again");
  }
  if (around.moves().empty()) {
    return fail(Errc::kOutOfRange, "the job moves nothing", plan.file.string());
  }
  const BegunMove& move = around.moves().front();
  place.restart.from_move = move.number;
  place.restart.filament = move.filament;
  place.restart.top = move.top;
  return place;
}

}  // namespace stepcast::control
