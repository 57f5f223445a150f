#include "move_checks.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include <fmt/format.h>

namespace stepcast::planner {
namespace {

// A coordinate may miss a travel limit by the rounding of three printed decimals.
constexpr Mm kTravelTolerance{0.0005};
// A speed above its limit by less than this share is a rounded feed rate, not a wish.
constexpr double kSpeedTolerance = 1e-3;
// Longest filament move taken from a job; the same bound as Marlin's EXTRUDE_MAXLENGTH. A longer
// one is a damaged number or a lost G92, and would strip the filament.
constexpr Mm kLongestExtrusion{200.0};

constexpr char letter(Axis axis) {
  return "XYZE"[index(axis)];
}

tl::unexpected<Error> out_of_range(std::string message, std::string remedy) {
  return fail(Errc::kOutOfRange, std::move(message), {}, std::move(remedy));
}

}  // namespace

Result<void> MoveChecks::target(const PerAxis<Mm>& from, const PerAxis<Mm>& to) const {
  for (Axis axis : {Axis::kX, Axis::kY, Axis::kZ}) {
    if (auto checked = coordinate(axis, to[axis]); !checked) {
      return checked;
    }
  }
  const Mm extrude = to[Axis::kE] - from[Axis::kE];
  if (!(extrude <= kLongestExtrusion && extrude >= -kLongestExtrusion)) {
    return out_of_range(fmt::format("one move pushes {:.6g} mm of filament; the limit is {} mm",
                                    extrude.v, kLongestExtrusion.v),
                        "a G92 E0 may be missing, or the file is damaged");
  }
  return {};
}

Result<void> MoveChecks::coordinate(Axis axis, Mm value) const {
  const auto& spec = profile_.axes[axis];
  if (value >= spec.travel_min - kTravelTolerance && value <= spec.travel_max + kTravelTolerance) {
    return {};
  }
  return out_of_range(
      fmt::format("{} would go to {:.6g} mm; {} travels from {:g} to {:g} mm", letter(axis),
                  value.v, profile_.name, spec.travel_min.v, spec.travel_max.v),
      "slice for this printer, or print it on another");
}

Result<void> MoveChecks::arc(const Arc& arc) const {
  const ArcExtremes extremes(arc);
  for (const auto& [axis, value] : extremes.points()) {
    if (auto checked = coordinate(axis, value); !checked) {
      return checked;
    }
  }
  return {};
}

Result<bool> MoveChecks::speed(const Move& move) const {
  const PerAxis<double> share = move.peak_direction();
  bool slowed = false;
  MmPerS speed = move.speed;
  for (Axis axis : kAllAxes) {
    if (share[axis] > 0.0) {
      speed = std::min(speed, move.max_speed[axis] / share[axis]);
    }
  }
  // A ramp up and one down take at most twice what the speed and the acceleration take alone.
  const double seconds =
      (move.length / speed).v + 2.0 * std::sqrt(move.length.v / move.acceleration.v);
  if (!(seconds <= kLongestLineSeconds)) {
    return out_of_range(
        fmt::format("the move would take {:.3g} s; one line may take {} s", seconds,
                    kLongestLineSeconds),
        "the feed rate or an acceleration (M203, M204, M220) is too low, or the file is damaged");
  }
  for (Axis axis : kAllAxes) {
    const MmPerS limit = profile_.axes[axis].max_speed;
    const MmPerS asked =
        std::min(move.speed * share[axis], move.max_speed[axis]) / (1.0 + kSpeedTolerance);
    if (asked <= limit) {
      continue;
    }
    const bool plane = axis == Axis::kX || axis == Axis::kY;
    if (plane && over_speed_ == OverSpeed::kRefuse) {
      return out_of_range(
          fmt::format("a feed rate of {:g} mm/min moves {} at {:.1f} mm/s; the limit of {} is "
                      "{:g} mm/s",
                      (move.speed * kSecondsPerMinute).v, letter(axis),
                      (move.speed * share[axis]).v, profile_.name, limit.v),
          "slice with lower speeds, or plan with --slow-down");
    }
    slowed = true;
  }
  return slowed;
}

}  // namespace stepcast::planner
