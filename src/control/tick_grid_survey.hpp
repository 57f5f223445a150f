#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "stepcast/base/axis.hpp"
#include "stepcast/base/units.hpp"
#include "stepcast/machine/profile.hpp"

namespace stepcast::control {

/// One step a tick.
[[nodiscard]] MmPerS rate_limit(const machine::Profile& profile, Axis motor);

/// Samples of a block, from `first` to `last`, in which a motor falls too far behind.
struct TickGridExcess {
  std::size_t first{};
  std::size_t last{};
  double share{};  ///< Of its speed, at which it should fit.
};

/// Follows each motor at its highest rate, one step a tick, and finds where it would fall so far
/// behind its command that stepgen::StepGenerator gave up.
///
/// A value: a copy is a checkpoint. Threads: one owner. Cost: O(1) a sample.
class TickGridSurvey {
 public:
  explicit TickGridSurvey(const machine::Profile& profile);

  void start(Axis motor, double position_mm);

  /// The next block of a motor's commanded positions at the command rate. After an excess the
  /// survey has to be put back to before it.
  [[nodiscard]] std::optional<TickGridExcess> see(Axis motor, std::span<const double> position_mm);

 private:
  struct Follower {
    double command_mm = 0.0;  // last position asked for
    double motor_mm = 0.0;    // where a motor at its highest rate would be
    double most_mm = 0.0;     // what it can do in a sample
    double allowed_mm = 0.0;  // how far it may be behind
  };

  PerAxis<Follower> followers_;
};

}  // namespace stepcast::control
