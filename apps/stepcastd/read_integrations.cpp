#include "read_integrations.hpp"

#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "stepcast/events/types.hpp"

namespace stepcast::daemon {
namespace {

using notify::Channel;
using texts::Language;

constexpr std::int64_t kLongestTimeoutS = 600;
constexpr std::int64_t kMostPerHour = 3600;
constexpr std::int64_t kLongestKeepHours = 720;  // 30 days

// Reads the blocks one after the other; what a block may name has been read before it.
class Reader {
 public:
  Reader(const std::vector<std::string_view>& printers, IntegrationsConfig& integrations)
      : printers_(printers), integrations_(integrations) {}

  void notify(ConfigTable table) {
    table.integer("keep_hours", integrations_.keep_hours, 1, kLongestKeepHours);
    table.tables("channel", [&](ConfigTable entry) { channel(std::move(entry)); });
    std::vector<std::string_view> channels;
    for (const ChannelConfig& entry : integrations_.channels) {
      channels.push_back(entry.channel.name);
    }
    table.tables("rule", [&](ConfigTable entry) { rule(std::move(entry), channels); });
    table.refuse_other_keys();
  }

  // A hook is a channel of its own with one rule.
  void hook(ConfigTable table) {
    ChannelConfig config{.channel = {}, .secret_file = {}, .place = table.place()};
    Channel& target = config.channel;
    notify::Rule rule;
    target.snapshot = false;
    read_target(table, config);
    read_what(table, rule);
    table.texts("command", target.command);
    table.refuse_other_keys();
    need_name(table, target);
    need_events(table, rule);
    if (target.command.empty() == target.url.empty()) {
      table.refuse_whole("needs either command or url", "give one of them");
    }
    target.kind = target.command.empty() ? Channel::Kind::kWebhook : Channel::Kind::kCommand;
    target.name = "hook " + target.name;
    rule.channels = {target.name};
    add(table, std::move(config));
    integrations_.rules.push_back(std::move(rule));
  }

  void mqtt(ConfigTable table) {
    MqttConfig config{.options = {}, .password_file = {}, .place = table.place()};
    mqtt::Bridge::Options& options = config.options;
    std::string server;
    table.text("server", server);
    table.text("user", options.user);
    table.text("password_file", config.password_file);
    table.path("ca_file", options.ca_file);
    table.path("certificate", options.certificate);
    table.path("key", options.key);
    table.text("prefix", options.prefix);
    table.text("discovery", options.discovery);
    table.flag("commands", options.commands);
    read_language(table, options.language);
    table.refuse_other_keys();
    if (!set_server(server, options)) {
      table.refuse("server", fmt::format("is '{}'", server),
                   "write it like \"mqtts://broker.example:8883\"");
    }
    if (options.certificate.empty() != options.key.empty()) {
      table.refuse_whole("has one of certificate and key", "give both or neither");
    }
    integrations_.mqtt = std::move(config);
  }

 private:
  void channel(ConfigTable table) {
    using Kind = Channel::Kind;
    ChannelConfig config{.channel = {}, .secret_file = {}, .place = table.place()};
    Channel& channel = config.channel;
    std::string quiet;
    read_target(table, config);
    table.choice("kind", channel.kind,
                 {{"webhook", Kind::kWebhook},
                  {"email", Kind::kEmail},
                  {"ntfy", Kind::kNtfy},
                  {"telegram", Kind::kTelegram}});
    table.text("user", channel.user);
    table.text("from", channel.from);
    table.texts("to", channel.to);
    table.flag("require_tls", channel.require_tls);
    read_language(table, channel.language);
    table.integer("per_hour", channel.per_hour, 0, kMostPerHour);
    table.text("quiet", quiet);
    table.flag("snapshot", channel.snapshot);
    table.refuse_other_keys();
    if (!quiet.empty()) {
      if (auto hours = notify::quiet_hours_from(quiet)) {
        channel.quiet = *hours;
      } else {
        table.refuse("quiet", hours.error());
      }
    }
    need_name(table, channel);
    need_address(table, config);
    add(table, std::move(config));
  }

  void rule(ConfigTable table, const std::vector<std::string_view>& channels) {
    notify::Rule rule;
    read_what(table, rule);
    table.names("channels", rule.channels, channels);
    table.flag("urgent", rule.urgent);
    table.refuse_other_keys();
    need_events(table, rule);
    if (rule.channels.empty()) {
      table.refuse_whole("needs channels", "name one of the [[notify.channel]] blocks");
    }
    integrations_.rules.push_back(std::move(rule));
  }

  // What channels and hooks say of where it goes.
  static void read_target(ConfigTable& table, ChannelConfig& config) {
    table.text("name", config.channel.name);
    table.text("url", config.channel.url);
    table.text("secret_file", config.secret_file);
    table.seconds("timeout_s", config.channel.time_limit, 1, kLongestTimeoutS);
  }

  // What rules and hooks say of what goes there.
  void read_what(ConfigTable& table, notify::Rule& rule) const {
    std::vector<std::string_view> types{"*"};
    types.insert(types.end(), events::types().begin(), events::types().end());
    table.names("events", rule.events, types);
    table.names("printers", rule.printers, printers_);
  }

  static void read_language(ConfigTable& table, Language& language) {
    table.choice("language", language, {{"en", Language::kEnglish}, {"es", Language::kSpanish}});
  }

  static void need_name(ConfigTable& table, const Channel& channel) {
    if (channel.name.empty()) {
      table.refuse_whole("has no name", "give it one; it is the key of what has been delivered");
    }
  }

  static void need_events(ConfigTable& table, const notify::Rule& rule) {
    if (rule.events.empty()) {
      table.refuse_whole("needs events", "events = [\"*\"] are all of them");
    }
  }

  static void need_address(ConfigTable& table, const ChannelConfig& config) {
    const Channel& channel = config.channel;
    if (channel.kind == Channel::Kind::kTelegram) {
      if (config.secret_file.empty() || channel.to.empty()) {
        table.refuse_whole("needs secret_file and to", "the bot's token in a file, and the chats");
      }
    } else if (channel.kind == Channel::Kind::kEmail &&
               (channel.from.empty() || channel.to.empty())) {
      table.refuse_whole("needs from and to", "write the addresses");
    } else if (channel.url.empty()) {
      table.refuse_whole("needs url", "write the address that it goes to");
    }
  }

  void add(ConfigTable& table, ChannelConfig config) {
    for (const ChannelConfig& other : integrations_.channels) {
      if (other.channel.name == config.channel.name) {
        table.refuse("name", fmt::format("is that of {}, too", other.place),
                     "give each channel and hook a name of its own");
      }
    }
    integrations_.channels.push_back(std::move(config));
  }

  // Host and port of `mqtt://host:port`.
  static bool set_server(std::string_view url, mqtt::Bridge::Options& options) {
    constexpr std::string_view kPlain = "mqtt://";
    constexpr std::string_view kSecure = "mqtts://";
    constexpr std::uint16_t kPort = 1883;
    constexpr std::uint16_t kTlsPort = 8883;
    options.tls = url.starts_with(kSecure);
    if (!options.tls && !url.starts_with(kPlain)) {
      return false;
    }
    url.remove_prefix(options.tls ? kSecure.size() : kPlain.size());
    const std::size_t colon = url.rfind(':');
    options.host = url.substr(0, colon);
    options.port = options.tls ? kTlsPort : kPort;
    if (colon == std::string_view::npos) {
      return !options.host.empty();
    }
    const char* const end = url.data() + url.size();
    const auto read = std::from_chars(url.data() + colon + 1, end, options.port);
    return !options.host.empty() && read.ec == std::errc() && read.ptr == end && options.port != 0;
  }

  const std::vector<std::string_view>& printers_;
  IntegrationsConfig& integrations_;
};

}  // namespace

void read_integrations(ConfigTable& root, const std::vector<std::string_view>& printers,
                       IntegrationsConfig& integrations) {
  Reader reader(printers, integrations);
  root.table("notify", [&](ConfigTable table) { reader.notify(std::move(table)); });
  root.tables("hook", [&](ConfigTable table) { reader.hook(std::move(table)); });
  root.table("mqtt", [&](ConfigTable table) { reader.mqtt(std::move(table)); });
}

}  // namespace stepcast::daemon
