// Evaluates the formulas that docs/theory/planning.md prints, section by section.
#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "stepcast/planner/corner_smoother.hpp"
#include "stepcast/planner/scurve.hpp"

namespace stepcast::planner {
namespace {

machine::PathLimits limits(double acceleration, double deviation) {
  return {.acceleration = MmPerS2(acceleration),
          .jerk = MmPerS3(1e12),  // no jerk box to speak of
          .junction_deviation = Mm(deviation)};
}

// E|t|^power over the kernel, in seconds.
double moment(const SmoothingKernel& kernel, Seconds period, int power) {
  const double half = static_cast<double>(kernel.size() / 2);
  double sum = 0;
  for (std::size_t i = 0; i < kernel.size(); ++i) {
    sum += kernel[i] * std::pow(std::abs(static_cast<double>(i) - half) * period.v, power);
  }
  return sum;
}

TEST(PlanningFormulas, KneeAndJerkPhaseOfThePapersLimits) {
  const RampLimits paper{MmPerS2(1e4), MmPerS3(5e6)};
  // Up to 20 mm/s the acceleration limit is not reached: t = 2 sqrt(D/j); then D/a + a/j.
  EXPECT_DOUBLE_EQ(speed_change(MmPerS(0), MmPerS(20), paper).duration.v, 2 * std::sqrt(20 / 5e6));
  EXPECT_DOUBLE_EQ(speed_change(MmPerS(0), MmPerS(20), paper).duration.v, 20 / 1e4 + 0.002);
  EXPECT_DOUBLE_EQ(speed_change(MmPerS(10), MmPerS(75), paper).duration.v, 65 / 1e4 + 0.002);
}

TEST(PlanningFormulas, JumpOfVelocityAtACorner) {
  const double a = 1e4;
  const double d = 0.05;
  for (double s = 0.05; s < 1; s += 0.05) {
    const double v = std::sqrt(a * d * s / (1 - s));
    const double dv = 2 * v * std::sqrt(1 - s * s);
    EXPECT_NEAR(dv, std::sqrt(4 * a * d * s * (1 + s)), 1e-9);
    EXPECT_LE(dv, std::sqrt(8 * a * d));
  }
}

TEST(PlanningFormulas, KernelIsABoxSomewhatNarrowerThanTheRootOf8DOverA) {
  const Seconds fine(1e-4);
  const auto kernel = junction_kernel(limits(500, 0.05), fine);
  const double ideal = std::sqrt(8 * 0.05 / 500);
  const double width = std::sqrt(12 * moment(kernel, fine, 2));  // of a box
  EXPECT_NEAR(width / ideal, 0.94, 0.005);
  EXPECT_NEAR(moment(kernel, fine, 1), width / 4, 1e-3 * width);
}

TEST(PlanningFormulas, LargestRoundingIsTheJunctionDeviation) {
  const Seconds fine(1e-4);
  for (const double a : {500.0, 2000.0}) {
    for (const double d : {0.02, 0.1}) {
      const auto kernel = junction_kernel(limits(a, d), fine);
      double largest = 0;
      for (double s = 0; s <= 1; s += 0.001) {
        largest = std::max(largest, std::sqrt(a * d * s * (1 + s)) * moment(kernel, fine, 1) +
                                        a / 2 * std::sqrt(1 - s * s) * moment(kernel, fine, 2));
      }
      EXPECT_NEAR(largest, d, 1e-3 * d) << "a " << a << " d " << d;
    }
  }
}

TEST(PlanningFormulas, JerkBoxSpreadsTheJumpOverItsOwnWidth) {
  // Weights rise over a/j: the acceleration dv/W comes within a/j, at a jerk of
  // 1.11 j, since W is narrower than sqrt(8 d/a).
  machine::PathLimits paper = limits(1e4, 0.05);
  paper.jerk = MmPerS3(5e6);
  const Seconds fine(1e-5);
  const auto kernel = junction_kernel(paper, fine);
  double steepest = 0;
  for (std::size_t i = 1; i < kernel.size(); ++i) {
    steepest = std::max(steepest, std::abs(kernel[i] - kernel[i - 1]) / (fine.v * fine.v));
  }
  const double largest_jump = std::sqrt(8 * 1e4 * 0.05);
  EXPECT_NEAR(largest_jump * steepest, 5e6 * 1.11, 5e6 * 0.01);
}

}  // namespace
}  // namespace stepcast::planner
