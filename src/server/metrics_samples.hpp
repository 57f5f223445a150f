#pragma once

#include <string_view>

#include "stepcast/base/result.hpp"
#include "stepcast/jobs/runner.hpp"
#include "stepcast/metrics/page.hpp"
#include "stepcast/server/site.hpp"

namespace stepcast::server {

/// State, temperatures, progress and connection of one printer.
void add_printer(metrics::Page& page, jobs::Runner& runner);

/// How many jobs there are in each state. `printer` empty: of all.
[[nodiscard]] Result<void> add_jobs(metrics::Page& page, store::Store& store,
                                    std::string_view printer);

/// Commits, failures, room on the disk.
void add_store(metrics::Page& page, const Site& site);

}  // namespace stepcast::server
