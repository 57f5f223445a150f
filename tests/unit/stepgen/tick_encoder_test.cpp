#include "stepcast/stepgen/tick_encoder.hpp"

#include <array>

#include <gtest/gtest.h>

namespace stepcast::stepgen {
namespace {

TEST(TickEncoder, SetsStepAndDirectionOfEachMotor) {
  PerAxis<std::vector<StepEvent>> events;
  events[Axis::kX] = {{0, true}, {2, false}};
  events[Axis::kE] = {{2, true}};
  std::array<std::uint8_t, 4> ticks{0xff, 0xff, 0xff, 0xff};
  encode_ticks(events, ticks);
  EXPECT_EQ(ticks, (std::array<std::uint8_t, 4>{0x11, 0x00, 0x89, 0x00}));
}

}  // namespace
}  // namespace stepcast::stepgen
