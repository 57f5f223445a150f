#pragma once

#include <vector>

#include "doctor.hpp"

namespace stepcast::daemon {

/// Certificate and key: readable, of each other, still valid, and the key for nobody else's eyes.
[[nodiscard]] std::vector<Finding> examine_tls(const Config& config);

}  // namespace stepcast::daemon
