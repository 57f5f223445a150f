#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "stepcast/device/heater.hpp"

namespace stepcast::device {

/// All heaters and the fan of a device: targets, the lease under which they hold, what motion waits
/// for, and the fault that switched everything off.
///
/// Two clocks: the lease runs on DeviceMs, because it is about the host; everything else counts the
/// calls of control(), which a virtual machine makes faster than real time.
///
/// Threads: network context.
class HeaterBank {
 public:
  explicit HeaterBank(const HeatConfig& config) : config_(config) {
    for (std::size_t i = 0; i < heaters_.size(); ++i) {
      heaters_[i].configure(config_.heaters[i]);
    }
  }

  struct Fault {
    HeatFault cause = HeatFault::kNone;
    std::size_t heater = 0;
    wire::CentiC reading = 0;  ///< When it happened.
  };

  enum class Refusal : std::uint8_t { kNone, kNotFitted, kTooHot, kFault, kSensor };
  /// Whether apply() would do it. Switching off is never refused.
  [[nodiscard]] Refusal check(const wire::HeatAction& action) const {
    if (action.kind == wire::HeatAction::Kind::kFan) {
      return config_.fan ? Refusal::kNone : Refusal::kNotFitted;
    }
    if (action.kind == wire::HeatAction::Kind::kAllOff) {
      return Refusal::kNone;
    }
    const Heater& heater = heaters_[action.heater];
    if (!heater.config().fitted) {
      return Refusal::kNotFitted;
    }
    if (action.target == 0) {
      return Refusal::kNone;
    }
    if (action.target > heater.config().largest_target) {
      return Refusal::kTooHot;
    }
    if (fault_.cause != HeatFault::kNone) {
      return Refusal::kFault;
    }
    return heater.sensor_ok() ? Refusal::kNone : Refusal::kSensor;
  }

  /// @pre check(action) == Refusal::kNone
  void apply(const wire::HeatAction& action) {
    switch (action.kind) {
      case wire::HeatAction::Kind::kFan:
        fan_ = action.fan;
        return;
      case wire::HeatAction::Kind::kAllOff:
        off();
        return;
      case wire::HeatAction::Kind::kTarget:
        heaters_[action.heater].set_target(action.target);
        if (action.wait != wire::HeatWait::kNone) {
          wait_ = action;
          waited_ms_ = 0;
        }
        return;
    }
  }

  void off() {
    for (Heater& heater : heaters_) {
      heater.set_target(0);
    }
  }

  /// Clears the fault: a person has looked at the machine.
  void reset() { fault_ = {}; }

  /// The host is there.
  void keep(std::uint32_t now) {
    kept_at_ = now;
    lapsed_ = false;
  }
  /// Lets the lease run out. @returns whether that has just switched a heater off.
  bool expire(std::uint32_t now) {
    if (!on() || now - kept_at_ < config_.lease_ms) {
      return false;
    }
    off();
    fan_ = 0;
    lapsed_ = true;
    return true;
  }
  /// Milliseconds until the targets end; 0 if there is none.
  [[nodiscard]] std::uint32_t lease_left(std::uint32_t now) const {
    const std::uint32_t silent = now - kept_at_;
    return on() && silent < config_.lease_ms ? config_.lease_ms - silent : 0;
  }
  /// The lease ran out, and the host has not come back since.
  [[nodiscard]] bool lapsed() const { return lapsed_; }

  /// One period: a reading for each heater; those of heaters that are not fitted are not looked at.
  /// A fault switches everything off and stays until reset().
  /// @returns whether there has just been one.
  bool control(std::span<const wire::CentiC, wire::kHeaterCount> readings) {
    bool news = false;
    for (std::size_t i = 0; i < heaters_.size(); ++i) {
      if (!heaters_[i].config().fitted) {
        continue;
      }
      const HeatFault cause = heaters_[i].control(readings[i]);
      news = take(cause, i, readings[i]) || news;
    }
    if (wait_) {
      waited_ms_ += Heater::kPeriodMs;
      if (waited_ms_ > heaters_[wait_->heater].config().wait_ms && !there()) {
        news = take(HeatFault::kWait, wait_->heater, readings[wait_->heater]) || news;
      }
    }
    return news;
  }

  /// What motion waits for.
  [[nodiscard]] const std::optional<wire::HeatAction>& wait() const { return wait_; }
  /// It has come true: motion may go on, once end_wait() was called.
  [[nodiscard]] bool there() const { return !wait_ || heaters_[wait_->heater].there(wait_->wait); }
  void end_wait() { wait_.reset(); }

  [[nodiscard]] const Heater& heater(std::size_t index) const { return heaters_[index]; }
  /// Permille, for the port's switch.
  [[nodiscard]] std::uint32_t power(std::size_t index) const { return heaters_[index].power(); }
  [[nodiscard]] std::uint8_t fan() const { return fan_; }
  [[nodiscard]] const Fault& fault() const { return fault_; }
  [[nodiscard]] const HeatConfig& config() const { return config_; }
  /// A heater has a target.
  [[nodiscard]] bool on() const {
    for (const Heater& heater : heaters_) {
      if (heater.target() != 0) {
        return true;
      }
    }
    return false;
  }

 private:
  bool take(HeatFault cause, std::size_t heater, wire::CentiC reading) {
    if (cause == HeatFault::kNone) {
      return false;
    }
    off();
    // Of several the first is the cause; the others may follow from it.
    if (fault_.cause != HeatFault::kNone) {
      return false;
    }
    fault_ = {.cause = cause, .heater = heater, .reading = reading};
    return true;
  }

  const HeatConfig config_;
  std::array<Heater, wire::kHeaterCount> heaters_{};
  std::uint8_t fan_ = 0;
  Fault fault_;
  std::uint32_t kept_at_ = 0;
  bool lapsed_ = false;
  std::optional<wire::HeatAction> wait_;
  std::uint32_t waited_ms_ = 0;
};

}  // namespace stepcast::device
