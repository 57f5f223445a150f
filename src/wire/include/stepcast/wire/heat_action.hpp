#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

/// What a control line may ask of heaters and the fan (protocol/control.md section 8).
namespace stepcast::wire {

/// Hundredths of a degree Celsius: no floating point on the device, and finer than any sensor.
using CentiC = std::int32_t;

/// Heaters on the wire, in this order.
inline constexpr std::size_t kHeaterCount = 3;
inline constexpr std::array<std::string_view, kHeaterCount> kHeaterNames{"tool0", "bed", "chamber"};

/// @returns kHeaterCount for a name that is none.
constexpr std::size_t heater_index(std::string_view name) {
  std::size_t heater = 0;
  while (heater < kHeaterCount && kHeaterNames[heater] != name) {
    ++heater;
  }
  return heater;
}

/// No heater of a printer goes further; what one may do, its device knows.
inline constexpr CentiC kMaxTarget = 50'000;
/// The fan at full speed, as in G-code.
inline constexpr std::uint8_t kFullFan = 255;
/// `at`: half a million years of motion at 20 kHz, and sums of two stay inside 64 bits.
inline constexpr std::uint64_t kLastActionTick = (std::uint64_t{1} << 62U) - 1;

/// Whether motion stands still until the heater is there.
enum class HeatWait : std::uint8_t {
  kNone,
  kReach,   ///< Until it is at least as hot as the target.
  kSettle,  ///< Until it is at the target, from above too.
};

struct HeatAction {
  enum class Kind : std::uint8_t { kTarget, kFan, kAllOff };
  Kind kind = Kind::kTarget;
  std::size_t heater = 0;  ///< kTarget: index in kHeaterNames.
  CentiC target = 0;       ///< kTarget: 0 is off.
  HeatWait wait = HeatWait::kNone;
  std::uint8_t fan = 0;  ///< kFan: 0 to kFullFan.

  friend constexpr bool operator==(const HeatAction&, const HeatAction&) = default;
};

}  // namespace stepcast::wire
