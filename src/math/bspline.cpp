#include "stepcast/math/bspline.hpp"

#include <array>
#include <cstddef>

#include "stepcast/base/contracts.hpp"

namespace stepcast::math {

double cardinal_bspline(int degree, double t) {
  STEPCAST_CHECK(degree >= 0 && degree <= kMaxSplineDegree);
  // value[i] is the B-spline of the current degree shifted to start at knot i.
  std::array<double, kMaxSplineDegree + 1> value{};
  for (int i = 0; i <= degree; ++i) {
    value[static_cast<std::size_t>(i)] = (t >= i && t < i + 1) ? 1.0 : 0.0;
  }
  for (int m = 1; m <= degree; ++m) {
    for (int i = 0; i + m <= degree; ++i) {
      const auto k = static_cast<std::size_t>(i);
      value[k] = ((t - i) * value[k] + (i + m + 1 - t) * value[k + 1]) / m;
    }
  }
  return value[0];
}

std::vector<double> sampled_bspline(int degree, int samples_per_knot) {
  STEPCAST_CHECK(samples_per_knot > 0);
  const int last = (degree + 1) * samples_per_knot;
  std::vector<double> out;
  out.reserve(static_cast<std::size_t>(last) + 1);
  for (int k = 0; k <= last; ++k) {
    out.push_back(cardinal_bspline(degree, static_cast<double>(k) / samples_per_knot));
  }
  return out;
}

}  // namespace stepcast::math
