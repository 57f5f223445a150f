#include "stepcast/math/matrix.hpp"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace stepcast::math {
namespace {

Matrix two_by_two(double a, double b, double c, double d) {
  Matrix out(2, 2);
  out.data = {a, b, c, d};
  return out;
}

TEST(Matrix, MultipliesRowsByColumns) {
  const Matrix product = multiply(two_by_two(1, 2, 3, 4), two_by_two(5, 6, 7, 8));
  EXPECT_EQ(product.data, (std::vector<double>{19, 22, 43, 50}));
  EXPECT_EQ(multiply(two_by_two(1, 2, 3, 4), std::vector<double>{5, 6}),
            (std::vector<double>{17, 39}));
}

TEST(Matrix, PowerZeroIsTheIdentity) {
  EXPECT_EQ(power(two_by_two(1, 2, 3, 4), 0).data, Matrix::identity(2).data);
}

TEST(Matrix, PowerMultipliesRepeatedly) {
  EXPECT_EQ(power(two_by_two(1, 1, 0, 1), 13).data, (std::vector<double>{1, 13, 0, 1}));
}

TEST(Exponential, OfARotationGeneratorRotates) {
  const Matrix e = exponential(two_by_two(0, -0.5, 0.5, 0));
  EXPECT_NEAR(e(0, 0), std::cos(0.5), 1e-15);
  EXPECT_NEAR(e(1, 0), std::sin(0.5), 1e-15);
}

TEST(Exponential, OfANilpotentMatrixIsItsShortSeries) {
  const Matrix e = exponential(two_by_two(0, 7, 0, 0));
  EXPECT_NEAR(e(0, 1), 7.0, 1e-14);
  EXPECT_NEAR(e(0, 0), 1.0, 1e-15);
}

TEST(SpectralRadius, IsTheModulusOfAComplexPair) {
  EXPECT_NEAR(spectral_radius(two_by_two(0.3, -0.4, 0.4, 0.3)).value(), 0.5, 1e-14);
}

TEST(SpectralRadius, RefusesEntriesThatAreNotFinite) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto radius = spectral_radius(two_by_two(nan, 0, 0, 1));
  ASSERT_FALSE(radius.has_value());
  EXPECT_EQ(radius.error().code, Errc::kUnsupported);
}

TEST(PseudoInverse, SolvesLeastSquares) {
  Matrix a(3, 2);
  a.data = {1, 0, 1, 1, 1, 2};
  const auto inverse = pseudo_inverse(a);
  ASSERT_TRUE(inverse.has_value());
  // The line through (0, 1), (1, 2), (2, 4) with the smallest squared error: 5/6 + 3/2 t.
  const auto line = multiply(inverse->inverse, std::vector<double>{1, 2, 4});
  EXPECT_NEAR(line[0], 5.0 / 6.0, 1e-14);
  EXPECT_NEAR(line[1], 1.5, 1e-14);
}

TEST(PseudoInverse, NamesTheConditionOfADiagonal) {
  const auto inverse = pseudo_inverse(two_by_two(1000, 0, 0, 0.5));
  ASSERT_TRUE(inverse.has_value());
  EXPECT_NEAR(inverse->condition, 2000.0, 1e-9);
}

TEST(PseudoInverse, RefusesDependentColumns) {
  const auto inverse = pseudo_inverse(two_by_two(1, 2, 2, 4));
  ASSERT_FALSE(inverse.has_value());
  EXPECT_EQ(inverse.error().code, Errc::kInvalidArgument);
  EXPECT_NE(inverse.error().message.find("not independent"), std::string::npos);
}

}  // namespace
}  // namespace stepcast::math
