#include "stepcast/planner/move.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace stepcast::planner {

ArcExtremes::ArcExtremes(const Arc& arc) {
  constexpr double kQuarter = std::numbers::pi / 2.0;
  const double low = std::min(arc.start_angle, arc.start_angle + arc.sweep);
  const double high = std::max(arc.start_angle, arc.start_angle + arc.sweep);
  // One turn says it all.
  const double from = std::max(std::ceil(low / kQuarter), std::floor(high / kQuarter) - 3.0);
  for (double quarter = from; quarter * kQuarter <= high; quarter += 1.0) {
    const double angle = quarter * kQuarter;
    points_[count_++] = {arc.first, arc.center_first + arc.radius * std::cos(angle)};
    points_[count_++] = {arc.second, arc.center_second + arc.radius * std::sin(angle)};
  }
}

Box Move::extent() const {
  Box box{start, start};
  const auto include = [&box](Axis axis, Mm value) {
    box.low[axis] = std::min(box.low[axis], value);
    box.high[axis] = std::max(box.high[axis], value);
  };
  for (Axis axis : kAllAxes) {
    include(axis, end[axis]);
  }
  if (is_arc()) {
    const ArcExtremes extremes(arc);
    for (const auto& [axis, value] : extremes.points()) {
      include(axis, value);
    }
  }
  return box;
}

PerAxis<double> Move::direction_at(double fraction) const {
  PerAxis<double> direction;
  if (length <= Mm(0)) {
    return direction;
  }
  for (Axis axis : kAllAxes) {
    direction[axis] = (end[axis] - start[axis]) / length;
  }
  if (is_arc()) {
    const double angle = arc.start_angle + fraction * arc.sweep;
    const double turn = arc.radius.v * arc.sweep / length.v;
    direction[arc.first] = -std::sin(angle) * turn;
    direction[arc.second] = std::cos(angle) * turn;
  }
  return direction;
}

PerAxis<double> Move::peak_direction() const {
  PerAxis<double> peak = direction_at(0.0);
  for (double& share : peak.values) {
    share = std::abs(share);
  }
  if (is_arc()) {
    // An arc turns through all directions soon enough; taking the full tangent on both axes only
    // costs a little speed on arcs shorter than a quarter turn.
    // Where the radii of start and end differ, the wider one counts, and the way between them.
    const double wider = std::max(arc.radius, arc.radius + arc.radius_change).v;
    const double turn = std::hypot(wider * arc.sweep, arc.radius_change.v) / length.v;
    peak[arc.first] = turn;
    peak[arc.second] = turn;
  }
  return peak;
}

PerAxis<Mm> Move::at(Mm distance) const {
  const double fraction = length > Mm(0) ? std::clamp(distance / length, 0.0, 1.0) : 1.0;
  if (fraction == 1.0) {
    return end;
  }
  PerAxis<Mm> position;
  for (Axis axis : kAllAxes) {
    position[axis] = start[axis] + fraction * (end[axis] - start[axis]);
  }
  if (is_arc()) {
    const double angle = arc.start_angle + fraction * arc.sweep;
    const Mm radius = arc.radius + fraction * arc.radius_change;
    position[arc.first] = arc.center_first + radius * std::cos(angle);
    position[arc.second] = arc.center_second + radius * std::sin(angle);
  }
  return position;
}

}  // namespace stepcast::planner
