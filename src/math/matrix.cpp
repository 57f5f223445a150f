#include "stepcast/math/matrix.hpp"

#include "stepcast/base/contracts.hpp"

namespace stepcast::math {

Matrix Matrix::identity(std::size_t size) {
  Matrix out(size, size);
  for (std::size_t i = 0; i < size; ++i) {
    out(i, i) = 1.0;
  }
  return out;
}

Matrix multiply(const Matrix& a, const Matrix& b) {
  STEPCAST_CHECK(a.cols == b.rows);
  Matrix out(a.rows, b.cols);
  for (std::size_t i = 0; i < a.rows; ++i) {
    for (std::size_t k = 0; k < a.cols; ++k) {
      const double factor = a(i, k);
      for (std::size_t j = 0; j < b.cols; ++j) {
        out(i, j) += factor * b(k, j);
      }
    }
  }
  return out;
}

std::vector<double> multiply(const Matrix& a, std::span<const double> v) {
  STEPCAST_CHECK(a.cols == v.size());
  std::vector<double> out(a.rows, 0.0);
  for (std::size_t i = 0; i < a.rows; ++i) {
    for (std::size_t k = 0; k < a.cols; ++k) {
      out[i] += a(i, k) * v[k];
    }
  }
  return out;
}

Matrix power(const Matrix& a, std::size_t exponent) {
  STEPCAST_CHECK(a.rows == a.cols);
  Matrix out = Matrix::identity(a.rows);
  Matrix square = a;
  for (; exponent > 0; exponent /= 2) {
    if (exponent % 2 == 1) {
      out = multiply(out, square);
    }
    square = multiply(square, square);
  }
  return out;
}

}  // namespace stepcast::math
