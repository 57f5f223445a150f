#pragma once

#include "stepcast/metrics/page.hpp"

namespace stepcast::metrics {

/// The `process_*` metrics of this process, under the names that Prometheus' own clients use. What
/// the system does not tell is left out.
/// @param start_unix_s when the process started, in seconds since 1970.
void add_process(Page& page, double start_unix_s);

}  // namespace stepcast::metrics
