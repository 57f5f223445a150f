#include "daemon_config.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <utility>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "stepcast/planner/planners.hpp"
#include "stepcast/shaping/compensators.hpp"
#include "stepcast/stream/endpoint.hpp"

#include "config_table.hpp"
#include "read_integrations.hpp"

namespace stepcast::daemon {
namespace {

bool is_id(const std::string& id) {
  constexpr std::size_t kLongest = 40;
  return !id.empty() && id.size() <= kLongest &&
         id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-") == std::string::npos;
}

// Fits on a line of every client, and into a header of HTTP.
bool is_printer_name(std::string_view name) {
  constexpr std::size_t kLongest = 100;
  const auto is_control = [](unsigned char letter) { return letter < ' ' || letter == 0x7f; };
  return !name.empty() && name.size() <= kLongest && name.front() != ' ' && name.back() != ' ' &&
         std::none_of(name.begin(), name.end(), is_control);
}

template <class Infos>
std::vector<std::string_view> names_of(const Infos& infos) {
  std::vector<std::string_view> names;
  for (const auto& info : infos) {
    names.push_back(info.name);
  }
  return names;
}

void read_streamed(ConfigTable& table, PrinterConfig& printer) {
  constexpr std::int64_t kFastest = 1000;
  constexpr std::int64_t kHottest = 300;
  constexpr std::int64_t kADay = 86'400;
  table.text("device", printer.device);
  table.name("planner", printer.planner, names_of(planner::planners()));
  table.name("compensator", printer.compensator, names_of(shaping::compensators()));
  table.integer("speed", printer.speed, 1, kFastest);
  table.integer("nozzle_standby_c", printer.nozzle_standby_c, 0, kHottest);
  table.integer("nozzle_off_after_s", printer.nozzle_off_after_s, 0, kADay);
  table.integer("all_off_after_s", printer.all_off_after_s, 0, kADay);
  table.integer("idle_off_after_s", printer.idle_off_after_s, 1, kADay);
  if (!printer.device.empty()) {
    if (const auto endpoint = stream::parse_endpoint(printer.device); !endpoint) {
      table.refuse("device", endpoint.error());
    }
  }
}

void read_octoprint(ConfigTable& table, PrinterConfig& printer) {
  table.text("url", printer.url);
  table.path("api_key_file", printer.api_key_file);
  table.path("ca_file", printer.ca_file);
}

void read_id(ConfigTable& table, std::string_view key, std::string& id) {
  table.text(key, id);
  if (!is_id(id)) {
    table.refuse(key, fmt::format("is '{}'", id), "use up to 40 of a-z, 0-9, - and _");
  }
}

PrinterConfig read_printer(ConfigTable& table) {
  constexpr std::int64_t kLastPort = 65535;
  PrinterConfig printer;
  printer.place = table.place();
  table.choice("kind", printer.kind, {{"streamed", "streamed"}, {"octoprint", "octoprint"}});
  table.text("profile", printer.profile);
  printer.id = printer.profile;
  read_id(table, "id", printer.id);
  table.text("name", printer.name);
  if (table.has("name") && !is_printer_name(printer.name)) {
    table.refuse("name", fmt::format("is '{}'", printer.name),
                 "1 to 100 bytes, without blanks around them");
  }
  if (table.has("group")) {
    read_id(table, "group", printer.group);
  }
  table.choice("bed_clear", printer.clears_itself, {{"person", false}, {"automatic", true}});
  table.integer("port", printer.port, 0, kLastPort);
  table.text("camera", printer.camera);
  if (!printer.camera.empty() && !printer.camera.starts_with("http://") &&
      !printer.camera.starts_with("https://")) {
    table.refuse("camera", "is no address",
                 "give the http or https URL of an MJPEG stream or a JPEG");
  }
  const bool is_octoprint = printer.kind == "octoprint";
  if (is_octoprint) {
    read_octoprint(table, printer);
  } else {
    read_streamed(table, printer);
  }
  table.refuse_other_keys();
  if (is_octoprint && (printer.url.empty() || printer.api_key_file.empty())) {
    table.refuse_whole("of the kind 'octoprint' lacks its url or api_key_file",
                       "give both (docs/printers-octoprint.md)");
  }
  return printer;
}

// Ids are for addresses, names for people: neither tells two printers apart if they share it.
void read_printers(ConfigTable& root, std::vector<PrinterConfig>& printers) {
  root.tables("printer", [&](ConfigTable table) {
    PrinterConfig printer = read_printer(table);
    for (const PrinterConfig& other : printers) {
      if (other.id == printer.id) {
        table.refuse("id", fmt::format("'{}' is that of {}, too", printer.id, other.place),
                     "give each [[printer]] an id of its own");
      }
      if (!printer.name.empty() && other.name == printer.name) {
        table.refuse("name", fmt::format("'{}' is that of {}, too", printer.name, other.place),
                     "give each [[printer]] a name of its own");
      }
    }
    printers.push_back(std::move(printer));
  });
  if (printers.empty()) {
    printers = default_config().printers;
  }
}

void read_server(ConfigTable table, Config& config) {
  constexpr std::int64_t kHighestPort = 65535;
  table.text("name", config.name);
  table.text("address", config.address);
  table.integer("port", config.port, 0, kHighestPort);
  table.flag("announce", config.announce);
  table.path("tls_certificate", config.tls_certificate);
  table.path("tls_key", config.tls_key);
  table.refuse_other_keys();
  if (config.tls_certificate.empty() != config.tls_key.empty()) {
    table.refuse_whole("has one of tls_certificate and tls_key", "give both or neither");
  }
}

void read_files(ConfigTable table, Config& config) {
  constexpr std::int64_t kMostVersions = 100;
  table.integer("versions", config.file_versions, 0, kMostVersions);
  table.path("watched_folder", config.watched_folder);
  table.refuse_other_keys();
  if (!config.watched_folder.empty() && config.watched_folder.is_relative()) {
    table.refuse("watched_folder", fmt::format("is '{}'", config.watched_folder.string()),
                 "write the whole path, from / on");
  }
}

void read_system(ConfigTable table, Config& config) {
  for (const char* name : {"shutdown", "reboot", "restart"}) {
    std::string command;
    table.text(name, command);
    if (!command.empty()) {
      config.system_commands.emplace(name, std::move(command));
    }
  }
  table.refuse_other_keys();
}

Config read_config(ConfigTable root) {
  constexpr std::int64_t kMostMib = std::int64_t{1} << 40;
  constexpr std::int64_t kMostDays = 36'500;  // a hundred years
  constexpr std::int64_t kLongestLeaseS = 600;
  constexpr std::int64_t kMostEntries = 10'000;
  Config config;
  root.table("server", [&](ConfigTable table) { read_server(std::move(table), config); });
  root.table("storage", [&](ConfigTable table) {
    table.text("database", config.database);
    config.database_place = table.place_of("database");
    table.integer("minimum_free_mib", config.minimum_free_mib, 0, kMostMib);
    table.integer("quota_mib", config.quota_mib, 0, kMostMib);
    table.refuse_other_keys();
  });
  root.table("files", [&](ConfigTable table) { read_files(std::move(table), config); });
  root.table("queue", [&](ConfigTable table) {
    table.integer("lease_s", config.queue_lease_s, 1, kLongestLeaseS);
    table.integer("most_entries", config.queue_most_entries, 1, kMostEntries);
    table.refuse_other_keys();
  });
  root.table("timelapse", [&](ConfigTable table) {
    table.integer("most_mib", config.timelapse_most_mib, 1, kMostMib);
    table.refuse_other_keys();
  });
  root.table("vision", [&](ConfigTable table) {
    table.path("classifier", config.classifier);
    table.name("runtime", config.vision_runtime, {"auto", "opencv", "onnxruntime"});
    table.refuse_other_keys();
  });
  root.table("history", [&](ConfigTable table) {
    table.integer("seconds_days", config.history.seconds_days, 0, kMostDays);
    table.integer("minutes_days", config.history.minutes_days, 0, kMostDays);
    table.integer("events_days", config.history.events_days, 0, kMostDays);
    table.integer("ae_hits_days", config.history.ae_hits_days, 0, kMostDays);
    table.refuse_other_keys();
  });
  root.table("system", [&](ConfigTable table) { read_system(std::move(table), config); });
  read_printers(root, config.printers);
  std::vector<std::string_view> ids;
  for (const PrinterConfig& printer : config.printers) {
    ids.push_back(printer.id);
  }
  read_integrations(root, ids, config.integrations);
  root.refuse_other_keys();
  return config;
}

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

Error error_of(const std::string& place, std::string_view key, Error why) {
  why.message = why.location.empty() ? fmt::format("{}: {}", key, why.message)
                                     : fmt::format("{}: {}: {}", key, why.location, why.message);
  why.location = place;
  return why;
}

Result<Config> load_config(const std::filesystem::path& file) {
  std::ifstream stream(file);
  if (!stream) {
    return fail(Errc::kNotFound, "the configuration cannot be read", file.string());
  }
  std::stringstream content;
  content << stream.rdbuf();
  try {
    const toml::table table = toml::parse(content.str(), file.string());
    ConfigFile read{.name = file.string(), .problem = {}};
    Config config = read_config(ConfigTable(table, read, ""));
    if (read.problem) {
      return tl::unexpected(*read.problem);
    }
    return config;
  } catch (const toml::parse_error& e) {
    return fail(Errc::kMalformed, std::string(e.description()),
                fmt::format("{}:{}", file.string(), e.source().begin.line));
  }
}

}  // namespace stepcast::daemon
