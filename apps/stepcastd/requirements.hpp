#pragma once

#include <string>
#include <vector>

#include "stepcast/base/result.hpp"

#include "daemon_config.hpp"

namespace stepcast::daemon {

/// What the server cannot start without.
struct Unmet {
  std::string subject;  ///< "printer taz6", "hook lamp"
  Error error;          ///< Names the place in the configuration.
};

/// Everything that a configuration whose values are sound needs and does not find: profiles, keys,
/// secrets, programs, ports of their own. Looked at before anything is begun, by the server and by
/// `stepcastd doctor` alike; changes nothing, and does not wait for the network.
[[nodiscard]] std::vector<Unmet> unmet_requirements(const Config& config);

}  // namespace stepcast::daemon
