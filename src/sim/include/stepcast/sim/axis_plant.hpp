#pragma once

#include <span>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/base/units.hpp"
#include "stepcast/machine/profile.hpp"
#include "stepcast/math/state_space.hpp"

namespace stepcast::sim {

/// How a simulated axis differs from its model: what a print on the real machine would differ by.
struct ModelError {
  double frequency = 1.0;  ///< Factor on all pole and zero frequencies.
  double damping = 1.0;    ///< Factor on the damping of the pole pairs.
};

/// Where the tool goes when the motor of one flexible axis is driven, sample by sample.
///
/// Exact for commands that move along straight lines between samples (first-order hold), at any
/// rate: 1 kHz for commands, the tick rate for positions quantised to steps.
///
/// Threads: one owner.
class AxisPlant {
 public:
  /// An empty response is a rigid axis: the tool follows the motor.
  /// @returns kInvalidArgument or kUnsupported as shaping::sampled_response(), and for factors that
  /// are not positive.
  [[nodiscard]] static Result<AxisPlant> create(const machine::TransferFunction& response,
                                                Seconds period, const ModelError& error = {});

  /// Motor and tool rest at `position_mm`, and have done so for ever.
  void start(double position_mm) noexcept;

  /// Real time: no allocation, lock or throw; n * (n + 2) multiplications a sample.
  /// @pre tool_mm.size() == motor_mm.size(); they may be the same samples
  void advance(std::span<const double> motor_mm, std::span<double> tool_mm) noexcept;

 private:
  explicit AxisPlant(const math::StateSpace& axis);

  // [a b; c d] column by column, padded to an even number of rows: one multiply-add of a whole
  // column per state, which compilers vectorise as it stands.
  std::size_t states_{};
  std::size_t rows_{};
  std::vector<double> columns_;
  std::vector<double> state_;
  std::vector<double> next_;
  double anchor_mm_{};
};

}  // namespace stepcast::sim
