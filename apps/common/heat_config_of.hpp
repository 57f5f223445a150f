#pragma once

#include "stepcast/device/heat_config.hpp"
#include "stepcast/machine/profile.hpp"

namespace stepcast::cli {

/// The simulated heaters of a virtual device that stands for the printer of `profile`.
[[nodiscard]] device::HeatConfig heat_config_of(const machine::Profile& profile);

}  // namespace stepcast::cli
