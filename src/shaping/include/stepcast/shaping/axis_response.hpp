#pragma once

#include "stepcast/base/result.hpp"
#include "stepcast/base/units.hpp"
#include "stepcast/machine/profile.hpp"
#include "stepcast/math/state_space.hpp"

namespace stepcast::shaping {

/// The response of one axis sampled for positions that move along straight lines between samples
/// (first-order hold): checked, freed of poles too fast to matter, brought to a DC gain of exactly
/// 1, discretised.
/// @returns kInvalidArgument or kUnsupported when it cannot be the response of an axis: improper,
/// not stable, DC gain not 1, too stiff.
[[nodiscard]] Result<math::StateSpace> sampled_response(const machine::TransferFunction& response,
                                                        Seconds period);

}  // namespace stepcast::shaping
