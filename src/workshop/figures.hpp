#pragma once

#include <vector>

#include "stepcast/workshop/workshop.hpp"

namespace stepcast::workshop {

/// How far `task` has got, now and with what its printer has printed in all.
[[nodiscard]] TaskState state_of(const Task& task, const store::PrintTotals& totals,
                                 store::UnixMs now);

/// "2026-11" of a day since 1970.
[[nodiscard]] std::string month_of(std::int64_t day);

[[nodiscard]] Statistics statistics_of(const std::vector<store::PrintTotals>& days,
                                       std::vector<store::MaterialTotals> materials);

/// @returns kOutOfRange or kInvalidArgument, naming the figure and what it may be.
[[nodiscard]] Result<void> check_spool(const Spool& spool);
[[nodiscard]] Result<void> check_task(const Task& task);

}  // namespace stepcast::workshop
