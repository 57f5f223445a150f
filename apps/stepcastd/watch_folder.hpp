#pragma once

#include <memory>

#include "stepcast/base/result.hpp"
#include "stepcast/events/log.hpp"
#include "stepcast/files/library.hpp"
#include "stepcast/files/watched_folder.hpp"

#include "daemon_config.hpp"

namespace stepcast::daemon {

/// Watches the folder of the configuration, and tells of what cannot be taken in (event
/// FileRefused, and the log). The library and the events must outlive it.
/// @returns null if no folder is configured.
[[nodiscard]] Result<std::unique_ptr<files::WatchedFolder>> watch_folder(const Config& config,
                                                                         files::Library& library,
                                                                         events::Log& events);

}  // namespace stepcast::daemon
