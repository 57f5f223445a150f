#pragma once

#include <cstddef>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/base/units.hpp"
#include "stepcast/math/matrix.hpp"
#include "stepcast/math/transfer_function.hpp"

namespace stepcast::math {

/// x[k+1] = a x[k] + b u[k], y[k] = c x[k] + d u[k]: one input, one output, n states.
struct StateSpace {
  std::size_t n{};
  Matrix a;               ///< n x n.
  std::vector<double> b;  ///< n.
  std::vector<double> c;  ///< n.
  double d{};
};

/// What the input does between two samples.
enum class Hold {
  kZeroOrder,   ///< Stays.
  kFirstOrder,  ///< Moves along a straight line: exact for linearly interpolated commands.
};

/// Samples a Laplace-domain response at `period`. Time is scaled by |den_last / den_first|^(1/n)
/// first, because the plain companion form of a mechanical axis spans a dozen decades.
/// @returns kInvalidArgument for an improper or not finite function or a period that is not
/// positive; kUnsupported for one with poles that drop_fast_poles() would remove.
[[nodiscard]] Result<StateSpace> discretise(const RationalFunction& g, Seconds period, Hold hold);

/// h[0] = d, h[k] = c a^(k-1) b.
[[nodiscard]] std::vector<double> impulse_response(const StateSpace& system, std::size_t count);

/// The z-domain transfer function, den[0] == 1, both polynomials with n + 1 coefficients.
[[nodiscard]] RationalFunction transfer_function(const StateSpace& system);

}  // namespace stepcast::math
