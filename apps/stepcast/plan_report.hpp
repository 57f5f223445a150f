#pragma once

#include <nlohmann/json.hpp>

#include "stepcast/base/units.hpp"
#include "stepcast/control/job_plan.hpp"
#include "stepcast/machine/profile.hpp"

namespace stepcast::cli {

/// What planning cost this process.
struct PlanningCost {
  Seconds cpu;
  double peak_rss_mib{};
};

/// The plan as JSON (keys and units: docs/command-line.md).
[[nodiscard]] nlohmann::json plan_json(const control::JobPlan& plan,
                                       const machine::Profile& profile, const PlanningCost& cost);

/// The plan as tables on standard output.
void print_plan(const control::JobPlan& plan, const machine::Profile& profile,
                const PlanningCost& cost);

/// {"x": ..., "y": ..., "z": ..., "e": ...}
template <class T>
nlohmann::json per_axis_json(const PerAxis<T>& values) {
  nlohmann::json object;
  for (Axis axis : kAllAxes) {
    object[std::string(axis_name(axis))] = values[axis];
  }
  return object;
}

}  // namespace stepcast::cli
