#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/base/units.hpp"
#include "stepcast/control/job_plan.hpp"
#include "stepcast/stream/heating.hpp"

namespace stepcast::printer {

/// Whether a device can do what a job asks of heaters; one that has neither heaters nor a fan is
/// not asked for anything.
/// @returns kUnsupported, with file:line, for a heater that it does not have, or for more changes
/// within one FIFO of motion than half its table: the other half is for a job that runs faster.
/// `name` stands for the file.
[[nodiscard]] Result<void> check_heat(const std::vector<control::HeatEvent>& events,
                                      std::string_view name, const stream::HeatAbilities& device);
[[nodiscard]] Result<void> check_heat(const control::JobPlan& plan,
                                      const stream::HeatAbilities& device);

/// Events as the device takes them; those that it cannot do, and need not, are left out.
[[nodiscard]] std::vector<stream::TimedAction> actions_of(
    const std::vector<control::HeatEvent>& events, const stream::HeatAbilities& device);

/// What those of `events` that are due before `tick` have set the heaters to, by name.
[[nodiscard]] std::map<std::string, Celsius> targets_before(
    const std::vector<control::HeatEvent>& events, Ticks tick);

/// How far ahead of the stream the events must be known (control::MotionSource): one batch, so that
/// a network costs a round trip for each of these and not for each event.
[[nodiscard]] Ticks heat_look_ahead(const stream::HeatAbilities& device);

}  // namespace stepcast::printer
