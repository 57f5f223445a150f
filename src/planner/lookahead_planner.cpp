#include "stepcast/planner/lookahead_planner.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "stepcast/base/contracts.hpp"

namespace stepcast::planner {
namespace {

// Cosine beyond which a corner counts as a full reversal (then the speed is 0) or as straight (then
// it is not limited): the deviation formula is 0/0 there.
constexpr double kStraight = 0.999999;
// On arcs, share of the path acceleration that the centripetal part may use up: the rest is left
// for braking on the arc.
constexpr double kCentripetalShare = 0.8;
// Acceleration that corners in a row may take, as a multiple of the path acceleration: a single
// corner with braking before and after it takes 1.7 (docs/theory/planning.md).
constexpr double kTurningShare = 2.0;
// Bounds the memory that a job of nothing but markers can claim.
constexpr std::size_t kMostAsides = 4096;
// Corners remembered for turning_limit(): more than fit into a smoothing window of 30 ms at 75 mm/s
// over segments of 0.01 mm.
constexpr std::size_t kMostTurns = 256;
// Motion read ahead, as long as that is enough: what is changed in mid-print waits for it, and
// braking from top speed takes half of it. Where it is not enough, more is read, half as much again
// each time, up to the window.
constexpr double kReadAheadS = 1.0;
constexpr double kReadAheadGrowth = 1.5;

MmPerS capped(MmPerS speed, MmPerS limit, double share) {
  return share > 0.0 ? std::min(speed, limit / share) : speed;
}

// Highest speed along the move that no axis, belt or job limit forbids.
MmPerS nominal_speed(const Move& move, const machine::Profile& profile) {
  const PerAxis<double> share = move.peak_direction();
  MmPerS speed = move.speed;
  for (Axis axis : kAllAxes) {
    speed = capped(speed, profile.axes[axis].max_speed, share[axis]);
    speed = capped(speed, move.max_speed[axis], share[axis]);
  }
  if (profile.kinematics == machine::Kinematics::kCoreXy) {
    // Worst case over the directions of the move for either belt: |dx| + |dy|.
    for (Axis belt : {Axis::kX, Axis::kY}) {
      const MmPerS belt_limit(profile.tick_rate.v / profile.axes[belt].steps_per_mm);
      speed = capped(speed, belt_limit, share[Axis::kX] + share[Axis::kY]);
    }
  }
  return speed;
}

// Acceleration and jerk along the move.
RampLimits ramp_limits(const Move& move, const machine::Profile& profile, RampShape shape) {
  const PerAxis<double> share = move.peak_direction();
  const bool plane = move.in_plane();
  // Moves of Z or E alone know no path limits, only those of their axis.
  MmPerS2 acceleration =
      plane ? std::min(profile.path.acceleration, move.acceleration) : MmPerS2(kInfinity);
  MmPerS3 jerk = plane ? profile.path.jerk : MmPerS3(kInfinity);
  for (Axis axis : kAllAxes) {
    if (share[axis] > 0.0) {
      acceleration = std::min(acceleration, profile.axes[axis].max_acceleration / share[axis]);
      jerk = std::min(jerk, profile.axes[axis].max_jerk / share[axis]);
    }
  }
  if (shape == RampShape::kTrapezoid) {
    jerk = MmPerS3(kInfinity);
  }
  return {.acceleration = acceleration, .jerk = jerk};
}

}  // namespace

LookaheadPlanner::LookaheadPlanner(const machine::Profile& profile, MoveSource& source,
                                   const Options& options)
    : profile_(profile), source_(source), options_(options) {
  constexpr std::size_t kSmallestWindow = 2;  // a junction needs two moves
  STEPCAST_CHECK(options_.window >= kSmallestWindow);
}

Result<bool> LookaheadPlanner::next(PlannedItem& item) {
  for (double wanted_s = kReadAheadS;; wanted_s *= kReadAheadGrowth) {
    if (!asides_.empty() && asides_.front().before_move == given_moves_) {
      item = std::move(asides_.front().item);
      asides_.pop_front();
      return true;
    }
    if (settled_ > 0) {
      item = give_move();
      return true;
    }
    if (ended_) {
      return false;
    }
    if (auto filled = fill(wanted_s); !filled) {
      return tl::unexpected(filled.error());
    }
    plan();
  }
}

bool LookaheadPlanner::full() const {
  return window_.size() >= options_.window || asides_.size() >= kMostAsides;
}

// Reads at least one more move, and on to `wanted_s` of motion.
Result<void> LookaheadPlanner::fill(double wanted_s) {
  const std::size_t before_all = window_.size();
  ToolpathItem item;
  while (!full() && (ahead_s_ < wanted_s || window_.size() == before_all)) {
    auto more = source_.next(item);
    if (!more) {
      return tl::unexpected(more.error());
    }
    if (!*more) {
      ended_ = true;
      return {};
    }
    if (const Move* move = std::get_if<Move>(&item)) {
      append(*move);
      continue;
    }
    const std::int64_t before = given_moves_ + static_cast<std::int64_t>(window_.size());
    if (Dwell* dwell = std::get_if<Dwell>(&item)) {
      stop_pending_ = true;
      asides_.push_back({before, *dwell});
    } else {
      auto& marker = std::get<Marker>(item);
      stop_pending_ = stop_pending_ || marker.waits;
      asides_.push_back({before, std::move(marker)});
    }
  }
  return {};
}

void LookaheadPlanner::append(const Move& move) {
  Entry entry;
  entry.move = move;
  entry.limits = ramp_limits(move, profile_, options_.ramp);
  entry.nominal = nominal_speed(move, profile_);
  entry.constant = std::isinf(entry.limits.acceleration.v);
  if (move.is_arc()) {
    // v^2/r must leave something of the acceleration for speed changes along the arc.
    const double a = entry.limits.acceleration.v;
    const double r = std::min(move.arc.radius.v, (move.arc.radius + move.arc.radius_change).v);
    if (std::isfinite(a)) {
      entry.nominal = std::min(entry.nominal, MmPerS(std::sqrt(kCentripetalShare * a * r)));
      const double centripetal = entry.nominal.v * entry.nominal.v / r;
      entry.limits.acceleration = MmPerS2(std::sqrt(a * a - centripetal * centripetal));
    }
  }
  Entry* before = window_.empty() ? nullptr : &window_.back();
  // Between two moves of which one is of Z or E alone the tool stands still.
  const bool through = before != nullptr && !stop_pending_ && before->move.in_plane() &&
                       move.in_plane() && !before->constant && !entry.constant &&
                       options_.junction != JunctionRule::kFullStop;
  entry.junction = through ? junction_limit(*before, entry) : MmPerS(0);
  if (!through) {
    turns_.clear();
  } else if (options_.junction == JunctionRule::kJunctionDeviation && options_.limit_turning) {
    entry.junction = turning_limit(move, entry.junction);
    turns_.push_front({before->move.end_direction(), move.length});
    if (turns_.size() > kMostTurns) {
      turns_.pop_back();
    }
  }
  if (entry.junction == MmPerS(0)) {
    entry.junction = stop_speed(before, &entry);
  }
  stop_pending_ = false;
  entry.lasts_s = (move.length / entry.nominal).v;
  ahead_s_ += entry.lasts_s;
  window_.push_back(entry);
}

MmPerS LookaheadPlanner::junction_limit(const Entry& before, const Entry& after) const {
  const PerAxis<double> in = before.move.end_direction();
  const PerAxis<double> out = after.move.start_direction();
  const MmPerS speed = std::min(before.nominal, after.nominal);
  double factor = 1.0;
  // Axes that cannot jump in speed limit the corner by the jump that it asks of them.
  const auto limit_jump = [&](Axis axis) {
    const double jump = std::abs(out[axis] - in[axis]) * speed.v;
    const double allowed = profile_.axes[axis].instant_speed_change.v;
    if (jump > allowed) {
      factor = std::min(factor, allowed / jump);
    }
  };
  if (options_.junction == JunctionRule::kInstantSpeedChange) {
    for (Axis axis : {Axis::kX, Axis::kY, Axis::kE}) {
      limit_jump(axis);
    }
    if (std::isfinite(profile_.axes[Axis::kZ].max_acceleration.v)) {
      limit_jump(Axis::kZ);
    }
    return speed * factor;
  }
  for (Axis axis : {Axis::kZ, Axis::kE}) {
    if (std::isfinite(profile_.axes[axis].max_acceleration.v)) {
      limit_jump(axis);
    }
  }
  double cosine = 0.0;  // of the angle between the legs: -1 straight on, 1 straight back
  for (Axis axis : {Axis::kX, Axis::kY, Axis::kZ}) {
    cosine -= in[axis] * out[axis];
  }
  if (cosine > kStraight) {
    return MmPerS(0);
  }
  const double half_sine = std::sqrt(0.5 * (1.0 - std::max(-kStraight, cosine)));
  MmPerS corner = speed;
  if (half_sine <= kStraight) {
    const double a = std::min(before.limits.acceleration, after.limits.acceleration).v;
    const double d = profile_.path.junction_deviation.v;
    corner = std::min(speed, MmPerS(std::sqrt(a * d * half_sine / (1.0 - half_sine))));
  }
  return std::min(corner, speed * factor);
}

// Either the smoothing window, W = sqrt(8 d/a) long, is too short to see two corners together, or
// the direction between them may change by no more than one corner's: v |turn| <= a W.
MmPerS LookaheadPlanner::turning_limit(const Move& move, MmPerS junction) const {
  const double a = profile_.path.acceleration.v;
  const double d = profile_.path.junction_deviation.v;
  if (std::isinf(a) || d <= 0.0) {
    return junction;
  }
  const double window = std::sqrt(8.0 * d / a);
  const double axes =
      std::min(profile_.axes[Axis::kX].max_acceleration, profile_.axes[Axis::kY].max_acceleration)
          .v;
  const double jump = std::min(kTurningShare * std::min(a, move.acceleration.v), axes) * window;
  const PerAxis<double> out = move.start_direction();
  double limit = junction.v;
  double distance = 0.0;
  for (const Turn& turn : turns_) {
    distance += turn.after.v;
    const double apart = distance / window;  // below this speed the window sees one at a time
    if (apart >= limit) {
      break;
    }
    double square = 0.0;
    for (Axis axis : {Axis::kX, Axis::kY, Axis::kZ}) {
      square += (out[axis] - turn.in[axis]) * (out[axis] - turn.in[axis]);
    }
    if (square > 0.0) {
      limit = std::min(limit, std::max(apart, jump / std::sqrt(square)));
    }
  }
  return MmPerS(limit);
}

// A controller with classic jerk starts and stops at the speed that its axes may jump to.
MmPerS LookaheadPlanner::speed_from_rest(const Entry& entry) const {
  MmPerS speed = entry.nominal;
  const PerAxis<double> share = entry.move.peak_direction();
  for (Axis axis : {Axis::kX, Axis::kY}) {
    speed = capped(speed, profile_.axes[axis].instant_speed_change, share[axis]);
  }
  for (Axis axis : {Axis::kZ, Axis::kE}) {
    if (std::isfinite(profile_.axes[axis].max_acceleration.v)) {
      speed = capped(speed, profile_.axes[axis].instant_speed_change, share[axis]);
    }
  }
  return speed;
}

MmPerS LookaheadPlanner::stop_speed(const Entry* before, const Entry* after) const {
  if (options_.junction != JunctionRule::kInstantSpeedChange) {
    return MmPerS(0);
  }
  MmPerS speed(kInfinity);
  for (const Entry* entry : {before, after}) {
    if (entry != nullptr && !entry->constant) {
      speed = std::min(speed, speed_from_rest(*entry));
    }
  }
  return std::isinf(speed.v) ? MmPerS(0) : speed;
}

// Speeds at the entries of window_[0 .. size), then at its end.
void LookaheadPlanner::plan() {
  if (window_.empty()) {
    return;
  }
  const std::size_t n = window_.size();
  // Backward. The entry speed of the first move is fixed: it is the exit of the move given before.
  std::size_t last_free = 0;  // latest junction that what follows does not hold down
  // What follows the window is unknown and may ask for less than a stop from classic jerk.
  MmPerS next = ended_ ? stop_speed(&window_.back(), nullptr) : MmPerS(0);
  const MmPerS end_speed = next;
  for (std::size_t i = n; i-- > 0;) {
    Entry& entry = window_[i];
    if (i == 0 && given_moves_ > 0) {
      break;
    }
    // A move at constant speed has its own; the junction is what its neighbours stop to.
    const MmPerS wanted = entry.constant ? entry.junction : std::min(entry.junction, entry.nominal);
    if (entry.constant) {
      entry.speed = wanted;
    } else {
      entry.speed =
          std::min(wanted, reachable_speed(std::min(next, entry.nominal), entry.move.length,
                                           entry.nominal, entry.limits));
    }
    if (entry.speed == wanted && last_free == 0) {
      last_free = i;
    }
    next = entry.speed;
  }
  // Up to here nothing later can matter. Without such a place more is read; a full window is cut in
  // the middle: the plan can always stop at its end, so this is safe, only slower than it might be.
  const std::size_t cut = full() ? std::max<std::size_t>(n / 2, 1) : 0;
  settled_ = ended_ ? n : last_free > 0 ? last_free : cut;
  // Forward.
  for (std::size_t i = 0; i < settled_; ++i) {
    Entry& entry = window_[i];
    MmPerS& exit = i + 1 < n ? window_[i + 1].speed : final_speed_;
    if (i + 1 == n) {
      exit = end_speed;
    }
    if (!entry.constant && exit > entry.speed) {
      exit = std::min(exit,
                      reachable_speed(entry.speed, entry.move.length, entry.nominal, entry.limits));
    }
  }
}

PlannedItem LookaheadPlanner::give_move() {
  const Entry& entry = window_.front();
  const MmPerS exit = window_.size() > 1 ? window_[1].speed : final_speed_;
  PlannedMove planned;
  planned.move = entry.move;
  planned.limits = entry.limits;
  if (entry.constant) {
    planned.entry = planned.cruise = planned.exit = entry.nominal;
  } else {
    planned.entry = std::min(entry.speed, entry.nominal);
    planned.exit = std::min(exit, entry.nominal);
    planned.cruise =
        peak_speed(entry.move.length, planned.entry, planned.exit, entry.nominal, entry.limits);
  }
  ahead_s_ = window_.size() > 1 ? ahead_s_ - entry.lasts_s : 0.0;
  window_.pop_front();
  --settled_;
  ++given_moves_;
  return planned;
}

}  // namespace stepcast::planner
