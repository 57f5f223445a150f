#include "integrations.hpp"

#include <charconv>
#include <fstream>
#include <map>
#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "stepcast/mqtt/bridge.hpp"
#include "stepcast/notify/notifier.hpp"

namespace stepcast::daemon {
namespace {

// The first line of a file; empty when no file is named.
Result<std::string> secret_in(const std::string& file) {
  std::string secret;
  if (!file.empty()) {
    std::ifstream stream(file);
    if (!std::getline(stream, secret) || secret.empty()) {
      return fail(Errc::kNotFound, "the secret cannot be read", file,
                  "it is the first line of a file that the server may read");
    }
  }
  return secret;
}

notify::Channel::Kind kind_of(const std::string& name) {
  using Kind = notify::Channel::Kind;
  static const std::map<std::string, Kind> kKinds{{"webhook", Kind::kWebhook},
                                                  {"email", Kind::kEmail},
                                                  {"ntfy", Kind::kNtfy},
                                                  {"telegram", Kind::kTelegram},
                                                  {"command", Kind::kCommand}};
  return kKinds.at(name);
}

Result<notify::Channel> channel_of(const ChannelConfig& config) {
  auto secret = secret_in(config.secret_file);
  if (!secret) {
    return tl::unexpected(secret.error());
  }
  notify::Channel channel;
  channel.name = config.name;
  channel.kind = kind_of(config.kind);
  channel.url = config.url;
  channel.user = config.user;
  channel.secret = *secret;
  channel.from = config.from;
  channel.to = config.to;
  channel.require_tls = config.require_tls;
  channel.command = config.command;
  channel.time_limit = std::chrono::seconds(config.timeout_s);
  channel.language = texts::language_from(config.language).value_or(texts::Language::kEnglish);
  channel.per_hour = config.per_hour;
  channel.snapshot = config.snapshot;
  if (!config.quiet.empty()) {
    auto quiet = notify::quiet_hours_from(config.quiet);
    if (!quiet) {
      Error error = quiet.error();
      error.location = fmt::format("notify.channel.quiet of '{}'", config.name);
      return tl::unexpected(std::move(error));
    }
    channel.quiet = *quiet;
  }
  return channel;
}

// A camera that does not answer costs a notification its picture, never more.
std::string picture_of(const server::Site& site, std::string_view printer) {
  camera::Camera* const camera = site.find_camera(printer);
  if (camera == nullptr) {
    return {};
  }
  const auto frame = camera->snapshot();
  return frame ? **frame : std::string();
}

void log_problem(const std::string& problem) {
  spdlog::warn("{}", problem);
}

Result<std::unique_ptr<notify::Notifier>> open_notifier(const Config& config, server::Site& site) {
  notify::Notifier::Options options;
  for (const ChannelConfig& entry : config.integrations.channels) {
    auto channel = channel_of(entry);
    if (!channel) {
      return tl::unexpected(channel.error());
    }
    options.channels.push_back(std::move(*channel));
  }
  for (const RuleConfig& rule : config.integrations.rules) {
    options.rules.push_back({rule.events, rule.printers, rule.channels, rule.urgent});
  }
  options.keep = std::chrono::hours(config.integrations.keep_hours);
  options.on_problem = log_problem;
  options.title_of = [&site](std::string_view id) {
    const jobs::Runner* runner = site.find_printer(id);
    return runner != nullptr ? runner->identity().title : std::string(id);
  };
  options.picture_of = [&site](std::string_view id) { return picture_of(site, id); };
  return notify::Notifier::open(site.store, site.events, std::move(options));
}

// Host and port of `mqtt://host:port`.
Result<void> set_server(const std::string& url, mqtt::Bridge::Options& options) {
  constexpr std::uint16_t kPort = 1883;
  constexpr std::uint16_t kTlsPort = 8883;
  options.tls = url.rfind("mqtts://", 0) == 0;
  const std::string rest = url.substr(url.find("://") + 3);
  const std::size_t colon = rest.rfind(':');
  options.host = rest.substr(0, colon);
  options.port = options.tls ? kTlsPort : kPort;
  if (colon != std::string::npos) {
    const char* const end = rest.data() + rest.size();
    if (std::from_chars(rest.data() + colon + 1, end, options.port).ptr != end) {
      return fail(Errc::kInvalidArgument, fmt::format("'{}' has no port from 1 to 65535", url),
                  "mqtt.server", "write it like \"mqtts://broker.example:8883\"");
    }
  }
  return {};
}

Result<std::unique_ptr<mqtt::Bridge>> start_bridge(const MqttConfig& config, server::Site& site) {
  constexpr std::size_t kEnoughOfId = 8;
  mqtt::Bridge::Options options;
  if (auto set = set_server(config.server, options); !set) {
    return tl::unexpected(set.error());
  }
  auto password = secret_in(config.password_file);
  if (!password) {
    return tl::unexpected(password.error());
  }
  options.client_id = "stepcast_" + site.uuid.substr(0, kEnoughOfId);
  options.ca_file = config.ca_file;
  options.certificate = config.certificate;
  options.key = config.key;
  options.user = config.user;
  options.password = *password;
  options.prefix = config.prefix;
  options.discovery = config.discovery;
  options.commands = config.commands;
  options.language = texts::language_from(config.language).value_or(texts::Language::kEnglish);
  options.server_name = site.name;
  options.version = STEPCAST_VERSION;
  options.on_problem = log_problem;
  options.on_command = [&site](const std::string& printer, const std::string& command) {
    accounts::Principal by;
    by.user = mqtt::Bridge::kUser;
    site.accounts.audit(by, fmt::format("printer.{}", command), printer);
  };
  std::vector<jobs::Runner*> printers;
  for (const auto& runner : site.printers) {
    printers.push_back(runner.get());
  }
  return mqtt::Bridge::start(std::move(options), std::move(printers), site.events);
}

}  // namespace

struct Integrations::Parts {
  std::unique_ptr<notify::Notifier> notifier;
  std::unique_ptr<mqtt::Bridge> bridge;
  std::unique_ptr<workshop::Workshop> workshop;
};

Result<std::unique_ptr<Integrations>> Integrations::start(const Config& config,
                                                          server::Site& site) {
  auto parts = std::make_unique<Parts>();
  auto opened =
      workshop::Workshop::open(site.store, site.events, {.wall = {}, .on_problem = log_problem});
  if (!opened) {
    return tl::unexpected(opened.error());
  }
  parts->workshop = std::move(*opened);
  auto notifier = open_notifier(config, site);
  if (!notifier) {
    return tl::unexpected(notifier.error());
  }
  parts->notifier = std::move(*notifier);
  if (config.integrations.mqtt) {
    auto bridge = start_bridge(*config.integrations.mqtt, site);
    if (!bridge) {
      return tl::unexpected(bridge.error());
    }
    parts->bridge = std::move(*bridge);
  }
  return std::unique_ptr<Integrations>(new Integrations(std::move(parts)));
}

Integrations::Integrations(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Integrations::~Integrations() = default;

workshop::Workshop& Integrations::workshop() const {
  return *parts_->workshop;
}

namespace {

// What cannot be read now is left out.
void write_workshop(metrics::Page& page, const workshop::Workshop& workshop) {
  if (const auto spools = workshop.spools(/*archived=*/false)) {
    for (const workshop::Spool& spool : *spools) {
      page.gauge("stepcast_spool_left_grams", "Filament left on a spool.",
                 {{"spool", std::to_string(spool.id)},
                  {"name", spool.name},
                  {"material", spool.material},
                  {"printer", spool.printer}},
                 workshop::left_g(spool));
    }
  }
  if (const auto tasks = workshop.tasks({})) {
    for (const workshop::TaskState& state : *tasks) {
      page.gauge("stepcast_maintenance_ratio", "How much of its interval has passed; from 1: due.",
                 {{"printer", state.task.printer},
                  {"task", std::to_string(state.task.id)},
                  {"title", state.task.title}},
                 state.share);
    }
  }
}

}  // namespace

void Integrations::write_metrics(metrics::Page& page) const {
  write_workshop(page, *parts_->workshop);
  for (const notify::Notifier::State& state : parts_->notifier->states()) {
    page.counter("stepcast_notify_delivered_total", "Events delivered.",
                 {{"channel", state.channel}}, state.delivered);
    page.counter("stepcast_notify_failed_total", "Deliveries that failed, each try.",
                 {{"channel", state.channel}}, state.failed);
    page.counter("stepcast_notify_dropped_total", "Events given up.", {{"channel", state.channel}},
                 state.dropped);
    page.gauge("stepcast_notify_well", "1 when the last delivery succeeded, or there was none.",
               {{"channel", state.channel}}, state.well ? 1 : 0);
  }
  if (parts_->bridge) {
    const mqtt::Bridge::State state = parts_->bridge->state();
    page.gauge("stepcast_mqtt_connected", "1 while the broker is there.", {},
               state.connected ? 1 : 0);
    page.counter("stepcast_mqtt_connections_total", "Times that the broker was reached.", {},
                 state.connections);
    page.counter("stepcast_mqtt_published_total", "Messages to the broker.", {}, state.published);
    page.counter("stepcast_mqtt_dropped_total", "Events that found no room while it was away.", {},
                 state.dropped);
    page.counter("stepcast_mqtt_commands_total", "Commands carried out.", {}, state.commands);
    page.counter("stepcast_mqtt_refused_total", "Commands refused.", {}, state.refused);
  }
}

}  // namespace stepcast::daemon
