#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "stepcast/base/result.hpp"
#include "stepcast/store/probe.hpp"
#include "stepcast/store/store.hpp"

#include "daemon_config.hpp"

namespace stepcast::daemon {

/// Of the configuration, or SQLite in the data folder.
[[nodiscard]] std::string database_url(const Config& config, const std::filesystem::path& data);

/// @returns errors of store::Store::open(), with the place in the configuration.
[[nodiscard]] Result<std::unique_ptr<store::Store>> open_database(
    const Config& config, const std::filesystem::path& data);

/// The same of store::probe().
[[nodiscard]] Result<store::Found> probe_database(const Config& config,
                                                  const std::filesystem::path& data);

}  // namespace stepcast::daemon
