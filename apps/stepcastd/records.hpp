#pragma once

#include <memory>
#include <vector>

#include "stepcast/history/recorder.hpp"
#include "stepcast/history/retention.hpp"
#include "stepcast/jobs/runner.hpp"
#include "stepcast/store/store.hpp"

#include "daemon_config.hpp"

namespace stepcast::daemon {

/// Records what the printers measure, and removes what the configuration does not keep, as long as
/// it exists.
class Records {
 public:
  /// All of them must outlive it.
  Records(store::Store& store, const Config& config,
          const std::vector<std::unique_ptr<jobs::Runner>>& printers);

 private:
  history::Recorder recorder_;
  history::Retention retention_;
};

}  // namespace stepcast::daemon
