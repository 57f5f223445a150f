#include "stepcast/planner/planners.hpp"

#include <array>
#include <string>

#include <fmt/format.h>

#include "stepcast/planner/lookahead_planner.hpp"

namespace stepcast::planner {
namespace {

struct Registered {
  PlannerInfo info;
  JunctionRule junction;
  RampShape ramp;
};

// The registry. Adding a planner: docs/howto/add-a-planner.md.
constexpr std::array kRegistry{
    Registered{{"lookahead", "S-curve, global look-ahead, junction deviation (default)"},
               JunctionRule::kJunctionDeviation,
               RampShape::kSCurve},
    Registered{{"jlmcg", "S-curve, full stop at every XY segment (the 2018 paper)"},
               JunctionRule::kFullStop,
               RampShape::kSCurve},
    Registered{{"marlin", "trapezoid with classic jerk (a local controller)"},
               JunctionRule::kInstantSpeedChange,
               RampShape::kTrapezoid},
};

constexpr auto kInfos = [] {
  std::array<PlannerInfo, kRegistry.size()> infos;
  for (std::size_t i = 0; i < infos.size(); ++i) {
    infos[i] = kRegistry[i].info;
  }
  return infos;
}();

}  // namespace

std::span<const PlannerInfo> planners() {
  return kInfos;
}

Result<std::unique_ptr<Planner>> make_planner(std::string_view name,
                                              const machine::Profile& profile, MoveSource& source) {
  std::string known;
  for (const Registered& entry : kRegistry) {
    if (entry.info.name == name) {
      LookaheadPlanner::Options options;
      options.junction = entry.junction;
      options.ramp = entry.ramp;
      return std::make_unique<LookaheadPlanner>(profile, source, options);
    }
    known += (known.empty() ? "" : ", ") + std::string(entry.info.name);
  }
  return fail(Errc::kNotFound, fmt::format("there is no planner '{}'", name), {},
              "known planners: " + known);
}

}  // namespace stepcast::planner
