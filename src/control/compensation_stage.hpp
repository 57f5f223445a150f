#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "stepcast/base/axis.hpp"
#include "stepcast/base/result.hpp"
#include "stepcast/planner/corner_smoother.hpp"
#include "stepcast/shaping/axis_filter.hpp"

namespace stepcast::control {

/// Runs the filters of all axes side by side on the samples of a plan.
///
/// The axes may have different block lengths and look-aheads; the stage reads the plan far enough
/// ahead for the most demanding one, gives path, plan and command of the same instants, and pads
/// the end of the plan with its last position.
class CompensationStage {
 public:
  /// `start_mm`: where the axis rests before the first sample.
  void set(Axis axis, std::unique_ptr<shaping::AxisFilter> filter, double start_mm);

  /// Computes the next samples, at most kMostSamples; read them with path(), plan() and command().
  /// @returns how many; 0 at the end; an error of the plan.
  [[nodiscard]] Result<std::size_t> advance(planner::CornerSmoother& plan);

  /// The last samples lie beyond the end of the plan.
  [[nodiscard]] bool draining() const { return drained_ > 0; }
  [[nodiscard]] std::span<const double> path(Axis axis) const;
  [[nodiscard]] std::span<const double> plan(Axis axis) const;
  [[nodiscard]] std::span<const double> command(Axis axis) const;

 private:
  struct Lane {
    std::unique_ptr<shaping::AxisFilter> filter;
    std::vector<double> path;     // samples not yet given out, then the look-ahead
    std::vector<double> plan;     // the same instants
    std::vector<double> command;  // filtered samples not yet given out
  };

  [[nodiscard]] bool commands_rest_on_plan() const;
  [[nodiscard]] Result<void> read_plan(planner::CornerSmoother& plan, std::size_t samples);

  PerAxis<Lane> lanes_;
  std::size_t available_ = 0;  // plan samples in every lane
  std::size_t given_ = 0;      // of these, handed out by the last advance()
  std::size_t padding_ = 0;    // of these, at the end, not to be given out
  std::size_t drained_ = 0;    // samples given out beyond the end of the plan
  bool plan_ended_ = false;
  bool settled_ = false;  // the last samples given out ended on the plan
};

}  // namespace stepcast::control
