#pragma once

#include <array>
#include <chrono>
#include <cstdint>

#include "stepcast/device/paper_core.hpp"
#include "stepcast/device/thermal_plant.hpp"

namespace stepcast::device {

/// Lets the simulated heaters of a virtual machine live in the time of its motion.
///
/// While a print is under way they run as much faster than real time as the motion does; with
/// `speed=max` by the ticks that were executed, and as fast as it goes while motion waits for a
/// temperature. While the machine rests they run in real time, times `idle_speed`.
///
/// Threads: network context.
class HeatClock {
 public:
  using Clock = std::chrono::steady_clock;

  HeatClock(PaperCore& core, double idle_speed) : core_(core), idle_speed_(idle_speed) {
    core_.on_temperatures(plant_.readings());  // a sensor has something to say from the start
  }

  void poll(Clock::time_point now, std::uint64_t grid_ticks);

  [[nodiscard]] ThermalPlant& plant() { return plant_; }

 private:
  void control();

  PaperCore& core_;
  const double idle_speed_;
  ThermalPlant plant_;
  Clock::time_point last_ = Clock::now();
  std::uint64_t last_ticks_ = 0;
  double due_s_ = 0.0;
};

}  // namespace stepcast::device
