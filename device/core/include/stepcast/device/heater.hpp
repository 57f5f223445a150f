#pragma once

#include <cstdint>
#include <string_view>

#include "stepcast/device/heat_config.hpp"

namespace stepcast::device {

/// Why a heater was shut off.
enum class HeatFault : std::uint8_t {
  kNone,
  kSensorLow,   ///< Reads below what is possible: an open circuit of a thermistor.
  kSensorHigh,  ///< Reads above the limit: a short circuit, or too hot indeed.
  kTooSlow,     ///< Does not get hotter although it is heated: sensor or cartridge has come loose.
  kLost,        ///< Was there and fell below the target.
  kRunaway,     ///< Gets hotter than it should: the switch does not open.
  kWait,        ///< Has not got there in the time that motion waits.
};

constexpr std::string_view fault_name(HeatFault fault) {
  switch (fault) {
    case HeatFault::kSensorLow:
      return "sensor_low";
    case HeatFault::kSensorHigh:
      return "sensor_high";
    case HeatFault::kTooSlow:
      return "too_slow";
    case HeatFault::kLost:
      return "lost";
    case HeatFault::kRunaway:
      return "runaway";
    case HeatFault::kWait:
      return "wait";
    case HeatFault::kNone:
      break;
  }
  return "none";
}

/// Controls one heater and guards it: control() once each kPeriodMs turns a reading into a power.
///
/// Integers only: degrees in hundredths, power in permille.
///
/// Threads: network context.
class Heater {
 public:
  static constexpr std::uint32_t kPeriodMs = 100;
  /// Half a second: one bad sample of a noisy wire is no reason to ruin a print.
  static constexpr std::uint32_t kBadReadings = 5;

  constexpr void configure(const HeaterConfig& config) { config_ = config; }

  /// @pre 0 <= target <= largest_target
  constexpr void set_target(wire::CentiC target) {
    if (target == target_) {
      return;
    }
    target_ = target;
    hottest_allowed_ = (target > reading_ ? target : reading_) + config_.overshoot;
    heating_up_ = true;
    mark_ = reading_;
    since_ms_ = 0;
    there_ms_ = 0;
    if (target == 0) {
      power_ = 0;
      integral_ = 0;
    }
  }

  /// One period. @returns why it must be shut off; it then is.
  constexpr HeatFault control(wire::CentiC reading) {
    const bool low = reading < config_.lowest;
    const bool high = reading > config_.highest;
    bad_readings_ = low || high ? bad_readings_ + 1 : 0;
    if (bad_readings_ != 0) {
      // Blind: no power until it is known again, and shut off if it stays so. A sensor that is cold
      // or missing harms nobody while its heater is off.
      power_ = 0;
      if (bad_readings_ < kBadReadings) {
        return HeatFault::kNone;
      }
      sensor_ok_ = false;
      if (high) {
        return shut_off(HeatFault::kSensorHigh);
      }
      return target_ != 0 ? shut_off(HeatFault::kSensorLow) : HeatFault::kNone;
    }
    sensor_ok_ = true;
    const wire::CentiC change = reading - reading_;
    reading_ = reading;
    if (target_ == 0) {
      power_ = 0;
      return HeatFault::kNone;
    }
    if (const HeatFault fault = guard(); fault != HeatFault::kNone) {
      return shut_off(fault);
    }
    power_ = config_.kp == 0 ? bang_bang() : pid(change);
    return HeatFault::kNone;
  }

  /// Long enough at the target for a `wait` of this kind.
  [[nodiscard]] constexpr bool there(wire::HeatWait wait) const {
    if (target_ == 0 || wait == wire::HeatWait::kNone) {
      return true;
    }
    return there_ms_ >= config_.settle_ms ||
           (wait == wire::HeatWait::kReach && reading_ > target_ + config_.window);
  }

  [[nodiscard]] constexpr const HeaterConfig& config() const { return config_; }
  [[nodiscard]] constexpr wire::CentiC target() const { return target_; }
  [[nodiscard]] constexpr wire::CentiC reading() const { return reading_; }
  /// The last readings made sense; there has been one.
  [[nodiscard]] constexpr bool sensor_ok() const { return sensor_ok_; }
  /// Permille.
  [[nodiscard]] constexpr std::uint32_t power() const { return power_; }

 private:
  static constexpr std::int32_t kUnit = 256;  // of kp, ki, kd and the integral
  static constexpr std::int32_t kCentiPerDegree = 100;
  static constexpr std::int32_t kPeriodsPerSecond = 1'000 / kPeriodMs;

  constexpr HeatFault shut_off(HeatFault fault) {
    set_target(0);
    power_ = 0;
    return fault;
  }

  constexpr HeatFault guard() {
    const wire::CentiC distance = target_ - reading_;
    there_ms_ =
        distance <= config_.window && -distance <= config_.window ? there_ms_ + kPeriodMs : 0;
    if (reading_ > hottest_allowed_) {
      return HeatFault::kRunaway;
    }
    if (reading_ < target_ + config_.sag) {
      hottest_allowed_ = target_ + config_.overshoot;  // it has cooled down from an earlier target
    }
    if (distance <= config_.sag) {
      // From here on only sagging counts; coming from above, there is nothing to heat yet.
      heating_up_ = false;
      since_ms_ = 0;
      return HeatFault::kNone;
    }
    since_ms_ += kPeriodMs;
    if (!heating_up_) {
      return since_ms_ > config_.sag_ms ? HeatFault::kLost : HeatFault::kNone;
    }
    if (reading_ - mark_ >= config_.rise) {
      mark_ = reading_;
      since_ms_ = 0;
    }
    return since_ms_ > config_.rise_ms ? HeatFault::kTooSlow : HeatFault::kNone;
  }

  [[nodiscard]] constexpr std::uint32_t bang_bang() const {
    constexpr wire::CentiC kHysteresis = 50;
    const bool on =
        power_ != 0 ? reading_ < target_ + kHysteresis : reading_ < target_ - kHysteresis;
    return on ? config_.largest_power : 0;
  }

  constexpr std::uint32_t pid(wire::CentiC change) {
    const auto largest = static_cast<std::int32_t>(config_.largest_power);
    const wire::CentiC error = target_ - reading_;
    // The steepness of a few readings: one alone is mostly the noise of the sensor.
    constexpr std::int32_t kSmoothing = 4;
    slope_ += (change * kCentiPerDegree - slope_) / kSmoothing;
    if (error > config_.band || error < -config_.band) {
      integral_ = 0;
      return error > 0 ? config_.largest_power : 0;
    }
    integral_ += config_.ki * error / (kCentiPerDegree * kPeriodsPerSecond);
    integral_ = integral_ < 0 ? 0 : integral_ > largest * kUnit ? largest * kUnit : integral_;
    const std::int32_t proportional = config_.kp / kCentiPerDegree * error;
    const std::int32_t brake = config_.kd / kUnit * slope_ / kCentiPerDegree * kPeriodsPerSecond;
    const std::int32_t sum = (proportional + integral_) / kUnit - brake / kCentiPerDegree;
    return static_cast<std::uint32_t>(sum < 0 ? 0 : sum > largest ? largest : sum);
  }

  HeaterConfig config_;
  wire::CentiC target_ = 0;
  wire::CentiC reading_ = 0;
  wire::CentiC mark_ = 0;  // the reading from which it must rise
  wire::CentiC hottest_allowed_ = 0;
  std::int32_t integral_ = 0;   // permille * kUnit
  std::int32_t slope_ = 0;      // hundredths of `change`
  std::uint32_t since_ms_ = 0;  // it rose, or was warm enough
  std::uint32_t there_ms_ = 0;
  std::uint32_t power_ = 0;
  std::uint32_t bad_readings_ = 0;
  bool heating_up_ = false;
  bool sensor_ok_ = false;
};

}  // namespace stepcast::device
