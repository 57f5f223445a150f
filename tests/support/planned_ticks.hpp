#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "stepcast/control/motion_source.hpp"
#include "stepcast/planner/live_moves.hpp"

namespace stepcast::test {

/// What a device is sent for a plan with these changes, a byte a tick.
inline std::vector<std::uint8_t> planned_ticks(const control::JobPlan& plan,
                                               const machine::Profile& profile,
                                               const std::vector<planner::LiveChange>& changes) {
  auto source = control::MotionSource::create(plan, profile, planner::repeat(changes)).value();
  std::vector<std::uint8_t> ticks;
  std::vector<std::uint8_t> part(12'000);
  for (;;) {
    const std::size_t got = source->read(part).value();
    ticks.insert(ticks.end(), part.begin(), part.begin() + static_cast<std::ptrdiff_t>(got));
    if (got < part.size()) {
      return ticks;
    }
  }
}

}  // namespace stepcast::test
