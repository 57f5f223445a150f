#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "stepcast/base/axis.hpp"
#include "stepcast/base/result.hpp"
#include "stepcast/planner/retimer.hpp"
#include "stepcast/shaping/axis_filter.hpp"

namespace stepcast::control {

/// Runs the filters of all axes side by side on the samples of a plan.
///
/// The axes may have different block lengths and look-aheads; the stage reads the plan far enough
/// ahead for the most demanding one, gives path, plan and command of the same instants, and pads
/// the end of the plan with its last position.
class CompensationStage {
 public:
  /// Samples in a block: long enough to amortise the calls, short enough to stay in the first-level
  /// cache with all lanes (4 axes * 3 arrays * 100 * 8 B = 10 kB).
  static constexpr std::size_t kMostSamples = 100;

  /// `start_mm`: where the axis rests before the first sample.
  void set(Axis axis, std::unique_ptr<shaping::AxisFilter> filter, double start_mm);

  /// Computes the next samples, at most kMostSamples; read them with path(), plan() and command().
  /// @returns how many; 0 at the end; an error of the plan.
  [[nodiscard]] Result<std::size_t> advance(planner::Retimer& plan);

  /// How many samples beyond those given out the plan is read.
  [[nodiscard]] std::size_t reach() const;
  /// The last samples lie beyond the end of the plan.
  [[nodiscard]] bool draining() const { return progress_.drained > 0; }
  [[nodiscard]] std::span<const double> path(Axis axis) const;
  [[nodiscard]] std::span<const double> plan(Axis axis) const;
  [[nodiscard]] std::span<const double> command(Axis axis) const;

 private:
  struct Samples {
    std::vector<double> path;     // not yet given out, then the look-ahead
    std::vector<double> plan;     // the same instants
    std::vector<double> command;  // filtered, not yet given out
    double last_path = 0.0;       // of all that was read
    double last_plan = 0.0;
  };
  struct Progress {
    std::size_t available = 0;  // plan samples in every lane
    std::size_t given = 0;      // of these, handed out by the last advance()
    std::size_t padding = 0;    // of these, at the end, not to be given out
    std::size_t drained = 0;    // samples given out beyond the end of the plan
    bool plan_ended = false;
    bool settled = false;  // the last samples given out ended on the plan
  };

 public:
  /// Where the stage was; the plan has a mark of its own.
  class Checkpoint {
    friend CompensationStage;
    PerAxis<Samples> samples_;
    PerAxis<std::vector<double>> filter_states_;
    Progress progress_;
  };
  /// Reuses the memory of the checkpoint.
  void save(Checkpoint& checkpoint);
  void restore(const Checkpoint& checkpoint);

 private:
  [[nodiscard]] bool commands_rest_on_plan() const;
  [[nodiscard]] Result<void> read_plan(planner::Retimer& plan, std::size_t samples);

  PerAxis<std::unique_ptr<shaping::AxisFilter>> filters_;
  PerAxis<Samples> lanes_;
  Progress progress_;
};

}  // namespace stepcast::control
