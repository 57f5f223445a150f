#include "daemon_config.hpp"

#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "config_table.hpp"
#include "read_integrations.hpp"

namespace stepcast::daemon {
namespace {

bool is_id(const std::string& id) {
  constexpr std::size_t kLongest = 40;
  return !id.empty() && id.size() <= kLongest &&
         id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-") == std::string::npos;
}

void read_octoprint(ConfigTable& table, PrinterConfig& printer) {
  std::string key_file;
  std::string ca_file;
  table.text("url", printer.url);
  table.text("api_key_file", key_file);
  table.text("ca_file", ca_file);
  printer.api_key_file = key_file;
  printer.ca_file = ca_file;
  if (printer.url.empty() || key_file.empty()) {
    table.report_whole("of the kind 'octoprint' lacks its url or api_key_file",
                       "give both (docs/printers-octoprint.md)");
  }
}

PrinterConfig read_printer(ConfigTable table) {
  constexpr std::int64_t kFastest = 1000;
  PrinterConfig printer;
  table.text("kind", printer.kind);
  if (printer.kind == "streamed") {
    table.allow_only({"id", "kind", "profile", "device", "planner", "compensator", "speed", "group",
                      "bed_clear", "port", "camera", "nozzle_standby_c", "nozzle_off_after_s",
                      "all_off_after_s", "idle_off_after_s"});
  } else if (printer.kind == "octoprint") {
    table.allow_only({"id", "kind", "profile", "url", "api_key_file", "ca_file", "group",
                      "bed_clear", "port", "camera"});
    read_octoprint(table, printer);
  } else {
    table.report_whole(fmt::format("is of the kind '{}'", printer.kind),
                       "there are: streamed, octoprint");
  }
  table.text("profile", printer.profile);
  printer.id = printer.profile;
  table.text("id", printer.id);
  table.text("device", printer.device);
  table.text("planner", printer.planner);
  table.text("compensator", printer.compensator);
  table.integer("speed", printer.speed, 1, kFastest);
  table.text("group", printer.group);
  if (!printer.group.empty() && !is_id(printer.group)) {
    table.report_whole(fmt::format("has the group '{}'", printer.group),
                       "use up to 40 of a-z, 0-9, - and _");
  }
  std::string bed_clear = "person";
  table.text("bed_clear", bed_clear);
  if (bed_clear != "person" && bed_clear != "automatic") {
    table.report_whole(fmt::format("has bed_clear = '{}'", bed_clear), "person or automatic");
  }
  printer.clears_itself = bed_clear == "automatic";
  constexpr std::int64_t kLastPort = 65535;
  table.integer("port", printer.port, 0, kLastPort);
  table.text("camera", printer.camera);
  if (!printer.camera.empty() && !printer.camera.starts_with("http://") &&
      !printer.camera.starts_with("https://")) {
    table.report_whole("has a camera that is no address",
                       "give the http or https URL of an MJPEG stream or a JPEG");
  }
  constexpr std::int64_t kHottest = 300;
  constexpr std::int64_t kADay = 86'400;
  table.integer("nozzle_standby_c", printer.nozzle_standby_c, 0, kHottest);
  table.integer("nozzle_off_after_s", printer.nozzle_off_after_s, 0, kADay);
  table.integer("all_off_after_s", printer.all_off_after_s, 0, kADay);
  table.integer("idle_off_after_s", printer.idle_off_after_s, 1, kADay);
  if (!is_id(printer.id)) {
    table.report_whole(fmt::format("has the id '{}'", printer.id),
                       "use up to 40 of a-z, 0-9, - and _");
  }
  return printer;
}

constexpr std::int64_t kMostMib = std::int64_t{1} << 40;
constexpr std::int64_t kMostDays = 36'500;  // a hundred years

}  // namespace

// NOLINTBEGIN(concurrency-mt-unsafe)
std::filesystem::path default_data_folder() {
  if (const char* state = std::getenv("STATE_DIRECTORY")) {  // systemd
    return state;
  }
  if (const char* data = std::getenv("XDG_DATA_HOME")) {
    return std::filesystem::path(data) / "stepcast";
  }
  if (const char* home = std::getenv("HOME")) {
    return std::filesystem::path(home) / ".local" / "share" / "stepcast";
  }
  return "stepcast-data";
}
// NOLINTEND(concurrency-mt-unsafe)

Config default_config() {
  Config config;
  PrinterConfig printer;
  printer.id = printer.profile;
  config.printers.push_back(std::move(printer));
  return config;
}

Result<Config> load_config(const std::filesystem::path& file) {
  std::ifstream stream(file);
  if (!stream) {
    return fail(Errc::kNotFound, "the configuration cannot be read", file.string());
  }
  std::stringstream content;
  content << stream.rdbuf();
  Config config;
  std::optional<Error> problem;
  try {
    const toml::table root = toml::parse(content.str(), file.string());
    ConfigTable top(root, file.string(), "", problem);
    top.allow_only({"server", "storage", "files", "history", "queue", "timelapse", "system",
                    "printer", "notify", "hook", "mqtt"});
    static const toml::table kEmpty;
    const auto section = [&](const char* name) -> const toml::table& {
      const auto* table = root[name].as_table();
      return table != nullptr ? *table : kEmpty;
    };
    ConfigTable server(section("server"), file.string(), "server.", problem);
    server.allow_only({"name", "address", "port", "announce", "tls_certificate", "tls_key"});
    server.text("name", config.name);
    server.text("address", config.address);
    constexpr std::int64_t kHighestPort = 65535;
    server.integer("port", config.port, 0, kHighestPort);
    server.flag("announce", config.announce);
    std::string certificate;
    std::string key;
    server.text("tls_certificate", certificate);
    server.text("tls_key", key);
    config.tls_certificate = certificate;
    config.tls_key = key;
    if (certificate.empty() != key.empty()) {
      server.report_whole("has one of tls_certificate and tls_key", "give both or neither");
    }
    ConfigTable storage(section("storage"), file.string(), "storage.", problem);
    storage.allow_only({"database", "minimum_free_mib", "quota_mib"});
    storage.text("database", config.database);
    storage.integer("minimum_free_mib", config.minimum_free_mib, 0, kMostMib);
    storage.integer("quota_mib", config.quota_mib, 0, kMostMib);
    ConfigTable library(section("files"), file.string(), "files.", problem);
    library.allow_only({"versions", "watched_folder"});
    constexpr std::int64_t kMostVersions = 100;
    library.integer("versions", config.file_versions, 0, kMostVersions);
    std::string watched;
    library.text("watched_folder", watched);
    config.watched_folder = watched;
    if (!watched.empty() && config.watched_folder.is_relative()) {
      library.report_whole(fmt::format("has the watched_folder '{}'", watched),
                           "write the whole path, from / on");
    }
    constexpr std::int64_t kLongestLeaseS = 600;
    constexpr std::int64_t kMostEntries = 10'000;
    ConfigTable queue(section("queue"), file.string(), "queue.", problem);
    queue.allow_only({"lease_s", "most_entries"});
    queue.integer("lease_s", config.queue_lease_s, 1, kLongestLeaseS);
    queue.integer("most_entries", config.queue_most_entries, 1, kMostEntries);
    ConfigTable films(section("timelapse"), file.string(), "timelapse.", problem);
    films.allow_only({"most_mib"});
    films.integer("most_mib", config.timelapse_most_mib, 1, kMostMib);
    read_integrations(root, file.string(), config.integrations, problem);
    ConfigTable history(section("history"), file.string(), "history.", problem);
    history.allow_only({"seconds_days", "minutes_days", "events_days", "ae_hits_days"});
    history.integer("seconds_days", config.history.seconds_days, 0, kMostDays);
    history.integer("minutes_days", config.history.minutes_days, 0, kMostDays);
    history.integer("events_days", config.history.events_days, 0, kMostDays);
    history.integer("ae_hits_days", config.history.ae_hits_days, 0, kMostDays);
    ConfigTable system(section("system"), file.string(), "system.", problem);
    system.allow_only({"shutdown", "reboot", "restart"});
    for (const char* name : {"shutdown", "reboot", "restart"}) {
      std::string command;
      system.text(name, command);
      if (!command.empty()) {
        config.system_commands.emplace(name, std::move(command));
      }
    }
    if (const auto* printers = root["printer"].as_array()) {
      std::set<std::string> ids;
      for (const toml::node& node : *printers) {
        if (const auto* table = node.as_table()) {
          ConfigTable entry(*table, file.string(), "printer.", problem);
          config.printers.push_back(read_printer(entry));
          if (!ids.insert(config.printers.back().id).second) {
            entry.report_whole(fmt::format("id '{}' is used twice", config.printers.back().id),
                               "give each [[printer]] an id of its own");
          }
        }
      }
    }
  } catch (const toml::parse_error& e) {
    return fail(Errc::kMalformed, std::string(e.description()),
                fmt::format("{}:{}", file.string(), e.source().begin.line));
  }
  if (problem) {
    return tl::unexpected(*problem);
  }
  if (config.printers.empty()) {
    config.printers = default_config().printers;
  }
  return config;
}

}  // namespace stepcast::daemon
