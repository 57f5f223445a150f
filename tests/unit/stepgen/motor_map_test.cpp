#include "stepcast/stepgen/motor_map.hpp"

#include <gtest/gtest.h>

namespace stepcast::stepgen {
namespace {

constexpr PerAxis<double> kTool{{3.0, 5.0, 7.0, 11.0}};

TEST(MotorMap, CartesianMotorsAreTheAxes) {
  for (Axis axis : kAllAxes) {
    EXPECT_EQ(motor_position(machine::Kinematics::kCartesian, kTool, axis), kTool[axis]);
  }
}

TEST(MotorMap, CoreXyBeltsAreSumAndDifference) {
  EXPECT_EQ(motor_position(machine::Kinematics::kCoreXy, kTool, Axis::kX), 8.0);
  EXPECT_EQ(motor_position(machine::Kinematics::kCoreXy, kTool, Axis::kY), -2.0);
  EXPECT_EQ(motor_position(machine::Kinematics::kCoreXy, kTool, Axis::kZ), 7.0);
  EXPECT_EQ(motor_position(machine::Kinematics::kCoreXy, kTool, Axis::kE), 11.0);
}

}  // namespace
}  // namespace stepcast::stepgen
