#include "heat_clock.hpp"

#include <algorithm>

namespace stepcast::device {
namespace {

constexpr double kPeriodS = Heater::kPeriodMs / 1000.0;
// While motion waits with `speed=max`: fast enough that nobody waits, slow enough to be seen.
constexpr double kWaitPerPollS = 0.5;
// After a longer stall the heaters go on from where they are, as the motion does.
constexpr double kLongestCatchUpS = 1.0;

}  // namespace

void HeatClock::poll(Clock::time_point now, std::uint64_t grid_ticks) {
  if (!core_.config().heat.any()) {
    return;
  }
  const double real_s =
      std::min(std::chrono::duration<double>(now - last_).count(), kLongestCatchUpS);
  const double moved_s =
      static_cast<double>(grid_ticks - last_ticks_) / static_cast<double>(core_.config().tick_hz);
  last_ = now;
  last_ticks_ = grid_ticks;
  const std::uint32_t speed = core_.speed();
  if (!core_.moving()) {
    due_s_ += real_s * idle_speed_;
  } else if (speed != wire::kSpeedMax) {
    due_s_ += real_s * speed;
  } else {
    due_s_ += core_.heaters().wait() ? kWaitPerPollS : moved_s;
  }
  while (due_s_ >= kPeriodS) {
    due_s_ -= kPeriodS;
    control();
    if (core_.heaters().wait() && core_.heaters().there()) {
      due_s_ = 0.0;  // motion goes on now, not when a fast clock has run out
    }
  }
}

void HeatClock::control() {
  std::array<double, wire::kHeaterCount> power{};
  for (std::size_t i = 0; i < power.size(); ++i) {
    power[i] = core_.heaters().power(i) / 1000.0;
  }
  plant_.advance(kPeriodS, power, core_.heaters().fan() / static_cast<double>(wire::kFullFan));
  core_.on_temperatures(plant_.readings());
}

}  // namespace stepcast::device
