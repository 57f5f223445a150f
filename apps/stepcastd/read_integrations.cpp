#include "read_integrations.hpp"

#include <utility>

#include <fmt/format.h>

#include "config_table.hpp"

namespace stepcast::daemon {
namespace {

constexpr std::int64_t kLongestTimeoutS = 600;
constexpr std::int64_t kMostPerHour = 3600;
constexpr std::int64_t kLongestKeepHours = 720;  // 30 days

// Calls `each` with every table of `[[name]]`.
template <class Each>
void for_each_table(const toml::table& parent, const char* name, Each&& each) {
  if (const auto* array = parent[name].as_array()) {
    for (const toml::node& node : *array) {
      if (const auto* table = node.as_table()) {
        each(*table);
      }
    }
  }
}

void need(ConfigTable& table, const ChannelConfig& channel) {
  if (channel.name.empty()) {
    table.report_whole("has no name", "give it one; it is the key of what has been delivered");
  } else if (channel.kind == "telegram" && (channel.secret_file.empty() || channel.to.empty())) {
    table.report_whole("needs secret_file and to", "the bot's token in a file, and the chats");
  } else if (channel.kind == "email" && (channel.from.empty() || channel.to.empty())) {
    table.report_whole("needs from and to", "write the addresses");
  } else if (channel.kind == "command" && channel.command.empty()) {
    table.report_whole("needs command", R"(write it like ["/usr/local/bin/lamp", "red"])");
  } else if (channel.kind != "command" && channel.kind != "telegram" && channel.url.empty()) {
    table.report_whole("needs url", "write the address that it goes to");
  }
}

ChannelConfig read_channel(ConfigTable table) {
  ChannelConfig channel;
  table.allow_only({"name", "kind", "url", "user", "secret_file", "from", "to", "require_tls",
                    "timeout_s", "language", "per_hour", "quiet", "snapshot"});
  table.text("name", channel.name);
  table.one_of("kind", channel.kind, {"webhook", "email", "ntfy", "telegram"});
  table.text("url", channel.url);
  table.text("user", channel.user);
  table.text("secret_file", channel.secret_file);
  table.text("from", channel.from);
  table.texts("to", channel.to);
  table.flag("require_tls", channel.require_tls);
  table.integer("timeout_s", channel.timeout_s, 1, kLongestTimeoutS);
  table.one_of("language", channel.language, {"en", "es"});
  table.integer("per_hour", channel.per_hour, 0, kMostPerHour);
  table.text("quiet", channel.quiet);
  table.flag("snapshot", channel.snapshot);
  need(table, channel);
  return channel;
}

RuleConfig read_rule(ConfigTable table) {
  RuleConfig rule;
  table.allow_only({"events", "printers", "channels", "urgent"});
  table.texts("events", rule.events);
  table.texts("printers", rule.printers);
  table.texts("channels", rule.channels);
  table.flag("urgent", rule.urgent);
  if (rule.events.empty() || rule.channels.empty()) {
    table.report_whole("needs events and channels", "events = [\"*\"] are all of them");
  }
  return rule;
}

// A hook is a channel of its own with one rule.
void read_hook(ConfigTable table, IntegrationsConfig& integrations) {
  ChannelConfig channel;
  RuleConfig rule;
  channel.snapshot = false;
  table.allow_only({"name", "events", "printers", "command", "url", "secret_file", "timeout_s"});
  table.text("name", channel.name);
  table.texts("events", rule.events);
  table.texts("printers", rule.printers);
  table.texts("command", channel.command);
  table.text("url", channel.url);
  table.text("secret_file", channel.secret_file);
  table.integer("timeout_s", channel.timeout_s, 1, kLongestTimeoutS);
  if (rule.events.empty()) {
    table.report_whole("needs events", "events = [\"*\"] are all of them");
  }
  if (channel.command.empty() == channel.url.empty()) {
    table.report_whole("needs either command or url", "give one of them");
  }
  channel.kind = channel.command.empty() ? "webhook" : "command";
  need(table, channel);
  channel.name = "hook " + channel.name;
  rule.channels = {channel.name};
  integrations.channels.push_back(std::move(channel));
  integrations.rules.push_back(std::move(rule));
}

MqttConfig read_mqtt(ConfigTable table) {
  MqttConfig mqtt;
  table.allow_only({"server", "user", "password_file", "ca_file", "certificate", "key", "prefix",
                    "discovery", "commands", "language"});
  table.text("server", mqtt.server);
  table.text("user", mqtt.user);
  table.text("password_file", mqtt.password_file);
  table.text("ca_file", mqtt.ca_file);
  table.text("certificate", mqtt.certificate);
  table.text("key", mqtt.key);
  table.text("prefix", mqtt.prefix);
  table.text("discovery", mqtt.discovery);
  table.flag("commands", mqtt.commands);
  table.one_of("language", mqtt.language, {"en", "es"});
  if (mqtt.server.rfind("mqtt://", 0) != 0 && mqtt.server.rfind("mqtts://", 0) != 0) {
    table.report_whole(fmt::format("has the server '{}'", mqtt.server),
                       "write it like \"mqtts://broker.example:8883\"");
  }
  if (mqtt.certificate.empty() != mqtt.key.empty()) {
    table.report_whole("has one of certificate and key", "give both or neither");
  }
  return mqtt;
}

}  // namespace

void read_integrations(const toml::table& root, const std::string& file,
                       IntegrationsConfig& integrations, std::optional<Error>& problem) {
  if (const auto* notify = root["notify"].as_table()) {
    ConfigTable table(*notify, file, "notify.", problem);
    table.allow_only({"channel", "rule", "keep_hours"});
    table.integer("keep_hours", integrations.keep_hours, 1, kLongestKeepHours);
    for_each_table(*notify, "channel", [&](const toml::table& entry) {
      integrations.channels.push_back(
          read_channel(ConfigTable(entry, file, "notify.channel.", problem)));
    });
    for_each_table(*notify, "rule", [&](const toml::table& entry) {
      integrations.rules.push_back(read_rule(ConfigTable(entry, file, "notify.rule.", problem)));
    });
  }
  for_each_table(root, "hook", [&](const toml::table& entry) {
    read_hook(ConfigTable(entry, file, "hook.", problem), integrations);
  });
  if (const auto* mqtt = root["mqtt"].as_table()) {
    integrations.mqtt = read_mqtt(ConfigTable(*mqtt, file, "mqtt.", problem));
  }
  for (std::size_t i = 0; i < integrations.channels.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (integrations.channels[i].name == integrations.channels[j].name) {
        ConfigTable(root, file, "", problem)
            .report_whole(fmt::format("the name '{}' is used twice", integrations.channels[i].name),
                          "give each channel and hook a name of its own");
      }
    }
  }
}

}  // namespace stepcast::daemon
