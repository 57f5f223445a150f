#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "stepcast/base/axis.hpp"
#include "stepcast/base/result.hpp"
#include "stepcast/base/units.hpp"
#include "stepcast/machine/profile.hpp"
#include "stepcast/shaping/axis_filter.hpp"

namespace stepcast::shaping {

/// Rate of planned and commanded positions (the paper's 1 kHz).
inline constexpr Hertz kCommandRate{1000.0};

/// One line of the registry: what can stand behind `--compensator`.
struct CompensatorInfo {
  std::string_view name;     ///< "none", "lpfbs-paper", "lpfbs-sharp".
  std::string_view summary;  ///< One line for --help.
};

/// All compensators, in the order they are shown.
[[nodiscard]] std::span<const CompensatorInfo> compensators();

/// Builds the filter of one axis. Axes without a response (and Z and E) get the identity.
/// @returns kNotFound for an unknown name (lists the known ones); kInvalidArgument when the
/// configuration is not stable on that axis (spectral radius against the limit).
[[nodiscard]] Result<std::unique_ptr<AxisFilter>> make_axis_filter(std::string_view name,
                                                                   const machine::Profile& profile,
                                                                   Axis axis);

}  // namespace stepcast::shaping
