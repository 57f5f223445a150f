#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "stepcast/base/units.hpp"

namespace stepcast::planner {

/// Limits of one straight speed change. Infinite jerk gives a trapezoid; infinite acceleration
/// gives constant speed.
struct RampLimits {
  MmPerS2 acceleration;
  MmPerS3 jerk;
};

/// Distance and duration of a change of speed.
struct Ramp {
  Mm distance;
  Seconds duration;
};

/// The quickest change from speed `from` to speed `to` that starts and ends without acceleration:
/// jerk phase, constant acceleration, jerk phase. Symmetric: up and down cost the same.
///
/// With dv = |to - from|, a the acceleration and j the jerk: T = dv/a + a/j where the acceleration
/// limit is reached (dv >= a^2/j), else T = 2 sqrt(dv/j); the distance is (from + to)/2 T.
[[nodiscard]] Ramp speed_change(MmPerS from, MmPerS to, const RampLimits& limits) noexcept;

/// The highest speed, at most `ceiling`, that a ramp from `from` reaches within `length`.
[[nodiscard]] MmPerS reachable_speed(MmPerS from, Mm length, MmPerS ceiling,
                                     const RampLimits& limits) noexcept;

/// The highest cruise speed, at most `ceiling`, between two boundary speeds on `length`.
/// @pre the boundary speeds are connected by a ramp no longer than `length`.
[[nodiscard]] MmPerS peak_speed(Mm length, MmPerS from, MmPerS to, MmPerS ceiling,
                                const RampLimits& limits) noexcept;

/// Motion of constant jerk along the path of one move.
struct Phase {
  Seconds duration;
  Mm distance;  ///< Travelled at the start of the phase.
  MmPerS speed;
  MmPerS2 acceleration;
  MmPerS3 jerk;
};

/// Up to seven phases: jerk up, hold, jerk down, cruise, and the same to slow down.
class SpeedProfile {
 public:
  SpeedProfile() = default;
  /// @pre as peak_speed(); `cruise` is its result.
  SpeedProfile(Mm length, MmPerS from, MmPerS cruise, MmPerS to, const RampLimits& limits) noexcept;

  [[nodiscard]] std::span<const Phase> phases() const { return {phases_.data(), count_}; }
  [[nodiscard]] Seconds duration() const { return duration_; }

 private:
  void append(Seconds duration, MmPerS2 acceleration, MmPerS3 jerk) noexcept;
  void append_ramp(MmPerS from, MmPerS to, const RampLimits& limits) noexcept;

  static constexpr std::size_t kMaxPhases = 7;
  std::array<Phase, kMaxPhases> phases_{};
  std::size_t count_{};
  Seconds duration_;
  Mm distance_;
  MmPerS speed_;
};

}  // namespace stepcast::planner
