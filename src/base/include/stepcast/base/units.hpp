#pragma once

#include <compare>
#include <cstdint>
#include <limits>

namespace stepcast {

/// A double tagged with powers of millimetre (L) and second (T); costs nothing at run time.
///
/// The arithmetic keeps the dimensions: `Mm / Seconds` is `MmPerS`, and a speed does not convert
/// to a length. `v` is the bare number in mm and s, for kernels that have left the typed world.
template <int L, int T>
struct Quantity {
  double v{};

  constexpr Quantity() = default;
  constexpr explicit Quantity(double value) : v(value) {}

  constexpr Quantity operator-() const { return Quantity(-v); }
  constexpr Quantity& operator+=(Quantity o) {
    v += o.v;
    return *this;
  }
  constexpr Quantity& operator-=(Quantity o) {
    v -= o.v;
    return *this;
  }
  friend constexpr Quantity operator+(Quantity a, Quantity b) { return Quantity(a.v + b.v); }
  friend constexpr Quantity operator-(Quantity a, Quantity b) { return Quantity(a.v - b.v); }
  friend constexpr Quantity operator*(double k, Quantity a) { return Quantity(k * a.v); }
  friend constexpr Quantity operator*(Quantity a, double k) { return Quantity(k * a.v); }
  friend constexpr Quantity operator/(Quantity a, double k) { return Quantity(a.v / k); }
  friend constexpr double operator/(Quantity a, Quantity b) { return a.v / b.v; }
  friend constexpr auto operator<=>(Quantity, Quantity) = default;
};

template <int L1, int T1, int L2, int T2>
requires(L1 != L2 || T1 != T2) constexpr auto operator/(Quantity<L1, T1> a, Quantity<L2, T2> b) {
  return Quantity<L1 - L2, T1 - T2>(a.v / b.v);
}
template <int L1, int T1, int L2, int T2>
constexpr auto operator*(Quantity<L1, T1> a, Quantity<L2, T2> b) {
  return Quantity<L1 + L2, T1 + T2>(a.v * b.v);
}

using Mm = Quantity<1, 0>;
using Seconds = Quantity<0, 1>;
using Hertz = Quantity<0, -1>;
using MmPerS = Quantity<1, -1>;
using MmPerS2 = Quantity<1, -2>;
using MmPerS3 = Quantity<1, -3>;

inline constexpr double kSecondsPerMinute = 60.0;
/// No limit.
inline constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Motor steps: a count, or a position counted from where the axis stood when the device was
/// initialised.
using Steps = std::int64_t;

/// Ticks of the step grid since the start of a print (20 kHz unless the profile says otherwise).
using Ticks = std::int64_t;

/// A temperature on the Celsius scale.
struct Celsius {
  double v{};
  friend constexpr auto operator<=>(Celsius, Celsius) = default;
};

}  // namespace stepcast
