#pragma once

#include <memory>

#include "stepcast/base/result.hpp"
#include "stepcast/metrics/page.hpp"
#include "stepcast/server/site.hpp"
#include "stepcast/workshop/workshop.hpp"

#include "daemon_config.hpp"

namespace stepcast::daemon {

/// A channel with its secret. @returns kNotFound: the file of the secret, or the program that it
/// runs; names the block.
[[nodiscard]] Result<notify::Channel> channel_of(const ChannelConfig& config);
/// Of the broker; empty: none. @returns kNotFound.
[[nodiscard]] Result<std::string> password_of(const MqttConfig& config);

/// What hears of events beside the interfaces: the workshop, and what the configuration connects
/// the server to: notifications, hooks, MQTT.
///
/// Threads: any; has threads of its own until it is destroyed.
class Integrations {
 public:
  /// `site` must outlive it.
  /// @returns errors of channel_of() and password_of(); kInvalidArgument: certificates.
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
