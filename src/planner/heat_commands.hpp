#pragma once

#include <map>
#include <optional>

#include "stepcast/base/result.hpp"
#include "stepcast/base/units.hpp"
#include "stepcast/gcode/command.hpp"
#include "stepcast/machine/profile.hpp"
#include "stepcast/planner/move.hpp"

namespace stepcast::planner {

/// What a job asks of heaters and fan, and whether the nozzle is hot where filament moves. The
/// errors have no location: the caller knows the line.
class HeatCommands {
 public:
  /// `profile` must outlive this. Without `nozzle_at_start` nobody knows how hot the nozzle is, and
  /// check_extrusion() is content.
  HeatCommands(const machine::Profile& profile, std::optional<Celsius> nozzle_at_start);

  /// M104 M109 M140 M190 M141 M191 M106 M107, as a marker.
  /// @returns kOutOfRange with heater, value and limit.
  [[nodiscard]] Result<Marker> read(const gcode::Command& command);
  /// @returns kOutOfRange if the nozzle is not certain to have what extruding needs.
  [[nodiscard]] Result<void> check_extrusion() const;

 private:
  [[nodiscard]] Result<Marker> heat(Marker::Kind kind, const machine::Heater* heater, bool waits,
                                    const gcode::Command& command);

  const machine::Profile& profile_;
  const bool watches_nozzle_;
  bool warm_;  ///< The nozzle certainly has what extruding needs.
  std::map<Marker::Kind, std::optional<double>> last_target_;
};

}  // namespace stepcast::planner
