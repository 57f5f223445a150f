#pragma once

#include <memory>

#include "stepcast/base/result.hpp"
#include "stepcast/jobs/queue.hpp"
#include "stepcast/server/site.hpp"

#include "daemon_config.hpp"

namespace stepcast::daemon {

/// The queue of the site's printers, which are those of the configuration in its order.
[[nodiscard]] Result<std::unique_ptr<jobs::Queue>> open_queue(const Config& config,
                                                              server::Site& site);

}  // namespace stepcast::daemon
