#pragma once

#include <complex>
#include <span>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/base/units.hpp"

namespace stepcast::math {

/// num(s) / den(s), highest power first. In the Laplace domain s is in rad/s.
struct RationalFunction {
  std::vector<double> num;
  std::vector<double> den;
};

/// A pole or zero of the upper half plane: its undamped frequency and damping ratio
/// (1: real and stable, 0: undamped, negative: growing).
struct Mode {
  Hertz frequency;
  double damping{};
};

/// All roots of a polynomial, highest power first; leading zeros are ignored.
/// @returns kInvalidArgument for an empty, zero or not finite polynomial.
[[nodiscard]] Result<std::vector<std::complex<double>>> roots(std::span<const double> polynomial);

/// The roots with imaginary part >= 0 as modes, by rising frequency. Errors as roots().
[[nodiscard]] Result<std::vector<Mode>> modes(std::span<const double> polynomial);

/// num(s) / den(s) at one point.
[[nodiscard]] std::complex<double> evaluate(const RationalFunction& g, std::complex<double> s);

/// How far the output trails a command of constant speed, as a time. @pre DC gain 1
[[nodiscard]] Seconds velocity_lag(const RationalFunction& g);

/// Allowed |G(0) - 1|. Published fits carry three or four digits, so their gain is off by parts in
/// a thousand; more than this is an error of units or of typing.
inline constexpr double kDcGainTolerance = 0.01;

/// Accepts what can be the response of an axis: finite coefficients, proper, every pole in the
/// left half plane, DC gain 1 within kDcGainTolerance.
/// @returns kInvalidArgument that names the offending power, pole or gain.
[[nodiscard]] Result<void> check_axis_response(const RationalFunction& g);

/// A real pole at least this many times faster than the Nyquist frequency of the sampling is
/// dropped: at the Nyquist frequency it turns the phase by 1/100 rad, far below what a fitted
/// model knows, while its stiffness would cost every digit of the matrix exponential.
inline constexpr double kFastPoleRatio = 100.0;
/// Allowed relative difference of the responses before and after the reduction, from DC to
/// Nyquist: what one pole at kFastPoleRatio contributes.
inline constexpr double kReductionTolerance = 1.0 / kFastPoleRatio;

/// Removes real poles too fast for samples of `period`: drops the leading powers of den (one per
/// fast pole) and divides by the new leading coefficient. The DC gain stays exactly the same.
/// A function without fast poles comes back normalised to den[0] == 1.
/// @returns kUnsupported when a fast pole is complex, when the rest would be improper, or when the
/// responses differ by more than kReductionTolerance between DC and the Nyquist frequency.
[[nodiscard]] Result<RationalFunction> drop_fast_poles(const RationalFunction& g, Seconds period);

/// The same response with a DC gain of exactly 1: the tool ends where the motor was sent, and no
/// compensator may move the motor's target by the rounding of a fit.
/// @pre the DC gain is finite and not 0
[[nodiscard]] RationalFunction with_unit_gain(const RationalFunction& g);

/// G(s / factor): all frequencies times `factor`, damping ratios unchanged. @pre factor > 0
[[nodiscard]] RationalFunction scale_frequency(const RationalFunction& g, double factor);

/// Multiplies the damping ratio of every complex pole pair; zeros and DC gain unchanged.
/// @pre g passes check_axis_response(), factor > 0, no pair becomes overdamped
[[nodiscard]] Result<RationalFunction> scale_damping(const RationalFunction& g, double factor);

}  // namespace stepcast::math
