#include "stepcast/planner/scurve.hpp"

#include <algorithm>
#include <cmath>

namespace stepcast::planner {
namespace {

// Bare doubles below: v_ mm/s, a_ mm/s^2, j_ mm/s^3, lengths mm.

// Newton's iteration stops when the speed moves by less than this share of itself: far below the
// step resolution over any bed, and reachable in double precision.
constexpr double kPhaseSpeedTolerance = 1e-13;
// Newton with bisection as a guard converges in under ten rounds; this only bounds the loop.
constexpr int kMaxRounds = 100;

double ramp_length(double v_from, double v_to, const RampLimits& limits) {
  return speed_change(MmPerS(v_from), MmPerS(v_to), limits).distance.v;
}

// d(ramp_length)/d(v_high) for a ramp between v_low and v_high.
double ramp_slope(double v_low, double v_high, const RampLimits& limits) {
  const double a = limits.acceleration.v;
  const double j = limits.jerk.v;
  const double dv = v_high - v_low;
  const double knee = a * a / j;
  if (dv >= knee) {
    return (2.0 * v_high + knee) / (2.0 * a);
  }
  return std::sqrt(dv / j) + (v_low + v_high) / (2.0 * std::sqrt(dv * j));
}

}  // namespace

Ramp speed_change(MmPerS from, MmPerS to, const RampLimits& limits) noexcept {
  const double dv = std::abs(to.v - from.v);
  const double a = limits.acceleration.v;
  const double j = limits.jerk.v;
  if (dv == 0.0 || std::isinf(a)) {
    return {};
  }
  const double t = dv >= a * a / j ? dv / a + a / j : 2.0 * std::sqrt(dv / j);
  return {.distance = Mm(0.5 * (from.v + to.v) * t), .duration = Seconds(t)};
}

MmPerS reachable_speed(MmPerS from, Mm length, MmPerS ceiling, const RampLimits& limits) noexcept {
  if (ceiling <= from || speed_change(from, ceiling, limits).distance <= length) {
    return std::max(from, ceiling);
  }
  const double a = limits.acceleration.v;
  const double j = limits.jerk.v;
  const double v0 = from.v;
  const double knee = a * a / j;
  // Acceleration limit reached: (v0 + v)(v - v0 + knee) = 2 a L, a quadratic in v.
  const double v_quadratic =
      0.5 * (std::sqrt(knee * knee + 4.0 * (v0 * v0 - v0 * knee + 2.0 * a * length.v)) - knee);
  if (v_quadratic - v0 >= knee) {
    return MmPerS(std::min(v_quadratic, ceiling.v));
  }
  // Else with w = sqrt(v - v0): w^3 + 2 v0 w = L sqrt(j). Increasing and convex, so Newton from
  // the right of the root falls onto it monotonically.
  const double target = length.v * std::sqrt(j);
  double w = std::cbrt(target);
  if (v0 > 0.0) {
    w = std::min(w, target / (2.0 * v0));
  }
  for (int round = 0; round < kMaxRounds; ++round) {
    const double step = (w * w * w + 2.0 * v0 * w - target) / (3.0 * w * w + 2.0 * v0);
    w -= step;
    if (std::abs(step) <= kPhaseSpeedTolerance * w) {
      break;
    }
  }
  return MmPerS(std::min(v0 + w * w, ceiling.v));
}

MmPerS peak_speed(Mm length, MmPerS from, MmPerS to, MmPerS ceiling,
                  const RampLimits& limits) noexcept {
  if (from == to) {
    return reachable_speed(from, length / 2.0, ceiling, limits);
  }
  const double v0 = from.v;
  const double v1 = to.v;
  const double floor = std::max(v0, v1);
  const auto excess = [&](double v) {
    return ramp_length(v0, v, limits) + ramp_length(v, v1, limits) - length.v;
  };
  if (ceiling.v <= floor || excess(ceiling.v) <= 0.0) {
    return MmPerS(std::max(floor, ceiling.v));
  }
  if (excess(floor) >= 0.0) {
    return MmPerS(floor);
  }
  double low = floor;
  double high = ceiling.v;
  double v = 0.5 * (low + high);
  for (int round = 0; round < kMaxRounds; ++round) {
    const double f = excess(v);
    (f > 0.0 ? high : low) = v;
    double next = v - f / (ramp_slope(v0, v, limits) + ramp_slope(v1, v, limits));
    if (!(next > low && next < high)) {
      next = 0.5 * (low + high);
    }
    const double change = std::abs(next - v);
    v = next;
    if (change <= kPhaseSpeedTolerance * v || high - low <= kPhaseSpeedTolerance * v) {
      break;
    }
  }
  // Both ramps fit up to the rounding of the last round, far below a nanometre.
  return MmPerS(v);
}

SpeedProfile::SpeedProfile(Mm length, MmPerS from, MmPerS cruise, MmPerS to,
                           const RampLimits& limits) noexcept
    : speed_(from) {
  append_ramp(from, cruise, limits);
  const Mm rest = length - distance_ - speed_change(cruise, to, limits).distance;
  speed_ = cruise;  // removes the rounding of the ramp
  if (rest > Mm(0) && cruise > MmPerS(0)) {
    append(rest / cruise, MmPerS2(0), MmPerS3(0));
  }
  append_ramp(cruise, to, limits);
}

void SpeedProfile::append(Seconds duration, MmPerS2 acceleration, MmPerS3 jerk) noexcept {
  if (duration <= Seconds(0)) {
    return;
  }
  phases_[count_++] = {duration, distance_, speed_, acceleration, jerk};
  const double t = duration.v;
  distance_ += Mm(t * (speed_.v + t * (acceleration.v / 2.0 + t * jerk.v / 6.0)));
  speed_ += MmPerS(t * (acceleration.v + t * jerk.v / 2.0));
  duration_ += duration;
}

void SpeedProfile::append_ramp(MmPerS from, MmPerS to, const RampLimits& limits) noexcept {
  const double dv = std::abs(to.v - from.v);
  const double a = limits.acceleration.v;
  const double j = limits.jerk.v;
  if (dv == 0.0 || std::isinf(a)) {
    return;
  }
  const double sign = to > from ? 1.0 : -1.0;
  const bool reaches_limit = dv >= a * a / j;
  const double a_peak = reaches_limit ? a : std::sqrt(dv * j);
  const double t_jerk = a_peak / j;  // 0 for a trapezoid
  const double t_hold = reaches_limit ? dv / a - t_jerk : 0.0;
  append(Seconds(t_jerk), MmPerS2(0), MmPerS3(sign * j));
  append(Seconds(t_hold), MmPerS2(sign * a_peak), MmPerS3(0));
  append(Seconds(t_jerk), MmPerS2(sign * a_peak), MmPerS3(-sign * j));
}

}  // namespace stepcast::planner
