#pragma once

#include <cstddef>
#include <cstdint>

/// One tick of the step grid for four motors in one byte (protocol/step-stream.md section 3).
///
///     bit   7   6   5   4     3   2   1   0
///           e   z   y   x     e   z   y   x
///           direction         step
///
/// A direction bit of 1 means that the position counts up. A motor whose step bit is 0 stands
/// still in this tick, whatever its direction bit says.
namespace stepcast::wire {

/// Motors on the wire, in this order: x, y, z, e.
inline constexpr std::size_t kMotorCount = 4;

/// A tick in which no motor moves.
inline constexpr std::uint8_t kIdleTick = 0;

/// @pre motor < kMotorCount
constexpr std::uint8_t step_bit(std::size_t motor) {
  return static_cast<std::uint8_t>(1U << motor);
}

/// @pre motor < kMotorCount
constexpr std::uint8_t direction_bit(std::size_t motor) {
  return static_cast<std::uint8_t>(0x10U << motor);
}

/// The bits to add to a tick byte so that `motor` makes one step; `delta` is -1, 0 or +1.
/// A motor at rest keeps both bits 0, so that equal motion has equal bytes.
/// @pre motor < kMotorCount
constexpr std::uint8_t tick_bits(std::size_t motor, int delta) {
  if (delta == 0) {
    return 0;
  }
  return static_cast<std::uint8_t>(step_bit(motor) | (delta > 0 ? direction_bit(motor) : 0U));
}

/// What `motor` does in this tick: -1, 0 or +1 steps.
/// @pre motor < kMotorCount
constexpr int tick_delta(std::uint8_t tick, std::size_t motor) {
  if ((tick & step_bit(motor)) == 0) {
    return 0;
  }
  return (tick & direction_bit(motor)) != 0 ? 1 : -1;
}

}  // namespace stepcast::wire
