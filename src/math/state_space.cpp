#include "stepcast/math/state_space.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>

#include <fmt/format.h>

namespace stepcast::math {

namespace {

/// Controllable companion form of num / den in the time unit 1 / rate.
StateSpace companion_form(std::span<const double> num, std::span<const double> den, double rate) {
  const std::size_t n = den.size() - 1;
  std::vector<double> scaled_num(n + 1, 0.0);
  std::vector<double> scaled_den(n + 1);
  double power = 1.0;
  for (std::size_t i = 0; i <= n; ++i) {
    scaled_den[i] = den[i] / den[0] / power;
    const std::size_t pad = den.size() - num.size();
    if (i >= pad) {
      scaled_num[i] = num[i - pad] / den[0] / power;
    }
    power *= rate;
  }
  StateSpace out{n, Matrix(n, n), std::vector<double>(n, 0.0), std::vector<double>(n, 0.0),
                 scaled_num[0]};
  for (std::size_t i = 0; i < n; ++i) {
    out.a(0, i) = -scaled_den[i + 1];
    out.c[i] = scaled_num[i + 1] - scaled_num[0] * scaled_den[i + 1];
    if (i > 0) {
      out.a(i, i - 1) = 1.0;
    }
  }
  if (n > 0) {
    out.b[0] = 1.0;
  }
  return out;
}

/// Exact sampling of a continuous system at `period` by one matrix exponential: input and (for the
/// first-order hold) its slope are appended as states that integrate.
StateSpace sampled(const StateSpace& g, double period, Hold hold) {
  const std::size_t n = g.n;
  Matrix augmented(n + 2, n + 2);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      augmented(i, j) = g.a(i, j) * period;
    }
    augmented(i, n) = g.b[i] * period;
  }
  augmented(n, n + 1) = 1.0;
  const Matrix e = exponential(augmented);
  StateSpace out{n, Matrix(n, n), std::vector<double>(n), g.c, g.d};
  std::vector<double> ramp(n);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      out.a(i, j) = e(i, j);
    }
    out.b[i] = e(i, n);
    ramp[i] = e(i, n + 1);
  }
  if (hold == Hold::kFirstOrder) {
    // x[k+1] = a x + b u[k] + ramp (u[k+1] - u[k]); the state x - ramp u sees u[k] only.
    const std::vector<double> moved = multiply(out.a, ramp);
    for (std::size_t i = 0; i < n; ++i) {
      out.b[i] += moved[i] - ramp[i];
      out.d += g.c[i] * ramp[i];
    }
  }
  return out;
}

}  // namespace

Result<StateSpace> discretise(const RationalFunction& g, Seconds period, Hold hold) {
  if (!(period.v > 0.0) || !std::isfinite(period.v)) {
    return fail(Errc::kInvalidArgument,
                fmt::format("a sampling period of {} s; it must be positive", period.v));
  }
  const auto poles = roots(g.den);
  if (!poles) {
    return tl::unexpected(poles.error());
  }
  const auto first = std::find_if(g.den.begin(), g.den.end(), [](double c) { return c != 0.0; });
  const std::span<const double> den(first, g.den.end());
  const auto first_num =
      std::find_if(g.num.begin(), g.num.end(), [](double c) { return c != 0.0; });
  const std::span<const double> num(first_num, g.num.end());
  if (num.size() > den.size()) {
    return fail(Errc::kInvalidArgument,
                fmt::format("an improper response cannot be sampled: numerator of degree {}, "
                            "denominator of degree {}",
                            num.size() - 1, den.size() - 1));
  }
  for (const std::complex<double>& pole : *poles) {
    if (std::abs(pole) >= kFastPoleRatio * std::numbers::pi / period.v) {
      return fail(Errc::kUnsupported,
                  fmt::format("the response has a pole at {:.4g} Hz, too stiff to be sampled every "
                              "{:g} s",
                              std::abs(pole) / (2.0 * std::numbers::pi), period.v),
                  {}, "remove it with drop_fast_poles()");
    }
  }
  const std::size_t n = den.size() - 1;
  const double rate = n == 0 || den.back() == 0.0 ? 1.0
                                                  : std::pow(std::abs(den.back() / den.front()),
                                                             1.0 / static_cast<double>(n));
  return sampled(companion_form(num, den, rate), period.v * rate, hold);
}

std::vector<double> impulse_response(const StateSpace& system, std::size_t count) {
  std::vector<double> h;
  h.reserve(count);
  std::vector<double> v = system.b;
  for (std::size_t k = 0; k < count; ++k) {
    if (k == 0) {
      h.push_back(system.d);
      continue;
    }
    double sum = 0.0;
    for (std::size_t i = 0; i < system.n; ++i) {
      sum += system.c[i] * v[i];
    }
    h.push_back(sum);
    v = multiply(system.a, v);
  }
  return h;
}

RationalFunction transfer_function(const StateSpace& system) {
  const std::size_t n = system.n;
  RationalFunction out{{}, {1.0}};
  // Faddeev-LeVerrier: den[k] = -trace(a m) / k, m <- a m + den[k] I.
  Matrix m = Matrix::identity(n);
  for (std::size_t k = 1; k <= n; ++k) {
    m = multiply(system.a, m);
    double trace = 0.0;
    for (std::size_t i = 0; i < n; ++i) {
      trace += m(i, i);
    }
    const double coefficient = -trace / static_cast<double>(k);
    out.den.push_back(coefficient);
    for (std::size_t i = 0; i < n; ++i) {
      m(i, i) += coefficient;
    }
  }
  // num = den * h, cut to n + 1 terms, since h = num / den as power series in 1/z.
  const std::vector<double> h = impulse_response(system, n + 1);
  for (std::size_t k = 0; k <= n; ++k) {
    double sum = 0.0;
    for (std::size_t j = 0; j <= k; ++j) {
      sum += out.den[j] * h[k - j];
    }
    out.num.push_back(sum);
  }
  return out;
}

}  // namespace stepcast::math
