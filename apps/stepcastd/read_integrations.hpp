#pragma once

#include <string_view>
#include <vector>

#include "config_table.hpp"
#include "integrations_config.hpp"

namespace stepcast::daemon {

/// Reads `notify`, `hook` and `mqtt` of the whole configuration `root`.
/// @param printers their ids, which rules and hooks may name.
void read_integrations(ConfigTable& root, const std::vector<std::string_view>& printers,
                       IntegrationsConfig& integrations);

}  // namespace stepcast::daemon
