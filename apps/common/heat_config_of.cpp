#include "heat_config_of.hpp"

#include <cmath>

namespace stepcast::cli {
namespace {

wire::CentiC centi(Celsius celsius) {
  return static_cast<wire::CentiC>(std::lround(celsius.v * 100.0));
}

std::uint32_t milliseconds(Seconds seconds) {
  return static_cast<std::uint32_t>(std::lround(seconds.v * 1'000.0));
}

/// `config` has the device's own values; the profile's come on top.
device::HeaterConfig tuned(device::HeaterConfig config, const machine::Heater& heater) {
  if (heater.pid) {
    // Permille of power, times 256: see HeaterConfig.
    constexpr double kUnit = 1'000.0 * 256.0;
    config.kp = static_cast<std::int32_t>(std::lround(heater.pid->kp * kUnit));
    config.ki = static_cast<std::int32_t>(std::lround(heater.pid->ki * kUnit));
    config.kd = static_cast<std::int32_t>(std::lround(heater.pid->kd * kUnit));
  }
  if (heater.rise) {
    config.rise = centi(heater.rise->degrees);
    config.rise_ms = milliseconds(heater.rise->time);
  }
  if (heater.overshoot) {
    config.overshoot = centi(*heater.overshoot);
    config.highest = config.largest_target + config.overshoot;
  }
  if (heater.longest_wait) {
    config.wait_ms = milliseconds(*heater.longest_wait);
  }
  return config;
}

}  // namespace

device::HeatConfig heat_config_of(const machine::Profile& profile) {
  device::HeatConfig config;
  config.fan = true;
  config.heaters[0] = tuned(device::hotend_config(centi(profile.hotend.min_temperature),
                                                  centi(profile.hotend.max_temperature)),
                            profile.hotend);
  if (profile.heated_bed) {
    config.heaters[1] = tuned(device::bed_config(centi(profile.heated_bed->min_temperature),
                                                 centi(profile.heated_bed->max_temperature)),
                              *profile.heated_bed);
  }
  if (profile.chamber) {
    config.heaters[2] = tuned(device::chamber_config(centi(profile.chamber->min_temperature),
                                                     centi(profile.chamber->max_temperature)),
                              *profile.chamber);
  }
  return config;
}

}  // namespace stepcast::cli
