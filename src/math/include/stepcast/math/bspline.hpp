#pragma once

#include <vector>

namespace stepcast::math {

/// Cardinal B-spline b_m(t) of degree m with knots at the integers and support [0, m+1]:
/// b_0 = 1 on [0, 1), b_m(t) = t/m b_{m-1}(t) + (m+1-t)/m b_{m-1}(t-1). Its integer shifts sum
/// to 1.
/// @pre 0 <= degree <= kMaxSplineDegree
[[nodiscard]] double cardinal_bspline(int degree, double t);

/// b_m(k / samples_per_knot) for k = 0 .. (degree + 1) * samples_per_knot (the last one is 0).
[[nodiscard]] std::vector<double> sampled_bspline(int degree, int samples_per_knot);

/// Beyond this the recursion gains nothing for motion and the least-squares fits lose digits.
inline constexpr int kMaxSplineDegree = 7;

}  // namespace stepcast::math
