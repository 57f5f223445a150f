#include "stepcast/planner/resumed_moves.hpp"

#include <algorithm>
#include <cmath>
#include <utility>
#include <variant>

#include <fmt/format.h>

namespace stepcast::planner {
namespace {

using Kind = Marker::Kind;

// Shorter moves are rounding noise, as in Toolpath.
constexpr Mm kShortestApproach{1e-6};
// As by hand: there is no hurry.
constexpr double kApproachShareOfTopSpeed = 0.5;
// Slow enough for filament that has to melt first.
constexpr MmPerS kPrimeSpeed{3.0};
constexpr MmPerS kRetractSpeed{25.0};

MmPerS travel_speed(const machine::Profile& profile) {
  return kApproachShareOfTopSpeed *
         std::min(profile.axes[Axis::kX].max_speed, profile.axes[Axis::kY].max_speed);
}

}  // namespace

Result<bool> ResumedMoves::next(ToolpathItem& item) {
  if (!std::exchange(begun_, true)) {
    if (auto found = begin(); !found) {
      return tl::unexpected(found.error());
    }
  }
  if (pending_.empty()) {
    return source_.next(item);
  }
  item = std::move(pending_.front());
  pending_.pop_front();
  return true;
}

Result<void> ResumedMoves::begin() {
  Passed passed;
  ToolpathItem item;
  for (;;) {
    const auto more = source_.next(item);
    if (!more) {
      return tl::unexpected(more.error());
    }
    if (!*more) {
      return fail(Errc::kOutOfRange,
                  fmt::format("the job ends before its move {}", restart_.from_move));
    }
    if (const auto* marker = std::get_if<Marker>(&item)) {
      note(passed, *marker);
    } else if (const auto* move = std::get_if<Move>(&item);
               move != nullptr && move->number >= restart_.from_move) {
      return approach(passed, *move);
    }
  }
}

void ResumedMoves::note(Passed& passed, const Marker& marker) {
  switch (marker.kind) {
    case Kind::kHotend:
    case Kind::kBed:
    case Kind::kChamber:
    case Kind::kFan:
    case Kind::kLayer:
      passed.last[marker.kind] = marker;
      break;
    case Kind::kObject: {
      passed.object = marker;
      const bool known = std::any_of(passed.objects.begin(), passed.objects.end(),
                                     [&](const Marker& m) { return m.text == marker.text; });
      if (!known) {
        passed.objects.push_back(marker);
      }
      break;
    }
    default:
      break;
  }
}

Result<void> ResumedMoves::approach(const Passed& passed, const Move& next) {
  for (const Marker& object : passed.objects) {
    pending_.emplace_back(object);
  }
  if (passed.object) {
    pending_.emplace_back(*passed.object);
  }
  const auto last = [&](Kind kind) {
    const auto found = passed.last.find(kind);
    return found == passed.last.end() ? nullptr : &found->second;
  };
  if (const Marker* layer = last(Kind::kLayer)) {
    pending_.emplace_back(*layer);
  }
  const Marker* const nozzle = last(Kind::kHotend);
  if (nozzle != nullptr && nozzle->value < profile_.min_extrusion_temperature.v) {
    return fail(Errc::kOutOfRange,
                fmt::format("where it was broken off, the job has its nozzle at {:g} C, and "
                            "extruding takes {:g} C",
                            nozzle->value, profile_.min_extrusion_temperature.v),
                {}, "nothing is left to print");
  }
  // The bed first: it takes longest, and the nozzle drips meanwhile.
  for (const Kind kind : {Kind::kBed, Kind::kChamber, Kind::kHotend}) {
    if (const Marker* heater = last(kind); heater != nullptr && heater->value > 0) {
      pending_.emplace_back(*heater);
      std::get<Marker>(pending_.back()).waits = true;
    }
  }
  const auto& vertical = profile_.axes[Axis::kZ];
  const MmPerS climb = kApproachShareOfTopSpeed * vertical.max_speed;
  const auto feeds = [&](MmPerS wanted) {
    return std::min(wanted, profile_.axes[Axis::kE].max_speed);
  };
  PerAxis<Mm> to = at_;
  const auto step = [&](Axis axis, Mm target, MmPerS speed) {
    to[axis] = target;
    go(to, speed, next);
  };
  const Mm highest = std::max({at_[Axis::kZ], restart_.top, next.start[Axis::kZ]});
  step(Axis::kZ, std::min(highest + kClearance, std::max(vertical.travel_max, highest)), climb);
  const Mm retracted = next.start[Axis::kE];
  step(Axis::kE, restart_.filament, feeds(kPrimeSpeed));
  step(Axis::kE, std::min(retracted, restart_.filament - kRetraction), feeds(kRetractSpeed));
  to[Axis::kX] = next.start[Axis::kX];
  to[Axis::kY] = next.start[Axis::kY];
  go(to, travel_speed(profile_), next);
  if (const Marker* fan = last(Kind::kFan)) {
    pending_.emplace_back(*fan);
  }
  step(Axis::kZ, next.start[Axis::kZ], climb);
  step(Axis::kE, retracted, feeds(kRetractSpeed));
  pending_.emplace_back(next);
  return {};
}

void ResumedMoves::go(const PerAxis<Mm>& to, MmPerS speed, const Move& like) {
  Move move;
  move.start = at_;
  move.end = to;
  move.length = Mm(std::hypot((to[Axis::kX] - at_[Axis::kX]).v, (to[Axis::kY] - at_[Axis::kY]).v,
                              (to[Axis::kZ] - at_[Axis::kZ]).v));
  if (move.length <= kShortestApproach) {
    move.length = Mm(std::abs((to[Axis::kE] - at_[Axis::kE]).v));
    if (move.length <= kShortestApproach) {
      return;
    }
  }
  move.speed = speed;
  move.acceleration = MmPerS2(kInfinity);
  for (MmPerS& limit : move.max_speed.values) {
    limit = MmPerS(kInfinity);
  }
  move.line = like.line;
  move.number = like.number;
  at_ = to;
  pending_.emplace_back(move);
}

}  // namespace stepcast::planner
