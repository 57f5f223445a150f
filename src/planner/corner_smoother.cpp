#include "stepcast/planner/corner_smoother.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>
#include <utility>

#include "stepcast/base/contracts.hpp"

namespace stepcast::planner {
namespace {

// A box of this width folded with one of that, at the distance t from the centre.
double trapezoid(double t, double width, double ramp) {
  const double outer = 0.5 * (width + ramp);
  const double inner = 0.5 * std::abs(width - ramp);
  const double top = 1.0 / std::max(width, ramp);
  t = std::abs(t);
  if (t >= outer) {
    return 0.0;
  }
  return t <= inner ? top : top * (outer - t) / (outer - inner);
}

// Each weight is the share of the kernel within half a sample of its place.
SmoothingKernel sampled(double width_samples, double ramp_samples) {
  const double reach = 0.5 * (width_samples + ramp_samples);
  if (reach <= 0.5) {
    return {1.0};  // within one sample
  }
  const auto half = static_cast<std::size_t>(std::ceil(reach - 0.5 + 1e-9));
  SmoothingKernel kernel(2 * half + 1, 0.0);
  constexpr int kParts = 64;  // midpoint rule; exact to 1e-4 of a weight, then normalised
  for (std::size_t i = 0; i < kernel.size(); ++i) {
    const double centre = static_cast<double>(i) - static_cast<double>(half);
    for (int part = 0; part < kParts; ++part) {
      kernel[i] += trapezoid(centre + (part + 0.5) / kParts - 0.5, width_samples, ramp_samples);
    }
  }
  const double sum = std::accumulate(kernel.begin(), kernel.end(), 0.0);
  for (double& weight : kernel) {
    weight /= sum;
  }
  return kernel;
}

// How far the kernel rounds the worst corner that junction deviation allows, mm.
//
// The tool runs into a corner at speed v braking by a, and out of it gathering speed by a. So t
// away from the corner it is v|t| + a t^2/2 away from it along one leg or the other, and the
// weighted mean of that is the rounding. s is the sine of half the angle between the legs.
double largest_rounding(const SmoothingKernel& kernel, const machine::PathLimits& limits,
                        Seconds period) {
  const double a = limits.acceleration.v;
  const double d = limits.junction_deviation.v;
  const std::size_t middle = kernel.size() / 2;
  double mean_time = 0.0;
  double mean_square = 0.0;
  for (std::size_t i = 0; i < kernel.size(); ++i) {
    const double t = std::abs(static_cast<double>(i) - static_cast<double>(middle)) * period.v;
    mean_time += kernel[i] * t;
    mean_square += kernel[i] * t * t;
  }
  double largest = 0.0;
  constexpr int kAngles = 64;  // smooth in s: the maximum is found to 1e-4 of itself
  for (int i = 0; i <= kAngles; ++i) {
    const double s = static_cast<double>(i) / kAngles;
    largest = std::max(largest, std::sqrt(a * d * s * (1.0 + s)) * mean_time +
                                    0.5 * a * std::sqrt(1.0 - s * s) * mean_square);
  }
  return largest;
}

}  // namespace

SmoothingKernel junction_kernel(const machine::PathLimits& limits, Seconds period) {
  const double a = limits.acceleration.v;
  const double d = limits.junction_deviation.v;
  if (d <= 0.0 || std::isinf(a)) {
    return {1.0};
  }
  // The widest boxes whose rounding d allows: first the jerk box alone, then the other around it.
  const auto widest = [&](double limit, const auto& kernel_of) {
    double low = 0.0;
    double high = limit;
    constexpr int kRounds = 40;  // to 1e-12 of the width
    for (int round = 0; round < kRounds; ++round) {
      const double width = 0.5 * (low + high);
      (largest_rounding(kernel_of(width), limits, period) <= d ? low : high) = width;
    }
    return low;
  };
  const double jerk_box = std::isinf(limits.jerk.v) ? 0.0 : a / limits.jerk.v / period.v;
  const double ramp = widest(jerk_box, [](double width) { return sampled(0.0, width); });
  const double width =
      widest(std::sqrt(8.0 * d / a) / period.v, [&](double w) { return sampled(w, ramp); });
  return sampled(width, ramp);
}

CornerSmoother::CornerSmoother(Sampler& plan, const PerAxis<Mm>& start, SmoothingKernel kernel)
    : source_(plan), kernel_(std::move(kernel)), half_(kernel_.size() / 2) {
  STEPCAST_CHECK(kernel_.size() % 2 == 1);
  for (Axis axis : kAllAxes) {
    raw_[axis].assign(half_, start[axis].v);
  }
}

Result<std::size_t> CornerSmoother::read(const SampleSpans& path, const SampleSpans& plan) {
  const std::size_t wanted = path[Axis::kX].size();
  const std::size_t have = raw_[Axis::kX].size();
  const std::size_t missing = wanted + 2 * half_ - std::min(have, wanted + 2 * half_);
  SampleSpans more;
  for (Axis axis : kAllAxes) {
    raw_[axis].resize(have + missing);
    more[axis] = std::span(raw_[axis]).subspan(have);
  }
  std::size_t got = 0;
  if (!ended_) {
    auto read = source_.read(more);
    if (!read) {
      return tl::unexpected(read.error());
    }
    got = *read;
    ended_ = got < missing;
  }
  padding_ += missing - got;
  // The middle of a window is a sample of the plan, not of the padding behind it.
  const std::size_t given = std::min(wanted, raw_[Axis::kX].size() - half_ - padding_);
  for (Axis axis : kAllAxes) {
    std::vector<double>& raw = raw_[axis];
    if (got < missing && have + got > 0) {
      std::fill(raw.begin() + static_cast<std::ptrdiff_t>(have + got), raw.end(),
                raw[have + got - 1]);
    }
    // Weight by weight over the whole block, which a compiler turns into vector code. Around the
    // middle sample, so that a rest stays bit-exact where it is.
    const double* const first = raw.data();
    const double* const middle = first + half_;
    double* const shift = plan[axis].data();
    std::fill_n(shift, given, 0.0);
    for (std::size_t i = 0; i < kernel_.size(); ++i) {
      const double weight = kernel_[i];
      for (std::size_t k = 0; k < given; ++k) {
        shift[k] += weight * (first[k + i] - middle[k]);
      }
    }
    std::copy_n(middle, given, path[axis].data());
    for (std::size_t k = 0; k < given; ++k) {
      plan[axis][k] = middle[k] + shift[k];
    }
    raw.erase(raw.begin(), raw.begin() + static_cast<std::ptrdiff_t>(given));
  }
  return given;
}

}  // namespace stepcast::planner
