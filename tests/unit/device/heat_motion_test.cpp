// Heater actions in the motion: at their tick, in their order, and the motion waits.
#include <cstdint>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stepcast/device/thermal_plant.hpp"

#include "core_rig.hpp"

namespace stepcast::device {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using wire::DeviceState;

DeviceConfig hot_machine() {
  DeviceConfig config{.virtual_motors = true};
  config.heat.heaters[0] = hotend_config(500, 30'000);
  config.heat.heaters[1] = bed_config(500, 12'000);
  config.heat.fan = true;
  return config;
}

struct HotRig : CoreRig {
  HotRig() : CoreRig(hot_machine()) {
    control();
    open();
  }
  void control() {
    std::array<double, wire::kHeaterCount> power{};
    for (std::size_t i = 0; i < power.size(); ++i) {
      power[i] = core->heaters().power(i) / 1000.0;
    }
    plant.advance(Heater::kPeriodMs / 1000.0, power, 0);
    core->on_temperatures(plant.readings());
  }
  /// Heaters live on, motion and the state machine too; the host keeps its lease.
  void live(double seconds) {
    for (double left = seconds; left > 0; left -= Heater::kPeriodMs / 1000.0) {
      now += Heater::kPeriodMs;
      line("keep");
      control();
      core->poll(now);
      move(2'000);
      core->poll(now);
    }
  }
  void fill_and_end(std::uint32_t packets) {
    for (std::uint32_t i = 0; i + 1 < packets; ++i) {
      send(i);
    }
    send(packets - 1, wire::kPaperTicksPerPacket, true);
    core->poll(now);
  }
  [[nodiscard]] std::size_t ticks() const { return executed.size(); }

  ThermalPlant plant;
};

TEST(HeatMotion, InitTellsWhatThereIsAndAColdDeviceSaysNothing) {
  HotRig rig;
  EXPECT_THAT(rig.line("init"), HasSubstr(" heaters=tool0,bed fan=1 actions=256 lease_ms=30000"));
  CoreRig cold;
  EXPECT_THAT(cold.line("init"), ::testing::Not(HasSubstr("heaters")));
  EXPECT_THAT(cold.line("heat tool0 100"), StartsWith("err unsupported"));
  EXPECT_THAT(cold.line("temps"), StartsWith("ok temps"));
}

TEST(HeatMotion, AnActionIsCarriedOutAfterExactlyItsTicks) {
  HotRig rig;
  EXPECT_THAT(rig.line("at 5000 fan 100"), StartsWith("ok at room=255"));
  EXPECT_THAT(rig.line("at 5001 heat bed 60"), StartsWith("ok at room=254"));
  rig.line("start");
  rig.fill_and_end(8);
  EXPECT_EQ(rig.move(5'000), 5'000U);
  rig.core->poll(rig.now);
  EXPECT_EQ(rig.core->heaters().fan(), 0) << "not before the 5000th tick is over";
  rig.move(1);
  rig.core->poll(rig.now);
  EXPECT_EQ(rig.core->heaters().fan(), 100);
  EXPECT_EQ(rig.core->heaters().heater(1).target(), 0);
  rig.move(1);
  rig.core->poll(rig.now);
  EXPECT_EQ(rig.core->heaters().heater(1).target(), 6'000);
}

TEST(HeatMotion, StandsAtATickUntilTheNozzleIsHotAndLosesNoTick) {
  HotRig rig;
  rig.line("at 4321 heat tool0 200 reach");
  rig.line("start");
  rig.fill_and_end(8);
  rig.live(10);
  EXPECT_EQ(rig.ticks(), 4'321U);
  EXPECT_EQ(rig.state(), DeviceState::kRunning);
  EXPECT_THAT(rig.line("temps"), HasSubstr("waiting=tool0"));
  rig.live(120);
  EXPECT_EQ(rig.ticks(), 8U * wire::kPaperTicksPerPacket);
  EXPECT_EQ(rig.state(), DeviceState::kDone);
  EXPECT_GE(rig.core->heaters().heater(0).reading(), 19'800);
}

TEST(HeatMotion, WaitsOneAfterTheOtherOnTheSameTick) {
  HotRig rig;
  rig.line("at 2000 heat bed 45 reach");
  rig.line("at 2000 heat tool0 150 reach");
  rig.line("at 2000 fan 9");
  rig.line("start");
  rig.fill_and_end(4);
  rig.live(2);
  EXPECT_THAT(rig.line("temps"), HasSubstr("waiting=bed"));
  EXPECT_EQ(rig.core->heaters().heater(0).target(), 0) << "as the job says: first the bed";
  rig.live(60);
  EXPECT_EQ(rig.core->heaters().fan(), rig.ticks() > 2'000 ? 9 : 0);
  rig.live(120);
  EXPECT_EQ(rig.state(), DeviceState::kDone);
}

TEST(HeatMotion, StopsAndGoesOnWhileItWaits) {
  HotRig rig;
  rig.line("at 3000 heat tool0 200 reach");
  rig.line("start");
  rig.fill(60);
  rig.fill_and_end(61);
  rig.live(5);
  ASSERT_EQ(rig.ticks(), 3'000U);
  EXPECT_THAT(rig.line("stop"), HasSubstr("state=held executed=3000"));
  rig.live(5);
  EXPECT_EQ(rig.ticks(), 3'000U);
  EXPECT_THAT(rig.line("start"), StartsWith("ok start"));
  rig.live(1);
  EXPECT_EQ(rig.ticks(), 3'000U) << "the wait is not over because somebody pressed pause";
  rig.live(120);
  EXPECT_EQ(rig.state(), DeviceState::kDone);
}

TEST(HeatMotion, AFaultHoldsTheMotionAndRefusesToGoOn) {
  HotRig rig;
  rig.line("at 3000 heat tool0 200 reach");
  rig.line("start");
  rig.fill_and_end(8);
  rig.live(5);
  rig.plant.set_defect(0, ThermalPlant::Defect::kOpenSensor);
  rig.live(2);
  EXPECT_EQ(rig.state(), DeviceState::kHeld);
  EXPECT_EQ(rig.ticks(), 3'000U);
  EXPECT_THAT(rig.line("temps"), HasSubstr("fault=sensor_low fault_heater=tool0"));
  EXPECT_THAT(rig.line("start"), StartsWith("err fault tool0 sensor_low"));
  EXPECT_THAT(rig.line("heat tool0 100"), StartsWith("err fault"));
  rig.plant.set_defect(0, ThermalPlant::Defect::kNone);
  rig.live(1);
  EXPECT_THAT(rig.line("heat reset"), HasSubstr("fault=none"));
  EXPECT_THAT(rig.line("start"), StartsWith("ok start"));
}

TEST(HeatMotion, ALostLeaseHoldsTheMotionInMidPrint) {
  HotRig rig;
  rig.line("at 1000 heat bed 60");
  rig.line("start");
  rig.fill(100);
  rig.move(5'000);
  rig.core->poll(rig.now);
  ASSERT_TRUE(rig.core->heaters().on());
  rig.now += 30'000;
  rig.core->poll(rig.now);
  EXPECT_FALSE(rig.core->heaters().on());
  EXPECT_EQ(rig.state(), DeviceState::kStopping);
  rig.settle();
  EXPECT_EQ(rig.state(), DeviceState::kHeld);
  EXPECT_THAT(rig.line("temps"), HasSubstr("lapsed=1"));
}

TEST(HeatMotion, RefusesActionsThatComeTooLateOrOutOfOrder) {
  HotRig rig;
  rig.line("at 5000 fan 1");
  EXPECT_THAT(rig.line("at 4999 fan 1"), StartsWith("err range"));
  EXPECT_THAT(rig.line("at 5000 heat bed 121"), StartsWith("err range bed allows at most 120.00"));
  EXPECT_THAT(rig.line("at 5000 heat chamber 40"), StartsWith("err unsupported"));
  rig.line("start");
  rig.fill(100);
  rig.move(6'000);
  EXPECT_THAT(rig.line("at 5000 fan 1"), StartsWith("err range"));
  for (std::uint32_t i = 0; i < ActionTable::kCapacity; ++i) {
    EXPECT_THAT(rig.line("at 900000 fan 1"), StartsWith("ok at")) << i;
  }
  EXPECT_THAT(rig.line("at 900000 fan 1"), StartsWith("err state"));
}

TEST(HeatMotion, ANewSessionForgetsTheActionsButNotTheTargets) {
  HotRig rig;
  rig.line("heat bed 60");
  rig.line("at 100 fan 9");
  rig.open();
  rig.line("start");
  rig.fill_and_end(2);
  rig.live(1);
  EXPECT_EQ(rig.state(), DeviceState::kDone);
  EXPECT_EQ(rig.core->heaters().fan(), 0);
  EXPECT_EQ(rig.core->heaters().heater(1).target(), 6'000);
}

}  // namespace
}  // namespace stepcast::device
