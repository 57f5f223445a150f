#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <variant>

#include "stepcast/base/result.hpp"
#include "stepcast/machine/profile.hpp"
#include "stepcast/planner/move.hpp"
#include "stepcast/planner/scurve.hpp"

namespace stepcast::planner {

/// A move with its speeds: enough to know the tool's position at any time.
struct PlannedMove {
  Move move;
  MmPerS entry, cruise, exit;
  RampLimits limits;

  [[nodiscard]] SpeedProfile profile() const { return {move.length, entry, cruise, exit, limits}; }
};

using PlannedItem = std::variant<PlannedMove, Dwell, Marker>;

/// Gives every move of a job its speed.
///
/// Limits hold on every move: path and axis speed, path and axis acceleration, jerk. E and Z follow
/// X and Y in proportion; a move of Z or E alone starts and ends at rest.
///
/// Threads: one owner. Memory: bounded look-ahead, whatever the length of the job.
class Planner {
 public:
  virtual ~Planner() = default;
  /// @returns false at the end; any error of the source.
  [[nodiscard]] virtual Result<bool> next(PlannedItem& item) = 0;

  /// The plan turns corners on the spot, at speeds meant for corners rounded by junction_kernel().
  [[nodiscard]] virtual bool wants_rounded_corners() const = 0;
};

/// One line of the registry: what can stand behind `--planner`.
struct PlannerInfo {
  std::string_view name;
  std::string_view summary;  ///< One line for --help.
};

/// All planners, the default first.
[[nodiscard]] std::span<const PlannerInfo> planners();

/// `source` and `profile` must outlive the planner.
/// @returns kNotFound for an unknown name (lists the known ones).
[[nodiscard]] Result<std::unique_ptr<Planner>> make_planner(std::string_view name,
                                                            const machine::Profile& profile,
                                                            MoveSource& source);

}  // namespace stepcast::planner
