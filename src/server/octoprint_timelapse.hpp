#pragma once

#include "stepcast/server/octoprint.hpp"

#include "octoprint_routes.hpp"

namespace stepcast::server::octoprint {

/// Films of prints: /api/timelapse and /downloads/timelapse.
void add_timelapse_routes(Mount& mount, const Recorders& recorders);

}  // namespace stepcast::server::octoprint
