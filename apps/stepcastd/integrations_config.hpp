#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/mqtt/bridge.hpp"
#include "stepcast/notify/channel.hpp"

namespace stepcast::daemon {

/// `[[notify.channel]]`, and the target of a `[[hook]]`.
struct ChannelConfig {
  notify::Channel channel;  ///< Without its secret.
  std::string secret_file;  ///< Empty: none.
  std::string place;        ///< File and line, for messages.
};

/// `[mqtt]`
struct MqttConfig {
  mqtt::Bridge::Options options;  ///< What the configuration says of it, without the password.
  std::string password_file;      ///< Empty: none.
  std::string place;              ///< File and line, for messages.
};

/// What stepcastd has to do with others (docs/integrations.md).
struct IntegrationsConfig {
  std::vector<ChannelConfig> channels;
  std::vector<notify::Rule> rules;
  std::int64_t keep_hours = 24;  ///< What cannot be delivered for so long is given up.
  std::optional<MqttConfig> mqtt;
};

}  // namespace stepcast::daemon
