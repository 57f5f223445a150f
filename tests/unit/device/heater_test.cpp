// Control and guards of heaters, on a simulated plant.
#include <array>
#include <cstdint>

#include <gtest/gtest.h>

#include "stepcast/device/heater_bank.hpp"
#include "stepcast/device/thermal_plant.hpp"

namespace stepcast::device {
namespace {

using wire::CentiC;
using wire::HeatAction;
using wire::HeatWait;
using Defect = ThermalPlant::Defect;

constexpr std::size_t kTool = 0;
constexpr std::size_t kBed = 1;
constexpr std::size_t kChamber = 2;

HeatConfig machine() {
  HeatConfig config;
  config.heaters = {hotend_config(500, 30'000), bed_config(500, 12'000),
                    chamber_config(500, 6'000)};
  config.fan = true;
  return config;
}

struct Rig {
  void heat(std::size_t heater, CentiC target, HeatWait wait = HeatWait::kNone) {
    const HeatAction action{.heater = heater, .target = target, .wait = wait};
    ASSERT_EQ(bank.check(action), HeaterBank::Refusal::kNone);
    bank.apply(action);
  }
  void run(double seconds) {
    for (double left = seconds; left > 0; left -= kPeriod) {
      advance();
    }
  }
  /// @returns the seconds that it took; a negative number if it was not in `limit`.
  template <class Condition>
  double until(Condition condition, double limit) {
    for (double passed = 0; passed < limit; passed += kPeriod) {
      if (condition()) {
        return passed;
      }
      advance();
    }
    return -1;
  }
  double until_fault(double limit) {
    return until([this] { return bank.fault().cause != HeatFault::kNone; }, limit);
  }
  double until_there(double limit) {
    return until([this] { return bank.there(); }, limit);
  }
  void advance() {
    std::array<double, wire::kHeaterCount> power{};
    for (std::size_t i = 0; i < power.size(); ++i) {
      power[i] = bank.power(i) / 1000.0;
    }
    plant.advance(kPeriod, power, bank.fan() / 255.0);
    bank.control(plant.readings());
    hottest = std::max(hottest, plant.temperature_c(kTool));
  }
  [[nodiscard]] bool all_off() const {
    return !bank.on() && bank.power(kTool) == 0 && bank.power(kBed) == 0;
  }

  static constexpr double kPeriod = Heater::kPeriodMs / 1000.0;
  HeaterBank bank{machine()};
  ThermalPlant plant;
  double hottest = 0;
};

struct WarmRig : Rig {
  WarmRig() { run(1); }
};

TEST(Heater, NozzleGetsThereWithoutMuchOvershootAndStays) {
  WarmRig rig;
  rig.heat(kTool, 21'000, HeatWait::kSettle);
  EXPECT_GT(rig.until_there(180), 30.0);
  for (int i = 0; i < 3'000; ++i) {
    rig.advance();
    ASSERT_NEAR(rig.plant.temperature_c(kTool), 210.0, 3.0) << i;
  }
  EXPECT_LT(rig.hottest, 215.0);
  EXPECT_EQ(rig.bank.fault().cause, HeatFault::kNone);
}

TEST(Heater, NozzleHoldsWhenTheFanComesOn) {
  WarmRig rig;
  rig.heat(kTool, 24'000, HeatWait::kReach);
  ASSERT_GT(rig.until_there(180), 0);
  rig.bank.end_wait();
  rig.bank.apply({.kind = HeatAction::Kind::kFan, .fan = 255});
  for (int i = 0; i < 3'000; ++i) {
    rig.advance();
    ASSERT_NEAR(rig.plant.temperature_c(kTool), 240.0, 6.0) << i;
  }
  EXPECT_NEAR(rig.plant.temperature_c(kTool), 240.0, 1.0);
}

TEST(Heater, BedAndChamberGetThereAndStay) {
  WarmRig rig;
  rig.heat(kBed, 6'000);
  rig.heat(kChamber, 5'000);
  rig.run(1'500);
  for (int i = 0; i < 3'000; ++i) {
    rig.advance();
    ASSERT_NEAR(rig.plant.temperature_c(kBed), 60.0, 1.5);
    ASSERT_NEAR(rig.plant.temperature_c(kChamber), 50.0, 1.5);
  }
  EXPECT_EQ(rig.bank.fault().cause, HeatFault::kNone);
}

TEST(Heater, EveryTargetThatIsAllowedIsReachedWithoutAFault) {
  for (CentiC target = 5'000; target <= 30'000; target += 2'500) {
    WarmRig rig;
    rig.heat(kTool, target, HeatWait::kSettle);
    EXPECT_GT(rig.until_there(600), 0) << target;
    EXPECT_EQ(rig.bank.fault().cause, HeatFault::kNone) << target;
  }
  for (CentiC target = 4'000; target <= 12'000; target += 1'000) {
    WarmRig rig;
    rig.heat(kBed, target, HeatWait::kSettle);
    EXPECT_GT(rig.until_there(1'800), 0) << target;
    EXPECT_EQ(rig.bank.fault().cause, HeatFault::kNone) << target;
  }
}

TEST(Heater, LowerTargetsAreNoRunaway) {
  WarmRig rig;
  rig.heat(kTool, 25'000, HeatWait::kReach);
  ASSERT_GT(rig.until_there(300), 0);
  rig.heat(kTool, 17'000, HeatWait::kReach);
  EXPECT_TRUE(rig.bank.there()) << "reach: hot enough already";
  rig.heat(kTool, 17'000, HeatWait::kSettle);
  EXPECT_FALSE(rig.bank.there());
  EXPECT_GT(rig.until_there(300), 0);
  EXPECT_EQ(rig.bank.fault().cause, HeatFault::kNone);
}

TEST(HeaterGuard, SwitchesOffWhenTheSensorBreaksOrShorts) {
  for (const auto& [defect, cause] : {std::pair{Defect::kOpenSensor, HeatFault::kSensorLow},
                                      std::pair{Defect::kShortSensor, HeatFault::kSensorHigh}}) {
    WarmRig rig;
    rig.heat(kTool, 21'000);
    rig.heat(kBed, 6'000);
    rig.run(20);
    rig.plant.set_defect(kTool, defect);
    rig.advance();
    EXPECT_EQ(rig.bank.power(kTool), 0U) << "blind: no power from the first bad reading on";
    const double seconds = rig.until_fault(10);
    EXPECT_GE(seconds, 0);
    EXPECT_LE(seconds, 1);
    EXPECT_EQ(rig.bank.fault().cause, cause);
    EXPECT_EQ(rig.bank.fault().heater, kTool);
    EXPECT_TRUE(rig.all_off()) << "the bed as well";
  }
}

TEST(HeaterGuard, OneBadReadingIsNoFault) {
  WarmRig rig;
  rig.heat(kTool, 21'000);
  rig.run(5);
  rig.plant.set_defect(kTool, Defect::kOpenSensor);
  rig.run(Rig::kPeriod * (Heater::kBadReadings - 2));
  rig.plant.set_defect(kTool, Defect::kNone);
  rig.run(5);
  EXPECT_EQ(rig.bank.fault().cause, HeatFault::kNone);
  EXPECT_GT(rig.bank.power(kTool), 0U);
}

TEST(HeaterGuard, SwitchesOffWhatDoesNotGetHotter) {
  for (const Defect defect : {Defect::kDeadCartridge, Defect::kLooseSensor}) {
    for (const std::size_t heater : {kTool, kBed}) {
      WarmRig rig;
      rig.plant.set_defect(heater, defect);
      rig.heat(heater, heater == kTool ? 21'000 : 6'000);
      const double seconds = rig.until_fault(300);
      EXPECT_GT(seconds, 0);
      EXPECT_LT(seconds, heater == kTool ? 21 : 61);
      EXPECT_EQ(rig.bank.fault().cause, HeatFault::kTooSlow);
      EXPECT_TRUE(rig.all_off());
    }
  }
}

TEST(HeaterGuard, ALooseSensorLetsNothingGetHotterThanTheHeaterAllows) {
  WarmRig rig;
  rig.plant.set_defect(kTool, Defect::kLooseSensor);
  rig.heat(kTool, 30'000);
  rig.run(120);
  EXPECT_LT(rig.hottest, 110.0) << "20 s of full power";
}

TEST(HeaterGuard, SwitchesOffWhatFallsBelowItsTarget) {
  WarmRig rig;
  rig.heat(kTool, 21'000, HeatWait::kReach);
  ASSERT_GT(rig.until_there(300), 0);
  rig.bank.end_wait();
  rig.plant.set_defect(kTool, Defect::kLooseSensor);
  const double seconds = rig.until_fault(300);
  EXPECT_GT(seconds, 30);
  EXPECT_LT(seconds, 50);
  EXPECT_EQ(rig.bank.fault().cause, HeatFault::kLost);
}

TEST(HeaterGuard, ReportsARunaway) {
  WarmRig rig;
  rig.heat(kTool, 20'000, HeatWait::kReach);
  ASSERT_GT(rig.until_there(300), 0);
  rig.plant.set_defect(kTool, Defect::kStuckSwitch);
  EXPECT_GT(rig.until_fault(60), 0);
  EXPECT_EQ(rig.bank.fault().cause, HeatFault::kRunaway);
  EXPECT_LT(rig.bank.fault().reading, 21'600);
}

TEST(HeaterGuard, ReportsASwitchThatIsStuckWithTheHeaterOff) {
  WarmRig rig;
  rig.plant.set_defect(kTool, Defect::kStuckSwitch);
  EXPECT_GT(rig.until_fault(600), 0);
  EXPECT_EQ(rig.bank.fault().cause, HeatFault::kSensorHigh);
}

TEST(HeaterGuard, WaitsNoLongerThanAllowed) {
  HeatConfig config = machine();
  config.heaters[kBed].wait_ms = 30'000;
  HeaterBank bank(config);
  const std::array<CentiC, wire::kHeaterCount> readings{2'500, 5'600, 2'500};
  bank.control(readings);
  bank.apply({.heater = kBed, .target = 6'000, .wait = HeatWait::kReach});
  int periods = 0;
  while (bank.fault().cause == HeatFault::kNone && periods < 1'000) {
    bank.control(readings);  // near enough to be no sagging, and never there
    ++periods;
  }
  EXPECT_EQ(bank.fault().cause, HeatFault::kWait);
  EXPECT_EQ(periods, 301);
}

TEST(HeaterGuard, AFaultStaysUntilItIsResetAndRefusesToHeat) {
  WarmRig rig;
  rig.heat(kTool, 21'000);
  rig.plant.set_defect(kTool, Defect::kOpenSensor);
  ASSERT_GE(rig.until_fault(10), 0);
  rig.plant.set_defect(kTool, Defect::kNone);
  rig.run(60);
  EXPECT_EQ(rig.bank.fault().cause, HeatFault::kSensorLow);
  EXPECT_EQ(rig.bank.check({.heater = kBed, .target = 6'000}), HeaterBank::Refusal::kFault);
  EXPECT_EQ(rig.bank.check({.heater = kBed, .target = 0}), HeaterBank::Refusal::kNone);
  rig.bank.reset();
  rig.heat(kTool, 10'000);
  rig.run(60);
  EXPECT_EQ(rig.bank.fault().cause, HeatFault::kNone);
}

TEST(HeaterBank, RefusesWhatItHasNotOrMayNot) {
  HeatConfig config = machine();
  config.heaters[kChamber] = {};
  config.fan = false;
  HeaterBank bank(config);
  EXPECT_EQ(bank.check({.heater = kTool, .target = 10'000}), HeaterBank::Refusal::kSensor)
      << "before the first reading";
  bank.control(ThermalPlant().readings());
  EXPECT_EQ(bank.check({.heater = kTool, .target = 30'000}), HeaterBank::Refusal::kNone);
  EXPECT_EQ(bank.check({.heater = kTool, .target = 30'001}), HeaterBank::Refusal::kTooHot);
  EXPECT_EQ(bank.check({.heater = kChamber, .target = 100}), HeaterBank::Refusal::kNotFitted);
  EXPECT_EQ(bank.check({.kind = HeatAction::Kind::kFan, .fan = 1}),
            HeaterBank::Refusal::kNotFitted);
}

TEST(HeaterBank, SwitchesEverythingOffWhenTheLeaseRunsOut) {
  WarmRig rig;
  constexpr std::uint32_t kStart = 0xFFFF'FF00;  // the clock wraps on the way
  rig.bank.keep(kStart);
  rig.heat(kTool, 21'000);
  rig.heat(kBed, 6'000);
  rig.bank.apply({.kind = HeatAction::Kind::kFan, .fan = 255});
  rig.run(10);
  EXPECT_FALSE(rig.bank.expire(kStart + 29'999));
  EXPECT_EQ(rig.bank.lease_left(kStart + 29'999), 1U);
  rig.bank.keep(kStart + 29'999);
  EXPECT_FALSE(rig.bank.expire(kStart + 59'998));
  EXPECT_TRUE(rig.bank.expire(kStart + 59'999));
  EXPECT_FALSE(rig.bank.expire(kStart + 60'000)) << "only once";
  EXPECT_TRUE(rig.bank.lapsed());
  EXPECT_EQ(rig.bank.fan(), 0);
  rig.advance();
  EXPECT_TRUE(rig.all_off());
  rig.bank.keep(kStart + 70'000);
  EXPECT_FALSE(rig.bank.lapsed());
  EXPECT_FALSE(rig.bank.on()) << "coming back switches nothing on";
}

}  // namespace
}  // namespace stepcast::device
