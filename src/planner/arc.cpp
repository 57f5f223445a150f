#include "arc.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <fmt/format.h>

namespace stepcast::planner {
namespace {

// Slicers print coordinates with three decimals and I, J with as many, so the two radii of a good
// arc differ by some micrometres; Marlin and LinuxCNC accept a few hundredths of a millimetre.
constexpr double kRadiusMismatchMm = 0.05;
// Below this an arc is a point (half the resolution of three decimals).
constexpr double kSmallestRadiusMm = 0.0005;
// A sweep below this is a full turn: start and end were meant to be the same point.
constexpr double kFullTurnAngle = 1e-9;
// Bounds the chords of one curve; reached only by curves of kilometres.
constexpr int kMaxChords = 10000;

double distance(PlanePoint a, PlanePoint b) {
  return std::hypot(a.first_mm - b.first_mm, a.second_mm - b.second_mm);
}

Arc make_arc(const ArcRequest& request, PlanePoint center, double radius_mm) {
  const double start = std::atan2(request.start.second_mm - center.second_mm,
                                  request.start.first_mm - center.first_mm);
  const double end =
      std::atan2(request.end.second_mm - center.second_mm, request.end.first_mm - center.first_mm);
  constexpr double kTurn = 2.0 * std::numbers::pi;
  double sweep = std::remainder(end - start, kTurn);
  const bool same_point = distance(request.start, request.end) < kSmallestRadiusMm;
  if (request.clockwise) {
    if (sweep > -kFullTurnAngle || same_point) {
      sweep = same_point ? -kTurn : sweep - kTurn;
    }
    sweep -= kTurn * request.extra_turns;
  } else {
    if (sweep < kFullTurnAngle || same_point) {
      sweep = same_point ? kTurn : sweep + kTurn;
    }
    sweep += kTurn * request.extra_turns;
  }
  Arc arc;
  arc.center_first = Mm(center.first_mm);
  arc.center_second = Mm(center.second_mm);
  arc.radius = Mm(radius_mm);
  arc.radius_change = Mm(distance(request.end, center) - radius_mm);
  arc.start_angle = start;
  arc.sweep = sweep;
  return arc;
}

}  // namespace

Result<Arc> arc_from_center(const ArcRequest& request, PlanePoint offset) {
  const PlanePoint center{request.start.first_mm + offset.first_mm,
                          request.start.second_mm + offset.second_mm};
  const double r_start = std::hypot(offset.first_mm, offset.second_mm);
  const double r_end = distance(request.end, center);
  if (r_start < kSmallestRadiusMm) {
    return fail(Errc::kOutOfRange, "the arc has no radius: its centre is its start point", {},
                "I and J give the centre relative to the start");
  }
  if (r_end < kSmallestRadiusMm) {
    return fail(Errc::kOutOfRange, "the arc ends in its own centre", {},
                "I and J give the centre relative to the start");
  }
  if (std::abs(r_start - r_end) > kRadiusMismatchMm) {
    return fail(Errc::kOutOfRange,
                fmt::format("the arc starts {:.3f} mm and ends {:.3f} mm from its centre; at most "
                            "{} mm of difference is accepted",
                            r_start, r_end, kRadiusMismatchMm));
  }
  return make_arc(request, center, r_start);
}

Result<Arc> arc_from_radius(const ArcRequest& request, double radius_mm) {
  const double chord = distance(request.start, request.end);
  const double r = std::abs(radius_mm);
  if (chord < kSmallestRadiusMm) {
    return fail(Errc::kOutOfRange, "an arc by radius cannot end where it starts", {},
                "give the centre by I and J for a full circle");
  }
  if (chord / 2.0 > r + kRadiusMismatchMm) {
    return fail(
        Errc::kOutOfRange,
        fmt::format("an arc of radius {:.3f} mm cannot join points {:.3f} mm apart", r, chord));
  }
  const double height = std::sqrt(std::max(0.0, r * r - chord * chord / 4.0));
  // Left of the chord for a counter-clockwise arc of less than half a turn.
  const double side = (request.clockwise != (radius_mm < 0.0)) ? -1.0 : 1.0;
  const double ux = (request.end.first_mm - request.start.first_mm) / chord;
  const double uy = (request.end.second_mm - request.start.second_mm) / chord;
  const PlanePoint center{
      0.5 * (request.start.first_mm + request.end.first_mm) - side * height * uy,
      0.5 * (request.start.second_mm + request.end.second_mm) + side * height * ux};
  return make_arc(request, center, distance(request.start, center));
}

std::vector<PlanePoint> flatten_bezier(const std::array<PlanePoint, 4>& control,
                                       double tolerance_mm) {
  const auto second_difference = [&](std::size_t i) {
    return std::hypot(
        control[i].first_mm - 2.0 * control[i + 1].first_mm + control[i + 2].first_mm,
        control[i].second_mm - 2.0 * control[i + 1].second_mm + control[i + 2].second_mm);
  };
  // A chord over 1/n of the parameter is at most M/(8 n^2) away, with |B''| <= M = 6 max |d2|.
  const double bend = 6.0 * std::max(second_difference(0), second_difference(1));
  const int chords = std::clamp(static_cast<int>(std::ceil(std::sqrt(bend / (8.0 * tolerance_mm)))),
                                1, kMaxChords);
  std::vector<PlanePoint> points;
  points.reserve(static_cast<std::size_t>(chords));
  for (int i = 1; i < chords; ++i) {
    const double t = static_cast<double>(i) / chords;
    const double s = 1.0 - t;
    const std::array<double, 4> weight{s * s * s, 3.0 * s * s * t, 3.0 * s * t * t, t * t * t};
    PlanePoint p;
    for (std::size_t k = 0; k < control.size(); ++k) {
      p.first_mm += weight[k] * control[k].first_mm;
      p.second_mm += weight[k] * control[k].second_mm;
    }
    points.push_back(p);
  }
  points.push_back(control[3]);
  return points;
}

}  // namespace stepcast::planner
