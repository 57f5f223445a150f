#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "stepcast/jobs/runner.hpp"
#include "stepcast/mqtt/bridge.hpp"

namespace stepcast::mqtt {

struct Message {
  std::string topic;
  std::string payload;
};

inline constexpr const char* kOnline = "online";
inline constexpr const char* kOffline = "offline";

/// What is to be said of a printer now, all of it retained.
[[nodiscard]] std::vector<Message> messages_of(const std::string& prefix,
                                               const jobs::Runner::Identity& identity,
                                               const jobs::Runner::View& view);

/// The entities of a printer for Home Assistant, retained.
[[nodiscard]] std::vector<Message> discovery_of(const Bridge::Options& options,
                                                const jobs::Runner::Identity& identity,
                                                const jobs::Runner::View& view);

[[nodiscard]] Message message_of(const std::string& prefix, const events::Event& event);

}  // namespace stepcast::mqtt
