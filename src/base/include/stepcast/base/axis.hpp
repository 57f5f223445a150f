#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace stepcast {

/// The axes of the tool frame. Motors use the same indices: on a Cartesian machine motor i moves
/// axis i; on a CoreXY the motors kX and kY are the belts A and B.
enum class Axis : std::uint8_t { kX, kY, kZ, kE };

inline constexpr std::size_t kAxisCount = 4;
inline constexpr std::array<Axis, kAxisCount> kAllAxes{Axis::kX, Axis::kY, Axis::kZ, Axis::kE};

constexpr std::size_t index(Axis axis) {
  return static_cast<std::size_t>(axis);
}

/// "x", "y", "z", "e": as in profiles, JSON keys and commands.
constexpr std::string_view axis_name(Axis axis) {
  constexpr std::array<std::string_view, kAxisCount> kNames{"x", "y", "z", "e"};
  return kNames[index(axis)];
}

/// One value for each axis.
template <class T>
struct PerAxis {
  std::array<T, kAxisCount> values{};

  constexpr T& operator[](Axis axis) { return values[index(axis)]; }
  constexpr const T& operator[](Axis axis) const { return values[index(axis)]; }
  friend constexpr bool operator==(const PerAxis&, const PerAxis&) = default;
};

}  // namespace stepcast
