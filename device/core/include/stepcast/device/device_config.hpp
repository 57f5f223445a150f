#pragma once

#include <cstdint>

#include "stepcast/device/heat_config.hpp"

namespace stepcast::device {

/// What a device is, decided by its port.
struct DeviceConfig {
  std::uint32_t tick_hz = 20'000;  ///< The step grid; a device has exactly one.
  bool virtual_motors = false;     ///< Nothing moves for real, so `start speed=` is allowed.
  /// The first packet number of a session. Any value will do, because numbers wrap; tests begin
  /// just before the wrap.
  std::uint32_t first_packet = 0;
  /// How long motion goes on after the control link is lost. Longer than the FIFO (6 s) would not
  /// matter, because without a host the FIFO runs dry; this allows a reconnect in a living stream.
  std::uint32_t grace_ms = 10'000;
  /// Jogs: 100 steps/s at the ends, 4000 in between, 20 000 steps/s2. With 101.5 steps/mm that is
  /// 39 mm/s and 0.2 m/s2, with a 1600 steps/mm Z screw 2.5 mm/s: safe without knowing the machine.
  std::uint32_t jog_lowest_hz = 100;
  std::uint32_t jog_highest_hz = 4'000;
  std::uint32_t jog_steps_per_s2 = 20'000;
  HeatConfig heat{};  ///< None by default.
};

}  // namespace stepcast::device
