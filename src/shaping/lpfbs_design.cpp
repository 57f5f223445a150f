#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "stepcast/math/bspline.hpp"
#include "stepcast/shaping/lpfbs.hpp"

namespace stepcast::shaping {

namespace {

using math::Matrix;
using math::StateSpace;

/// Knot spacing and preview beyond which a mistake is more likely than a wish: a second between
/// knots, and a fit of 1000 unknowns, which would take minutes.
constexpr int kMaxKnotSpacing = 1000;
constexpr int kMaxCoefficients = 1000;

Result<void> check_range(const char* name, int value, int low, int high) {
  if (value < low || value > high) {
    return fail(Errc::kInvalidArgument,
                fmt::format("{} is {}; it must lie between {} and {}", name, value, low, high));
  }
  return {};
}

Result<void> check_config(const LpfbsConfig& c) {
  if (!(c.ridge >= 0.0) || !std::isfinite(c.ridge)) {
    return fail(Errc::kInvalidArgument,
                fmt::format("the ridge weight is {}; it must be 0 or more", c.ridge));
  }
  return check_range("the degree", c.degree, 2, math::kMaxSplineDegree)
      .and_then([&] {
        return check_range("the knot spacing in samples", c.knot_spacing_samples, 1,
                           kMaxKnotSpacing);
      })
      .and_then([&] { return check_range("n_c", c.n_c, 1, kMaxCoefficients); })
      .and_then([&] { return check_range("n_up", c.n_up, 1, c.n_c); });
}

/// Column j: `signal` from sample -offset(j) on, where offset(j) = (first + j) * spacing.
Matrix delayed(std::span<const double> signal, int first, int spacing, std::size_t columns,
               std::size_t rows) {
  Matrix out(rows, columns);
  for (std::size_t j = 0; j < columns; ++j) {
    const std::ptrdiff_t offset =
        (first + static_cast<std::ptrdiff_t>(j)) * static_cast<std::ptrdiff_t>(spacing);
    for (std::size_t k = 0; k < rows; ++k) {
      const std::ptrdiff_t at = static_cast<std::ptrdiff_t>(k) - offset;
      if (at >= 0 && at < std::ssize(signal)) {
        out(k, j) = signal[static_cast<std::size_t>(at)];
      }
    }
  }
  return out;
}

/// Response of the axis at rest to each column.
Matrix filtered(const Matrix& input, std::span<const double> impulse) {
  Matrix out(input.rows, input.cols);
  for (std::size_t k = 0; k < input.rows; ++k) {
    for (std::size_t i = 0; i <= k; ++i) {
      const double h = impulse[k - i];
      for (std::size_t j = 0; j < input.cols; ++j) {
        out(k, j) += h * input(i, j);
      }
    }
  }
  return out;
}

/// Row k: c a^k, the free response of the state.
Matrix observability(const StateSpace& g, std::size_t rows) {
  Matrix out(rows, g.n);
  std::vector<double> row = g.c;
  for (std::size_t k = 0; k < rows; ++k) {
    std::vector<double> next(g.n, 0.0);
    for (std::size_t i = 0; i < g.n; ++i) {
      out(k, i) = row[i];
      for (std::size_t j = 0; j < g.n; ++j) {
        next[j] += row[i] * g.a(i, j);
      }
    }
    row = std::move(next);
  }
  return out;
}

/// [a^(n-1) b ... a b  b]: the state after `columns` inputs from rest.
Matrix reachability(const StateSpace& g, std::size_t columns) {
  Matrix out(g.n, columns);
  std::vector<double> v = g.b;
  for (std::size_t k = columns; k-- > 0;) {
    for (std::size_t i = 0; i < g.n; ++i) {
      out(i, k) = v[i];
    }
    v = multiply(g.a, v);
  }
  return out;
}

Matrix top_left(const Matrix& a, std::size_t rows, std::size_t cols) {
  Matrix out(rows, cols);
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < cols; ++j) {
      out(i, j) = a(i, j);
    }
  }
  return out;
}

/// Writes `part` into `whole` with its upper left corner at (row, col).
void place(Matrix& whole, const Matrix& part, std::size_t row, std::size_t col) {
  for (std::size_t i = 0; i < part.rows; ++i) {
    for (std::size_t j = 0; j < part.cols; ++j) {
      whole(row + i, col + j) = part(i, j);
    }
  }
}

/// The fit with rows sqrt(ridge) (p[i] - 2 p[i+1] + p[i+2]) appended.
Matrix with_ridge(const Matrix& fit, double ridge) {
  if (ridge == 0.0 || fit.cols < 3) {
    return fit;
  }
  Matrix out(fit.rows + fit.cols - 2, fit.cols);
  place(out, fit, 0, 0);
  const double weight = std::sqrt(ridge);
  for (std::size_t i = 0; i + 2 < fit.cols; ++i) {
    out(fit.rows + i, i) = weight;
    out(fit.rows + i, i + 1) = -2.0 * weight;
    out(fit.rows + i, i + 2) = weight;
  }
  return out;
}

/// One window with the plan at rest, as a map of [x; p]: p is the last m of [p; -feedback [x; p]].
Matrix window_map(const LpfbsDesign& d) {
  const std::size_t n = d.states;
  const auto m = static_cast<std::size_t>(d.config.degree);
  const auto kept = static_cast<std::size_t>(d.config.n_up);
  Matrix all(n + m + kept, n + m);
  place(all, Matrix::identity(n + m), 0, 0);
  for (std::size_t i = 0; i < kept; ++i) {
    for (std::size_t j = 0; j < n + m; ++j) {
      all(n + m + i, j) = -d.feedback(i, j);
    }
  }
  Matrix out(n + m, n + m);
  place(out, multiply(d.state_update, all), 0, 0);
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t j = 0; j < n + m; ++j) {
      out(n + i, j) = all(n + kept + i, j);
    }
  }
  return out;
}

}  // namespace

Result<LpfbsDesign> design_lpfbs(const LpfbsConfig& config, const StateSpace& response) {
  if (auto checked = check_config(config); !checked) {
    return tl::unexpected(checked.error());
  }
  const int spacing = config.knot_spacing_samples;
  const auto knot = static_cast<std::size_t>(spacing);
  const auto m = static_cast<std::size_t>(config.degree);
  const auto fitted = static_cast<std::size_t>(config.n_c);
  const auto kept = static_cast<std::size_t>(config.n_up);
  const std::size_t n = response.n;
  const std::size_t preview = fitted * knot;
  const std::size_t block = kept * knot;

  const std::vector<double> spline = math::sampled_bspline(config.degree, spacing);
  const std::vector<double> impulse = math::impulse_response(response, preview);
  const Matrix current = delayed(spline, 0, spacing, fitted, preview);       // N_C
  const Matrix past = delayed(spline, -config.degree, spacing, m, preview);  // N_P
  const Matrix fit = filtered(current, impulse);                             // H N_C

  LpfbsDesign out;
  out.config = config;
  out.states = n;
  auto plain = math::pseudo_inverse(fit);
  if (!plain) {
    return tl::unexpected(plain.error());
  }
  out.condition = plain->condition;
  Matrix inverse = std::move(plain->inverse);
  if (config.ridge > 0.0) {
    auto smoothed = math::pseudo_inverse(with_ridge(fit, config.ridge));
    if (!smoothed) {
      return tl::unexpected(smoothed.error());
    }
    inverse = std::move(smoothed->inverse);
  }
  out.gain = top_left(inverse, kept, preview);  // G

  out.feedback = Matrix(kept, n + m);
  place(out.feedback, multiply(out.gain, observability(response, preview)), 0, 0);  // Kx
  place(out.feedback, multiply(out.gain, filtered(past, impulse)), 0, n);           // Kp

  const Matrix reach = reachability(response, block);  // R
  out.state_update = Matrix(n, n + m + kept);
  place(out.state_update, math::power(response.a, block), 0, 0);                       // Ax
  place(out.state_update, multiply(reach, top_left(past, block, m)), 0, n);            // Bp
  place(out.state_update, multiply(reach, top_left(current, block, kept)), 0, n + m);  // Bc

  out.basis = Matrix(m + 1, knot);
  for (std::size_t q = 0; q <= m; ++q) {
    for (std::size_t j = 0; j < knot; ++j) {
      out.basis(q, j) = spline[(m - q) * knot + j];
    }
  }
  auto rho = math::spectral_radius(window_map(out));
  if (!rho) {
    return tl::unexpected(rho.error());
  }
  out.rho = *rho;
  return out;
}

}  // namespace stepcast::shaping
