#pragma once

#include <memory>

#include "stepcast/base/result.hpp"
#include "stepcast/metrics/page.hpp"
#include "stepcast/server/site.hpp"
#include "stepcast/workshop/workshop.hpp"

#include "daemon_config.hpp"

namespace stepcast::daemon {

/// What hears of events beside the interfaces: the workshop, and what the configuration connects
/// the server to: notifications, hooks, MQTT.
///
/// Threads: any; has threads of its own until it is destroyed.
class Integrations {
 public:
  /// `site` must outlive it.
  /// @returns kNotFound, kIo: a file with a secret; kInvalidArgument: names the channel and key.
  [[nodiscard]] static Result<std::unique_ptr<Integrations>> start(const Config& config,
                                                                   server::Site& site);
  ~Integrations();
  Integrations(const Integrations&) = delete;
  Integrations& operator=(const Integrations&) = delete;

  [[nodiscard]] workshop::Workshop& workshop() const;
  void write_metrics(metrics::Page& page) const;

 private:
  struct Parts;
  explicit Integrations(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace stepcast::daemon
