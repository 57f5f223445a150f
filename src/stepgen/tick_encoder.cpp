#include "stepcast/stepgen/tick_encoder.hpp"

#include <algorithm>

#include "stepcast/base/contracts.hpp"
#include "stepcast/wire/tick_byte.hpp"

namespace stepcast::stepgen {

void encode_ticks(const PerAxis<std::vector<StepEvent>>& events,
                  std::span<std::uint8_t> ticks) noexcept {
  std::fill(ticks.begin(), ticks.end(), wire::kIdleTick);
  for (Axis motor : kAllAxes) {
    for (const StepEvent& event : events[motor]) {
      STEPCAST_DCHECK(event.tick < ticks.size());
      ticks[event.tick] |= wire::tick_bits(index(motor), event.forward ? 1 : -1);
    }
  }
}

}  // namespace stepcast::stepgen
