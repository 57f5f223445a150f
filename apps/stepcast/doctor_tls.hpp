#pragma once

#include <vector>

#include "doctor.hpp"

namespace stepcast::cli {

/// Certificate and key: readable, of each other, still valid, and the key for nobody else's eyes.
[[nodiscard]] std::vector<Finding> examine_tls(const daemon::Config& config);

}  // namespace stepcast::cli
