#pragma once

#include <cstddef>
#include <span>

#include "stepcast/shaping/axis_filter.hpp"

namespace stepcast::shaping {

/// The command is the plan: for rigid axes, and as the baseline of every comparison.
class Identity final : public AxisFilter {
 public:
  [[nodiscard]] std::size_t block() const noexcept override;
  [[nodiscard]] std::size_t look_ahead() const noexcept override;
  void start(double position_mm) noexcept override;
  void advance(std::span<const double> plan_mm, std::span<double> command_mm) noexcept override;
  [[nodiscard]] std::span<double> state() noexcept override { return {}; }
};

}  // namespace stepcast::shaping
