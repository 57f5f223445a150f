#pragma once

#include <complex>
#include <cstddef>
#include <span>
#include <vector>

#include "stepcast/base/result.hpp"

namespace stepcast::math {

/// A dense matrix of doubles, row by row. Holds configuration-time results; run-time kernels take
/// `data` and index it themselves.
struct Matrix {
  std::size_t rows{};
  std::size_t cols{};
  std::vector<double> data;

  Matrix() = default;
  /// All zero.
  Matrix(std::size_t row_count, std::size_t column_count)
      : rows(row_count), cols(column_count), data(row_count * column_count, 0.0) {}

  [[nodiscard]] static Matrix identity(std::size_t size);

  double& operator()(std::size_t row, std::size_t col) { return data[row * cols + col]; }
  double operator()(std::size_t row, std::size_t col) const { return data[row * cols + col]; }
  [[nodiscard]] std::span<const double> row(std::size_t r) const {
    return std::span(data).subspan(r * cols, cols);
  }
};

/// @pre a.cols == b.rows
[[nodiscard]] Matrix multiply(const Matrix& a, const Matrix& b);
/// @pre a.cols == v.size()
[[nodiscard]] std::vector<double> multiply(const Matrix& a, std::span<const double> v);
/// a * a * ... (`exponent` factors). @pre a is square
[[nodiscard]] Matrix power(const Matrix& a, std::size_t exponent);

/// e^a by scaling and squaring with a Pade approximant. @pre a is square
[[nodiscard]] Matrix exponential(const Matrix& a);

/// @pre a is square
/// @returns kUnsupported when the iteration does not converge (entries that are not finite).
[[nodiscard]] Result<std::vector<std::complex<double>>> eigenvalues(const Matrix& a);

/// Largest modulus of an eigenvalue: the factor by which z' = a z grows or decays in the long run.
[[nodiscard]] Result<double> spectral_radius(const Matrix& a);

struct PseudoInverse {
  Matrix inverse;      ///< cols x rows: the least-squares solution of a p = x is inverse x.
  double condition{};  ///< Largest over smallest singular value.
};

/// Least squares once and for all, by singular values.
/// @pre a.rows >= a.cols
/// @returns kInvalidArgument when the columns are linearly dependent to working precision.
[[nodiscard]] Result<PseudoInverse> pseudo_inverse(const Matrix& a);

}  // namespace stepcast::math
