#include "integrations.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include "stepcast/mqtt/bridge.hpp"
#include "stepcast/notify/notifier.hpp"

namespace stepcast::daemon {
namespace {

namespace fs = std::filesystem;

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

// As posix_spawnp() looks for it.
bool is_program(const std::string& name) {
  const auto can_run = [](const fs::path& file) {
    std::error_code code;
    return fs::is_regular_file(file, code) && ::access(file.c_str(), X_OK) == 0;
  };
  if (name.find('/') != std::string::npos) {
    return can_run(name);
  }
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing sets variables once there are threads
  const char* const path = std::getenv("PATH");
  std::istringstream folders(path != nullptr ? path : "");
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (can_run(fs::path(folder) / name)) {
      return true;
    }
  }
  return false;
}

}  // namespace

Result<notify::Channel> channel_of(const ChannelConfig& config) {
  const notify::Channel& channel = config.channel;
  auto secret = secret_in(config.secret_file);
  if (!secret) {
    return tl::unexpected(
        error_of(config.place, fmt::format("secret_file of '{}'", channel.name), secret.error()));
  }
  if (channel.kind == notify::Channel::Kind::kCommand && !is_program(channel.command.front())) {
    return tl::unexpected(
        error_of(config.place, fmt::format("command of '{}'", channel.name),
                 {Errc::kNotFound,
                  fmt::format("'{}' is no program that can be run", channel.command.front()),
                  {},
                  "write its whole path, and make it executable for the server"}));
  }
  notify::Channel complete = channel;
  complete.secret = std::move(*secret);
  return complete;
}

Result<std::string> password_of(const MqttConfig& config) {
  return secret_in(config.password_file).map_error([&](Error error) {
    return error_of(config.place, "mqtt.password_file", std::move(error));
  });
}

namespace {

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
  options.rules = config.integrations.rules;
  options.keep = std::chrono::hours(config.integrations.keep_hours);
  options.on_problem = log_problem;
  options.title_of = [&site](std::string_view id) {
    const jobs::Runner* runner = site.find_printer(id);
    return runner != nullptr ? runner->identity().title : std::string(id);
  };
  options.picture_of = [&site](std::string_view id) { return picture_of(site, id); };
  return notify::Notifier::open(site.store, site.events, std::move(options));
}

Result<std::unique_ptr<mqtt::Bridge>> start_bridge(const MqttConfig& config, server::Site& site) {
  constexpr std::size_t kEnoughOfId = 8;
  auto password = password_of(config);
  if (!password) {
    return tl::unexpected(password.error());
  }
  mqtt::Bridge::Options options = config.options;
  options.client_id = "stepcast_" + site.uuid.substr(0, kEnoughOfId);
  options.password = std::move(*password);
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
