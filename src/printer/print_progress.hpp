#pragma once

#include <cstdint>

#include "stepcast/control/job_plan.hpp"
#include "stepcast/printer/printer.hpp"

namespace stepcast::printer {

/// How far a job is after `executed` ticks of its plan.
///
/// `left` is exact: the ticks that are still to come, without pauses. The position in the file is
/// not: it is its size times the share of the time, because the plan does not know which tick came
/// of which byte.
[[nodiscard]] Progress progress_of(const control::JobPlan& plan, Hertz tick_rate,
                                   std::int64_t file_bytes, Ticks executed);

}  // namespace stepcast::printer
