#include "stepcast/planner/live_moves.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace stepcast::planner {
namespace {

// Shorter moves are rounding noise, as in Toolpath.
constexpr Mm kNoMove{1e-6};
// For jobs that have not travelled or retracted yet: what Toolpath assumes before the first F.
constexpr MmPerS kUsualTravel{50.0};
constexpr MmPerS kUsualRetraction{25.0};

double straight_length(const PerAxis<Mm>& from, const PerAxis<Mm>& to, const Arc& arc) {
  double square = 0.0;
  for (const Axis axis : {Axis::kX, Axis::kY, Axis::kZ}) {
    const bool curved = arc.sweep != 0.0 && (axis == arc.first || axis == arc.second);
    const double d = curved ? 0.0 : (to[axis] - from[axis]).v;
    square += d * d;
  }
  const double curve = (arc.radius.v + 0.5 * arc.radius_change.v) * arc.sweep;
  return std::sqrt(square + curve * curve);
}

}  // namespace

LiveMoves::LiveMoves(MoveSource& source, const PerAxis<Mm>& start, Feed feed)
    : source_(source),
      feed_(std::move(feed)),
      job_e_(start[Axis::kE]),
      job_top_e_(start[Axis::kE]),
      top_e_(start[Axis::kE]),
      travel_speed_(kUsualTravel),
      retract_speed_(kUsualRetraction),
      at_(start) {}

Result<bool> LiveMoves::next(ToolpathItem& item) {
  while (pending_.empty()) {
    auto more = source_.next(item);
    if (!more || !*more) {
      return more;
    }
    if (auto* marker = std::get_if<Marker>(&item)) {
      on_marker(std::move(*marker));
      continue;
    }
    if (const auto* dwell = std::get_if<Dwell>(&item)) {
      if (!cancelled()) {
        pending_.emplace_back(*dwell);
      }
      continue;
    }
    const Move& move = std::get<Move>(item);
    if (auto asked = ask(move.number); !asked) {
      return tl::unexpected(asked.error());
    }
    if (cancelled()) {
      leave_out(move);
      continue;
    }
    if (apart_) {
      rejoin(move);
    }
    change(move);
  }
  item = std::move(pending_.front());
  pending_.pop_front();
  return true;
}

Result<void> LiveMoves::ask(std::int64_t move) {
  if (!feed_) {
    return {};
  }
  const auto news = feed_(move);
  if (!news) {
    return tl::unexpected(news.error());
  }
  if (*news != nullptr) {
    settings_ = **news;
    ++changes_;
  }
  return {};
}

bool LiveMoves::cancelled() const {
  return !object_.empty() && std::find(settings_.cancelled.begin(), settings_.cancelled.end(),
                                       object_) != settings_.cancelled.end();
}

void LiveMoves::on_marker(Marker marker) {
  if (marker.kind == Marker::Kind::kObject) {
    object_ = marker.text;
  }
  pending_.emplace_back(std::move(marker));
}

void LiveMoves::leave_out(const Move& move) {
  apart_ = true;
  if (move.in_plane() && !move.extrudes()) {
    travel_speed_ = std::max(travel_speed_, move.speed);
  }
  // What was pushed out in the object stays out of the books; what is retracted does not.
  job_e_ = move.end[Axis::kE];
  job_top_e_ = std::max(job_top_e_, job_e_);
}

/// To where `next` starts, from wherever the tool was when moves began to be left out; if it is a
/// way to somewhere else, straight there.
void LiveMoves::rejoin(const Move& next) {
  apart_ = false;
  const Mm e = top_e_ - (job_top_e_ - job_e_);
  const Mm z = next.start[Axis::kZ] + offset_;
  PerAxis<Mm> to = at_;
  const bool retracts = e < at_[Axis::kE];
  if (retracts) {
    to[Axis::kE] = e;
    go(to, retract_speed_, next);
  }
  if (z > at_[Axis::kZ]) {
    to[Axis::kZ] = z;
    go(to, travel_speed_, next);
  }
  const bool travels = next.in_plane() && !next.extrudes() && !next.is_arc();
  const PerAxis<Mm>& there = travels ? next.end : next.start;
  to[Axis::kX] = there[Axis::kX];
  to[Axis::kY] = there[Axis::kY];
  go(to, (travels ? next.speed : travel_speed_) * settings_.speed, next);
  to[Axis::kZ] = z;
  go(to, travel_speed_, next);
  if (!retracts) {
    to[Axis::kE] = e;
    go(to, retract_speed_, next);
  }
}

void LiveMoves::go(const PerAxis<Mm>& to, MmPerS speed, const Move& like) {
  Move move;
  move.start = at_;
  move.end = to;
  move.length = Mm(straight_length(at_, to, move.arc));
  if (move.length <= kNoMove) {
    move.length = Mm(std::abs((to[Axis::kE] - at_[Axis::kE]).v));
    if (move.length <= kNoMove) {
      return;
    }
  }
  move.speed = speed;
  move.acceleration = MmPerS2(kInfinity);
  move.max_speed = like.max_speed;
  move.line = like.line;
  give(move);
}

void LiveMoves::change(Move move) {
  const bool plane = move.in_plane();
  const bool prints = move.extrudes();
  const Mm pushed = move.end[Axis::kE] - move.start[Axis::kE];
  if (plane && !prints) {
    travel_speed_ = std::max(travel_speed_, move.speed);
  } else if (!plane && pushed < Mm(0)) {
    retract_speed_ = move.speed;
  }
  job_e_ = move.end[Axis::kE];
  job_top_e_ = std::max(job_top_e_, job_e_);
  if (changes_ == 0) {
    give(move);
    return;
  }
  // A circle that stands upright only moves with the offset.
  const bool level = !move.is_arc() || (move.arc.first != Axis::kZ && move.arc.second != Axis::kZ);
  if (plane && level) {
    const Mm most = move.length * kSlope;
    offset_ += std::clamp(settings_.z_offset - offset_, -most, most);
  } else if (move.arc.first == Axis::kZ) {
    move.arc.center_first += offset_;
  } else if (move.arc.second == Axis::kZ) {
    move.arc.center_second += offset_;
  }
  move.start = at_;
  move.end[Axis::kZ] += offset_;
  move.end[Axis::kE] = at_[Axis::kE] + pushed * (prints ? settings_.flow : 1.0);
  const double length = straight_length(move.start, move.end, move.arc);
  const bool filament_only = length <= kNoMove.v;
  move.length = Mm(filament_only ? std::abs(pushed.v) : length);
  if (!filament_only) {
    move.speed = move.speed * settings_.speed;
  }
  if (move.length > kNoMove) {
    give(move);
  }
}

void LiveMoves::give(Move move) {
  move.number = given_++;
  at_ = move.end;
  top_e_ = std::max(top_e_, at_[Axis::kE]);
  deepest_ = std::min(deepest_, offset_);
  pending_.emplace_back(move);
}

LiveMoves::Feed repeat(std::vector<LiveChange> changes) {
  if (changes.empty()) {
    return {};
  }
  return [changes = std::move(changes),
          next = std::size_t{0}](std::int64_t move) mutable -> Result<const LiveSettings*> {
    const LiveSettings* news = nullptr;
    for (; next < changes.size() && changes[next].from_move <= move; ++next) {
      news = &changes[next].settings;
    }
    return news;
  };
}

}  // namespace stepcast::planner
