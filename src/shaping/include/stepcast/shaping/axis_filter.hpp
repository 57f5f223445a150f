#pragma once

#include <cstddef>
#include <span>

namespace stepcast::shaping {

/// One axis of a compensator: turns the planned positions of an axis into the motor command that
/// makes the flexible machine follow the plan.
///
/// Works in blocks with declared look-ahead, so that any compensator fits the same slot of the
/// pipeline and delays nothing: sample k of the output belongs to the time of sample k of the
/// input. Positions are mm at the command rate (1 kHz).
///
/// Threads: one owner.
class AxisFilter {
 public:
  virtual ~AxisFilter() = default;

  /// Samples produced by one advance().
  [[nodiscard]] virtual std::size_t block() const noexcept = 0;
  /// Samples beyond the block that advance() has to see.
  [[nodiscard]] virtual std::size_t look_ahead() const noexcept = 0;

  /// The axis rests at `position_mm`, and has done so for ever.
  ///
  /// A filter with look-ahead moves before the plan does. Let the plan rest for at least block()
  /// samples first, or the first motion comes as a surprise and is followed badly; and pad it with
  /// its last value until the command has settled there (docs/theory/filtered-bspline.md).
  virtual void start(double position_mm) noexcept = 0;

  /// Real time: no allocation, lock or throw.
  /// @pre plan_mm.size() == block() + look_ahead(), command_mm.size() == block()
  virtual void advance(std::span<const double> plan_mm, std::span<double> command_mm) noexcept = 0;

  /// Everything that advance() remembers: a copy of it, put back later, rewinds the filter. Its
  /// size is constant.
  [[nodiscard]] virtual std::span<double> state() noexcept = 0;
};

}  // namespace stepcast::shaping
