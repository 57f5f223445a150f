#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "stepcast/base/result.hpp"

namespace stepcast::daemon {

/// `[[notify.channel]]`, and the target of a `[[hook]]`.
struct ChannelConfig {
  std::string name;
  std::string kind = "webhook";  ///< webhook, email, ntfy, telegram, command
  std::string url;
  std::string user;
  std::string secret_file;
  std::string from;
  std::vector<std::string> to;
  bool require_tls = true;
  std::vector<std::string> command;
  std::int64_t timeout_s = 10;
  std::string language = "en";
  int per_hour = 0;
  std::string quiet;
  bool snapshot = true;
};

/// `[[notify.rule]]`, and the events of a `[[hook]]`.
struct RuleConfig {
  std::vector<std::string> events;
  std::vector<std::string> printers;
  std::vector<std::string> channels;
  bool urgent = false;
};

/// `[mqtt]`
struct MqttConfig {
  std::string server;  ///< `mqtt://host:1883`, `mqtts://host:8883`
  std::string user;
  std::string password_file;
  std::string ca_file;
  std::string certificate;
  std::string key;
  std::string prefix = "stepcast";
  std::string discovery = "homeassistant";
  bool commands = false;
  std::string language = "en";
};

/// What stepcastd has to do with others (docs/integrations.md).
struct IntegrationsConfig {
  std::vector<ChannelConfig> channels;
  std::vector<RuleConfig> rules;
  std::int64_t keep_hours = 24;  ///< What cannot be delivered for so long is given up.
  std::optional<MqttConfig> mqtt;
};

}  // namespace stepcast::daemon
