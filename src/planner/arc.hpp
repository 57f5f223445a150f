#pragma once

#include <array>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/planner/move.hpp"

namespace stepcast::planner {

/// A point of the arc's plane.
struct PlanePoint {
  double first_mm{};
  double second_mm{};
};

struct ArcRequest {
  PlanePoint start;
  PlanePoint end;
  bool clockwise{};
  int extra_turns{};  ///< Word P of G2/G3.
};

/// Arc around `start + offset` (words I, J, K).
/// @returns kOutOfRange when start and end lie on different radii, or the radius is zero; the
/// message has no location.
[[nodiscard]] Result<Arc> arc_from_center(const ArcRequest& request, PlanePoint offset);

/// Arc of the given radius (word R); negative: the longer way round.
/// @returns kOutOfRange when start and end coincide or lie further apart than the diameter.
[[nodiscard]] Result<Arc> arc_from_radius(const ArcRequest& request, double radius_mm);

/// Corner points of a cubic Bezier curve (G5), so that no chord is further than the tolerance from
/// the curve; without the start point, with the end point.
[[nodiscard]] std::vector<PlanePoint> flatten_bezier(const std::array<PlanePoint, 4>& control,
                                                     double tolerance_mm);

}  // namespace stepcast::planner
