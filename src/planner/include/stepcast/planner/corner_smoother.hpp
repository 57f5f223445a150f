#pragma once

#include <cstddef>
#include <vector>

#include "stepcast/base/axis.hpp"
#include "stepcast/base/result.hpp"
#include "stepcast/machine/profile.hpp"
#include "stepcast/planner/sampler.hpp"

namespace stepcast::planner {

/// Weights of a symmetric moving average over 2h + 1 samples, sum 1.
using SmoothingKernel = std::vector<double>;

/// The moving average that makes junction deviation true.
///
/// Junction deviation allows a corner of the speed v^2 = a d s/(1 - s), s the sine of half the
/// angle between the legs, as if the tool took an arc that leaves the corner by d. The plan turns
/// on the spot instead: the velocity jumps by dv = 2 v sqrt(1 - s^2) = sqrt(4 a d s (1 + s)), at
/// most sqrt(8 a d). A box of width W centred in time turns the jump into an acceleration dv/W and
/// rounds the corner by dv W/8. With W = sqrt(8 d/a) the first is at most a, the second at most d:
/// the arc that the rule promises. A second, narrower box of a/j bounds the jerk; W is made a
/// little smaller so that no corner is rounded by more than d, with the jerk box and with the
/// braking before and after the corner. That braking comes on top of dv/W: together they stay below
/// 1.7 a on a single corner, 3 a on any path that was tried, 2.2 a where the axes allow only a.
/// Derivation and figures: docs/theory/planning.md.
///
/// @returns {1} (no smoothing) when the deviation is 0.
[[nodiscard]] SmoothingKernel junction_kernel(const machine::PathLimits& limits, Seconds period);

/// Rounds the corners of a sampled plan in time, all axes alike, so that the filament stays in step
/// with the path. Adds no delay: it reads ahead.
///
/// Threads: one owner. Cost: O(kernel) a sample, no allocation in the steady state.
class CornerSmoother {
 public:
  /// `plan` must outlive the smoother; it rests at `start` before its first sample.
  CornerSmoother(Sampler& plan, const PerAxis<Mm>& start, SmoothingKernel kernel);

  /// Fills both from the front with the next samples of the same instants: the path as the job
  /// has it, and the smoothed plan. Returns how many; fewer than asked only at the end.
  [[nodiscard]] Result<std::size_t> read(const SampleSpans& path, const SampleSpans& plan);

 private:
  Sampler& source_;
  SmoothingKernel kernel_;
  std::size_t half_;
  PerAxis<std::vector<double>> raw_;  ///< Half a kernel before the next sample, then what was read.
  std::size_t padding_ = 0;           ///< Samples at the end of raw_ beyond the plan.
  bool ended_ = false;
};

}  // namespace stepcast::planner
