#pragma once

#include <utility>

#include "stepcast/base/axis.hpp"
#include "stepcast/base/result.hpp"
#include "stepcast/base/units.hpp"
#include "stepcast/gcode/command.hpp"
#include "stepcast/machine/profile.hpp"

namespace stepcast::planner {

/// Retraction by G10 and G11 (M207, M208).
struct FirmwareRetraction {
  Mm length{1.0};
  Mm lift{0.0};
  Mm extra{0.0};
  MmPerS speed{25.0};
  MmPerS recover_speed{25.0};
  bool active = false;
};

/// What G-code that came before says about how to read what comes: the modes of a controller.
struct ModalState {
  /// Before the first F: the controllers' own default differs, slicers always state one.
  static constexpr MmPerS kFeedBeforeFirstF{50.0};

  PerAxis<Mm> offset;               ///< Machine coordinate = that of the job + offset (X, Y, Z).
  Mm logical_e;                     ///< What the job calls the place of the filament.
  bool relative = false;            ///< X, Y, Z
  bool relative_e = false;          ///< E
  double unit_mm = 1.0;             ///< Of a length.
  double filament_area_mm2 = 0.0;   ///< E is a volume (M200); 0: it is a length.
  double flow = 1.0;                ///< M221
  double feed_factor = 1.0;         ///< M220
  MmPerS feed = kFeedBeforeFirstF;  ///< The last F.
  std::pair<Axis, Axis> plane{Axis::kX, Axis::kY};  ///< Of arcs.
  FirmwareRetraction retraction;
  PerAxis<MmPerS> max_speed{
      {MmPerS(kInfinity), MmPerS(kInfinity), MmPerS(kInfinity), MmPerS(kInfinity)}};  ///< M203
  MmPerS2 acceleration{kInfinity};                                                    ///< M204 P
  MmPerS2 travel_acceleration{kInfinity};                                             ///< M204 T

  /// Millimetres of filament for one unit of E.
  [[nodiscard]] double e_unit() const;
};

/// Carries out a command that only sets modes: G17 to G21, G90 to G92, M82, M83, M200, M203, M204,
/// M206 to M208, M220, M221. `position`: of the tool, in machine coordinates.
/// @returns whether it is one; kOutOfRange, without a location: the caller knows the line.
[[nodiscard]] Result<bool> set_mode(ModalState& mode, const gcode::Command& command,
                                    const PerAxis<Mm>& position, const machine::Profile& profile);

}  // namespace stepcast::planner
