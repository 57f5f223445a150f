#include "stepcast/math/transfer_function.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include <fmt/format.h>

#include "stepcast/base/contracts.hpp"
#include "stepcast/math/matrix.hpp"

namespace stepcast::math {

namespace {

using Complex = std::complex<double>;

/// Points between DC and Nyquist at which a reduced function is compared with the original.
constexpr int kComparedFrequencies = 64;
/// Imaginary part, relative to the modulus, below which a computed root is called real: the
/// square root of the machine precision is what a double root loses.
constexpr double kRealRoot = 1e-8;
/// Newton steps per root after the eigenvalue iteration; each doubles the correct digits.
constexpr int kPolishSteps = 3;

bool is_real(Complex root) {
  return std::abs(root.imag()) <= kRealRoot * std::abs(root);
}

std::vector<double> without_leading_zeros(std::span<const double> polynomial) {
  const auto first =
      std::find_if(polynomial.begin(), polynomial.end(), [](double c) { return c != 0.0; });
  return {first, polynomial.end()};
}

bool all_finite(std::span<const double> values) {
  return std::all_of(values.begin(), values.end(), [](double v) { return std::isfinite(v); });
}

Complex horner(std::span<const double> polynomial, Complex s) {
  Complex value = 0.0;
  for (const double c : polynomial) {
    value = value * s + c;
  }
  return value;
}

Complex polished(std::span<const double> p, Complex root) {
  for (int step = 0; step < kPolishSteps; ++step) {
    Complex value = 0.0;
    Complex slope = 0.0;
    for (const double c : p) {
      slope = slope * root + value;
      value = value * root + c;
    }
    if (slope == 0.0) {
      return root;
    }
    const Complex next = root - value / slope;
    if (!(std::abs(horner(p, next)) < std::abs(value))) {
      return root;
    }
    root = next;
  }
  return root;
}

}  // namespace

Result<std::vector<Complex>> roots(std::span<const double> polynomial) {
  const std::vector<double> p = without_leading_zeros(polynomial);
  if (p.empty() || !all_finite(p)) {
    return fail(
        Errc::kInvalidArgument,
        fmt::format("a polynomial of {} coefficients is zero or not finite", polynomial.size()));
  }
  std::vector<Complex> out;
  auto end = p.size();
  while (end > 1 && p[end - 1] == 0.0) {
    out.emplace_back(0.0);
    --end;
  }
  const std::size_t n = end - 1;
  if (n == 0) {
    return out;
  }
  // Roots of the polynomial in s / scale, whose first and last coefficients have equal modulus.
  const double scale = std::pow(std::abs(p[n] / p[0]), 1.0 / static_cast<double>(n));
  std::vector<double> scaled(n + 1);
  Matrix companion(n, n);
  for (std::size_t i = 0; i <= n; ++i) {
    scaled[i] = p[i] / p[0] / std::pow(scale, static_cast<double>(i));
  }
  for (std::size_t i = 0; i < n; ++i) {
    companion(0, i) = -scaled[i + 1];
    if (i > 0) {
      companion(i, i - 1) = 1.0;
    }
  }
  return eigenvalues(companion).map([&](const std::vector<Complex>& values) {
    for (const Complex& value : values) {
      out.push_back(scale * polished(scaled, value));
    }
    return out;
  });
}

Result<std::vector<Mode>> modes(std::span<const double> polynomial) {
  return roots(polynomial).map([](const std::vector<Complex>& all) {
    std::vector<Mode> out;
    for (const Complex& root : all) {
      if (root.imag() >= 0.0) {
        const double modulus = std::abs(root);
        out.push_back({Hertz(modulus / (2.0 * std::numbers::pi)),
                       modulus > 0.0 ? -root.real() / modulus : 0.0});
      }
    }
    std::sort(out.begin(), out.end(),
              [](const Mode& a, const Mode& b) { return a.frequency < b.frequency; });
    return out;
  });
}

Complex evaluate(const RationalFunction& g, Complex s) {
  return horner(g.num, s) / horner(g.den, s);
}

Seconds velocity_lag(const RationalFunction& g) {
  const auto linear = [](const std::vector<double>& p) {
    return p.size() < 2 ? 0.0 : p[p.size() - 2];
  };
  return Seconds((linear(g.den) - linear(g.num)) / g.den.back());
}

Result<void> check_axis_response(const RationalFunction& g) {
  constexpr const char* kRemedy = "check the coefficients, highest power of s first";
  if (!all_finite(g.num) || !all_finite(g.den)) {
    return fail(Errc::kInvalidArgument, "the response has a coefficient that is not finite", {},
                kRemedy);
  }
  const std::vector<double> num = without_leading_zeros(g.num);
  const std::vector<double> den = without_leading_zeros(g.den);
  if (num.empty() || den.empty()) {
    return fail(Errc::kInvalidArgument, "the response has an empty numerator or denominator", {},
                kRemedy);
  }
  if (num.size() > den.size()) {
    return fail(Errc::kInvalidArgument,
                fmt::format("the response is improper: the numerator has degree {}, the "
                            "denominator only {}",
                            num.size() - 1, den.size() - 1),
                {}, kRemedy);
  }
  const auto poles = roots(den);
  if (!poles) {
    return tl::unexpected(poles.error());
  }
  for (const Complex& pole : *poles) {
    if (!(pole.real() < 0.0)) {
      return fail(
          Errc::kInvalidArgument,
          fmt::format("the response is not stable: it has a pole at {:.6g} {:+.6g}i rad/s, and the "
                      "real part of every pole must be negative",
                      pole.real(), pole.imag()),
          {}, kRemedy);
    }
  }
  const double gain = num.back() / den.back();
  if (!(std::abs(gain - 1.0) <= kDcGainTolerance)) {
    return fail(Errc::kInvalidArgument,
                fmt::format("the DC gain of the response is {:.9g}, and it must be 1 within {:g}",
                            gain, kDcGainTolerance),
                {}, "divide the numerator by the gain; steps per mm belong into steps_per_mm");
  }
  return {};
}

Result<RationalFunction> drop_fast_poles(const RationalFunction& g, Seconds period) {
  STEPCAST_CHECK(period.v > 0.0);
  const std::vector<double> num = without_leading_zeros(g.num);
  const std::vector<double> den = without_leading_zeros(g.den);
  const auto poles = roots(den);
  if (!poles) {
    return tl::unexpected(poles.error());
  }
  const double nyquist = std::numbers::pi / period.v;
  std::size_t fast = 0;
  for (const Complex& pole : *poles) {
    if (std::abs(pole) < kFastPoleRatio * nyquist) {
      continue;
    }
    if (!is_real(pole)) {
      return fail(Errc::kUnsupported,
                  fmt::format("the response has a complex pole pair at {:.4g} Hz, {:g} times above "
                              "the Nyquist frequency of the sampling",
                              std::abs(pole) / (2.0 * std::numbers::pi), kFastPoleRatio),
                  {}, "fit a model of lower order");
    }
    ++fast;
  }
  if (num.size() + fast > den.size()) {
    return fail(Errc::kUnsupported,
                fmt::format("without its {} fast poles the response would be improper (numerator "
                            "of degree {}, denominator of degree {})",
                            fast, num.size() - 1, den.size() - 1),
                {}, "fit a model of lower order");
  }
  RationalFunction out;
  const double leading = den[fast];
  for (const double c : num) {
    out.num.push_back(c / leading);
  }
  for (std::size_t i = fast; i < den.size(); ++i) {
    out.den.push_back(den[i] / leading);
  }
  for (int i = 0; fast > 0 && i <= kComparedFrequencies; ++i) {
    const Complex s(0.0, nyquist * i / kComparedFrequencies);
    const Complex before = evaluate(g, s);
    const double difference = std::abs(evaluate(out, s) - before);
    if (!(difference <= kReductionTolerance * std::abs(before))) {
      return fail(
          Errc::kUnsupported,
          fmt::format("without its {} fast poles the response changes by {:.3g} at {:.4g} Hz; at "
                      "most {:g} is allowed",
                      fast, difference / std::abs(before), s.imag() / (2.0 * std::numbers::pi),
                      kReductionTolerance),
          {}, "fit a model of lower order");
    }
  }
  return out;
}

RationalFunction with_unit_gain(const RationalFunction& g) {
  RationalFunction out = g;
  const double gain = g.num.back() / g.den.back();
  STEPCAST_CHECK(std::isfinite(gain) && gain != 0.0);
  for (double& c : out.num) {
    c /= gain;
  }
  return out;
}

RationalFunction scale_frequency(const RationalFunction& g, double factor) {
  const auto scaled = [factor](std::vector<double> p) {
    double power = 1.0;
    for (std::size_t i = p.size(); i-- > 0;) {
      p[i] *= power;
      power /= factor;
    }
    return p;
  };
  return {scaled(g.num), scaled(g.den)};
}

Result<RationalFunction> scale_damping(const RationalFunction& g, double factor) {
  const std::vector<double> den = without_leading_zeros(g.den);
  const auto poles = roots(den);
  if (!poles) {
    return tl::unexpected(poles.error());
  }
  std::vector<Complex> product{den[0]};
  for (const Complex& pole : *poles) {
    Complex moved = pole;
    if (!is_real(pole)) {
      const double real = pole.real() * factor;
      const double square = std::norm(pole) - real * real;
      STEPCAST_CHECK(square >= 0.0);
      moved = Complex(real, std::copysign(std::sqrt(square), pole.imag()));
    }
    product.emplace_back(0.0);
    for (std::size_t i = product.size() - 1; i > 0; --i) {
      product[i] -= moved * product[i - 1];
    }
  }
  RationalFunction out{g.num, {}};
  for (const Complex& c : product) {
    out.den.push_back(c.real());
  }
  const double gain = (out.den.back() / out.num.back()) * (g.num.back() / g.den.back());
  for (double& c : out.num) {
    c *= gain;
  }
  return out;
}

}  // namespace stepcast::math
