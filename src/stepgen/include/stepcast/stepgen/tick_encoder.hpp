#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "stepcast/base/axis.hpp"
#include "stepcast/stepgen/step_generator.hpp"

namespace stepcast::stepgen {

/// Writes the steps of all motors as one byte a tick (wire/tick_byte.hpp).
/// @pre every event's tick < ticks.size()
void encode_ticks(const PerAxis<std::vector<StepEvent>>& events,
                  std::span<std::uint8_t> ticks) noexcept;

}  // namespace stepcast::stepgen
