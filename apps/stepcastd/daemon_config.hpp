#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stepcast/base/result.hpp"

#include "integrations_config.hpp"

namespace stepcast::daemon {

/// One printer of the configuration.
struct PrinterConfig {
  std::string id;                 ///< `[a-z0-9_-]`, unique; in paths and keys.
  std::string name;               ///< For people; empty: what the profile says.
  std::string kind = "streamed";  ///< "streamed": we drive its motors; "octoprint": OctoPrint does.
  std::string profile = "taz6";
  std::string device;  ///< HOST:PORT; empty: a virtual device inside the daemon.
  std::string planner = "lookahead";
  std::string compensator = "none";
  std::string url;                     ///< Of its OctoPrint.
  std::filesystem::path api_key_file;  ///< Holds the key of that OctoPrint.
  std::filesystem::path ca_file;  ///< PEM: who signs its certificate; empty: as the system says.
  std::uint32_t speed = 1;        ///< Times real time; virtual devices only.
  std::string group;              ///< For the queue; like `id`, empty: none.
  bool clears_itself = false;  ///< Ejects its prints: nobody has to confirm that the bed is clear.
  std::uint16_t port = 0;      ///< Where this printer alone is served, too; 0: nowhere.
  std::string camera;          ///< URL of an MJPEG stream or a JPEG; empty: none.
  // How long heaters stay on when nothing is printed (docs/heating.md).
  std::int64_t nozzle_standby_c = 0;  ///< In a pause; 0: it stays as it is.
  std::int64_t nozzle_off_after_s = 600;
  std::int64_t all_off_after_s = 7'200;
  std::int64_t idle_off_after_s = 1'800;
  std::string place;  ///< File and line, for messages; empty: built in.
};

/// Bytes of the values that are in MiB.
inline constexpr std::int64_t kMib = std::int64_t{1} << 20;

/// For how many days records are kept; 0: for ever.
struct HistoryConfig {
  std::int64_t seconds_days = 7;
  std::int64_t minutes_days = 0;
  std::int64_t events_days = 0;
  std::int64_t ae_hits_days = 0;
};

struct Config {
  std::string name = "Stepcast";
  std::string address = "127.0.0.1";
  std::uint16_t port = 5080;
  bool announce = true;                   ///< By mDNS, unless `address` is this machine's own.
  std::filesystem::path tls_certificate;  ///< Both or neither.
  std::filesystem::path tls_key;
  std::string database;        ///< URL; empty: SQLite in the data folder.
  std::string database_place;  ///< File and line, for messages.
  std::int64_t minimum_free_mib = 512;
  std::int64_t quota_mib = 0;            ///< 0: none
  std::int64_t file_versions = 3;        ///< Kept of each file.
  std::filesystem::path watched_folder;  ///< G-code put there is taken in; empty: none.
  std::filesystem::path classifier;      ///< Of POST /predict; empty: the one that is shipped.
  std::string vision_runtime = "auto";   ///< "auto", "opencv", "onnxruntime".
  HistoryConfig history;
  std::int64_t timelapse_most_mib = 2048;  ///< Of each printer's films; the newest one stays.
  std::int64_t queue_lease_s = 30;
  std::int64_t queue_most_entries = 1'000;
  /// Command lines of the host by name: shutdown, reboot, restart.
  std::map<std::string, std::string, std::less<>> system_commands;
  std::vector<PrinterConfig> printers;
  IntegrationsConfig integrations;
};

/// Reads a configuration (docs/stepcastd.md describes every key).
/// @returns kNotFound, kMalformed (file, line), kInvalidArgument (file, line, key, value, limit).
[[nodiscard]] Result<Config> load_config(const std::filesystem::path& file);

/// $STATE_DIRECTORY (systemd), or what the XDG directory specification says of data. Before there
/// are threads.
[[nodiscard]] std::filesystem::path default_data_folder();

/// What runs without a file: one virtual TAZ 6.
[[nodiscard]] Config default_config();

/// What is wrong with the value of `key`, as an error of the configuration.
/// @param place file and line; empty: of no file.
[[nodiscard]] Error error_of(const std::string& place, std::string_view key, Error why);

}  // namespace stepcast::daemon
