#pragma once

#include "stepcast/base/units.hpp"

namespace stepcast::cli {

/// CPU time of this process so far, user and system.
[[nodiscard]] Seconds cpu_time();
/// Largest resident set of this process so far, MiB; 0 where the system does not tell.
[[nodiscard]] double peak_rss_mib();

}  // namespace stepcast::cli
