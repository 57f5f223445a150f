// The only translation unit that sees Eigen: its templates cost more to compile than all of the
// rest of the library.
#include <cmath>
#include <limits>
#include <utility>

#include <Eigen/Eigenvalues>
#include <Eigen/SVD>
#include <fmt/format.h>
#include <unsupported/Eigen/MatrixFunctions>

#include "stepcast/base/contracts.hpp"
#include "stepcast/math/matrix.hpp"

namespace stepcast::math {

namespace {

Eigen::MatrixXd to_eigen(const Matrix& a) {
  Eigen::MatrixXd out(static_cast<Eigen::Index>(a.rows), static_cast<Eigen::Index>(a.cols));
  for (std::size_t i = 0; i < a.rows; ++i) {
    for (std::size_t j = 0; j < a.cols; ++j) {
      out(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) = a(i, j);
    }
  }
  return out;
}

Matrix from_eigen(const Eigen::MatrixXd& a) {
  Matrix out(static_cast<std::size_t>(a.rows()), static_cast<std::size_t>(a.cols()));
  for (std::size_t i = 0; i < out.rows; ++i) {
    for (std::size_t j = 0; j < out.cols; ++j) {
      out(i, j) = a(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j));
    }
  }
  return out;
}

}  // namespace

Matrix exponential(const Matrix& a) {
  STEPCAST_CHECK(a.rows == a.cols);
  if (a.rows == 0) {
    return a;
  }
  const Eigen::MatrixXd value = to_eigen(a).exp();
  return from_eigen(value);
}

Result<std::vector<std::complex<double>>> eigenvalues(const Matrix& a) {
  STEPCAST_CHECK(a.rows == a.cols);
  if (a.rows == 0) {
    return std::vector<std::complex<double>>{};
  }
  const Eigen::MatrixXd matrix = to_eigen(a);
  if (!matrix.allFinite()) {
    return fail(Errc::kUnsupported, "eigenvalues of a matrix with entries that are not finite");
  }
  const Eigen::EigenSolver<Eigen::MatrixXd> solver(matrix, /*computeEigenvectors=*/false);
  if (solver.info() != Eigen::Success) {
    return fail(Errc::kUnsupported,
                fmt::format("the eigenvalues of a {0} x {0} matrix did not converge", a.rows));
  }
  const auto& values = solver.eigenvalues();
  return std::vector<std::complex<double>>(values.data(), values.data() + values.size());
}

Result<double> spectral_radius(const Matrix& a) {
  return eigenvalues(a).map([](const std::vector<std::complex<double>>& values) {
    double radius = 0.0;
    for (const std::complex<double>& value : values) {
      radius = std::max(radius, std::abs(value));
    }
    return radius;
  });
}

Result<PseudoInverse> pseudo_inverse(const Matrix& a) {
  STEPCAST_CHECK(a.rows >= a.cols && a.cols > 0);
  const Eigen::JacobiSVD<Eigen::MatrixXd> svd(to_eigen(a),
                                              Eigen::ComputeThinU | Eigen::ComputeThinV);
  const auto& singular = svd.singularValues();
  const double largest = singular(0);
  const double smallest = singular(singular.size() - 1);
  // Below this ratio the smallest singular value is rounding noise and its direction arbitrary.
  const double noise = std::numeric_limits<double>::epsilon() * static_cast<double>(a.rows);
  if (!(smallest > noise * largest)) {
    return fail(Errc::kInvalidArgument,
                fmt::format("the {} unknowns of a least-squares fit to {} samples are not "
                            "independent (singular values {:.3g} to {:.3g})",
                            a.cols, a.rows, largest, smallest));
  }
  const Eigen::MatrixXd inverse =
      svd.matrixV() * singular.cwiseInverse().asDiagonal() * svd.matrixU().transpose();
  return PseudoInverse{from_eigen(inverse), largest / smallest};
}

}  // namespace stepcast::math
