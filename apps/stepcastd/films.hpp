#pragma once

#include <filesystem>

#include "stepcast/server/octoprint.hpp"
#include "stepcast/server/site.hpp"

#include "daemon_config.hpp"

namespace stepcast::daemon {

/// A recorder for each printer with a camera, with its films in a folder of `data`. `site` must
/// outlive them.
[[nodiscard]] Result<server::Recorders> open_recorders(const Config& config,
                                                       const std::filesystem::path& data,
                                                       server::Site& site);

}  // namespace stepcast::daemon
