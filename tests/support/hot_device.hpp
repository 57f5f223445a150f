#pragma once

#include "device_process.hpp"

namespace stepcast::testing {

/// A virtual device with the simulated nozzle, bed and fan of test_profile.hpp's machines. While it
/// rests, its heaters live a hundred times faster than real time.
inline device::LinuxDevice::Options hot_device_options() {
  constexpr wire::CentiC kLowest = 500;
  device::LinuxDevice::Options options;
  options.core.heat.heaters[0] = device::hotend_config(kLowest, 30'000);
  options.core.heat.heaters[1] = device::bed_config(kLowest, 12'000);
  options.core.heat.fan = true;
  options.idle_heat_speed = 100.0;
  return options;
}

}  // namespace stepcast::testing
