#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "stepcast/base/contracts.hpp"
#include "stepcast/machine/profile_loader.hpp"

/// Any bytes are refused or give a profile that keeps the promises later stages build on.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace stepcast;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Result<machine::Profile> profile = machine::parse_profile(text, "fuzz.toml");
  if (!profile) {
    STEPCAST_CHECK(!profile.error().message.empty());
    STEPCAST_CHECK(!profile.error().location.empty());
    return 0;
  }
  STEPCAST_CHECK(!profile->nozzles.empty());
  for (const Axis axis : kAllAxes) {
    const machine::AxisSpec& spec = profile->axes[axis];
    STEPCAST_CHECK(spec.max_speed.v * spec.steps_per_mm <= profile->tick_rate.v * (1 + 1e-12));
    STEPCAST_CHECK(spec.travel_min < spec.travel_max);
    STEPCAST_CHECK(spec.max_acceleration.v > 0.0 && spec.max_jerk.v > 0.0);
    STEPCAST_CHECK(spec.response.num.size() <= spec.response.den.size());
  }
  return 0;
}
