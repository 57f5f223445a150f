#pragma once

#include <optional>
#include <string>

#include <toml++/toml.h>

#include "stepcast/base/result.hpp"

#include "integrations_config.hpp"

namespace stepcast::daemon {

/// Reads `notify`, `hook` and `mqtt` of the configuration `file`; keeps the first problem.
void read_integrations(const toml::table& root, const std::string& file,
                       IntegrationsConfig& integrations, std::optional<Error>& problem);

}  // namespace stepcast::daemon
