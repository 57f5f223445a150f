#include "doctor.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <fstream>
#include <iterator>
#include <system_error>
#include <thread>
#include <utility>

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include "stepcast/stream/console_client.hpp"

#include "database.hpp"
#include "doctor_tls.hpp"
#include "format.hpp"
#include "requirements.hpp"

namespace stepcast::daemon {
namespace {

namespace fs = std::filesystem;
using Grade = Finding::Grade;

Finding failure(std::string subject, const Error& error, std::string remedy) {
  return {
      Grade::kFailure, std::move(subject),
      error.location.empty() ? error.message : fmt::format("{}: {}", error.location, error.message),
      error.remedy.empty() ? std::move(remedy) : error.remedy};
}

std::string system_text(int code) {
  return std::generic_category().message(code);
}

// The folder, or the nearest one above it that exists: the daemon makes the rest.
fs::path existing_part_of(fs::path folder) {
  std::error_code code;
  folder = fs::absolute(folder, code);
  while (!fs::exists(folder, code) && folder.has_relative_path()) {
    folder = folder.parent_path();
  }
  return folder;
}

// How long a small durable write takes there; the file is gone afterwards.
Result<std::chrono::microseconds> time_of_sync(const fs::path& folder) {
  std::string name = (folder / ".stepcast-doctor-XXXXXX").string();
  const int file = mkostemp(name.data(), O_CLOEXEC);
  if (file < 0) {
    return fail(Errc::kIo, system_text(errno), folder.string());
  }
  constexpr std::string_view kProbe = "stepcast";
  const auto begin = std::chrono::steady_clock::now();
  const bool written =
      write(file, kProbe.data(), kProbe.size()) == static_cast<ssize_t>(kProbe.size()) &&
      fsync(file) == 0;
  const int problem = errno;
  const auto took = std::chrono::steady_clock::now() - begin;
  close(file);
  unlink(name.c_str());
  if (!written) {
    return fail(Errc::kIo, system_text(problem), folder.string());
  }
  return std::chrono::duration_cast<std::chrono::microseconds>(took);
}

std::vector<Finding> examine_disk(const Config& config, const fs::path& data) {
  constexpr std::chrono::milliseconds kSlowSync{20};
  const fs::path folder = existing_part_of(data);
  std::vector<Finding> findings;
  if (std::error_code code; !fs::is_directory(folder, code)) {
    return {{Grade::kFailure, "data folder", fmt::format("{} is no folder", folder.string()),
             "choose another --data"}};
  }
  if (const auto took = time_of_sync(folder); !took) {
    findings.push_back(failure("data folder", took.error(),
                               "let the user of stepcastd write there, or choose another --data"));
  } else if (*took > kSlowSync) {
    findings.push_back(
        {Grade::kWarning, "data folder",
         fmt::format("{}: a durable write takes {} ms", folder.string(), took->count() / 1000),
         "keep the data on an SSD, not on an SD card"});
  } else {
    findings.push_back(
        {Grade::kGood,
         "data folder",
         fmt::format("{}: a durable write takes {} us", data.string(), took->count()),
         {}});
  }
  struct statvfs facts {};
  if (statvfs(folder.c_str(), &facts) == 0) {
    const std::uint64_t free = std::uint64_t{facts.f_bavail} * facts.f_frsize;
    const auto least = static_cast<std::uint64_t>(config.minimum_free_mib * kMib);
    const bool enough = free > least;
    findings.push_back({enough ? Grade::kGood : Grade::kFailure, "disk",
                        fmt::format("{} free; uploads stop below {}", cli::bytes_text(free),
                                    cli::bytes_text(least)),
                        enough ? "" : "make room, or lower storage.minimum_free_mib"});
  }
  return findings;
}

// Bound and let go at once.
Finding examine_address(const std::string& address, std::uint16_t port) {
  const std::string shown = fmt::format("{}:{}", address, port);
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(port);
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  const bool is_v4 = inet_pton(AF_INET, address.c_str(), &v4.sin_addr) == 1;
  if (!is_v4 && inet_pton(AF_INET6, address.c_str(), &v6.sin6_addr) != 1) {
    return {Grade::kFailure, "address", fmt::format("'{}' is no address", address),
            "write one like 127.0.0.1, 0.0.0.0 or ::"};
  }
  const int listener = socket(is_v4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int yes = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  const int bound =
      is_v4 ? bind(listener, reinterpret_cast<const sockaddr*>(&v4), sizeof v4)   // NOLINT
            : bind(listener, reinterpret_cast<const sockaddr*>(&v6), sizeof v6);  // NOLINT
  const int problem = errno;
  const bool listens = bound == 0 && listen(listener, 1) == 0;
  close(listener);
  if (listens) {
    return {Grade::kGood, "address", fmt::format("{} is free", shown), {}};
  }
  if (problem == EADDRINUSE) {
    return {Grade::kWarning, "address", fmt::format("{} is in use", shown),
            "fine when stepcastd is running; otherwise choose another port"};
  }
  return {Grade::kFailure, "address", fmt::format("{}: {}", shown, system_text(problem)),
          "choose an address of this machine and a port above 1023"};
}

Finding examine_device(const std::string& subject, const std::string& device) {
  constexpr std::chrono::milliseconds kPatience{2000};
  auto endpoint = stream::parse_endpoint(device);
  if (!endpoint) {
    return failure(subject, endpoint.error(), "write HOST:PORT");
  }
  auto client = stream::ConsoleClient::connect(
      *endpoint, {.connect_timeout = kPatience, .reply_timeout = kPatience});
  auto answer = client ? client->command("status") : tl::unexpected(client.error());
  if (answer) {
    return {Grade::kGood, subject, fmt::format("the device at {} answers", device), {}};
  }
  if (answer.error().code == Errc::kBusy) {
    return {Grade::kGood, subject, fmt::format("the device at {} serves a controller", device), {}};
  }
  return failure(subject, answer.error(), "switch it on, and check its address and the network");
}

Finding examine_printer(const std::string& subject, const PrinterConfig& printer) {
  if (printer.kind == "octoprint") {
    return {Grade::kGood, subject, fmt::format("OctoPrint at {} drives it", printer.url), {}};
  }
  if (printer.device.empty()) {
    return {Grade::kGood, subject, fmt::format("profile {}, virtual", printer.profile), {}};
  }
  return examine_device(subject, printer.device);
}

// What the server itself asks for at its start; of printers that have it, whether they are there.
std::vector<Finding> examine_requirements(const Config& config) {
  std::vector<Finding> findings;
  for (const Unmet& unmet : unmet_requirements(config)) {
    findings.push_back(failure(unmet.subject, unmet.error, "mend it in the configuration"));
  }
  for (const PrinterConfig& printer : config.printers) {
    const std::string subject = fmt::format("printer {}", printer.id);
    if (std::none_of(findings.begin(), findings.end(),
                     [&](const Finding& finding) { return finding.subject == subject; })) {
      findings.push_back(examine_printer(subject, printer));
    }
  }
  return findings;
}

Finding examine_database(const Config& config, const fs::path& data) {
  constexpr const char* kSubject = "database";
  std::error_code code;
  if (config.database.empty() && !fs::exists(data, code)) {
    return {Grade::kGood, kSubject, "is made with the data folder at the first start", {}};
  }
  const auto found = probe_database(config, data);
  if (!found) {
    return failure(kSubject, found.error(), "mend it, or name another storage.database");
  }
  return {Grade::kGood,
          kSubject,
          found->version == 0
              ? fmt::format("{}: is made at the first start", found->shown)
              : fmt::format("{}: version {} of the schema", found->shown, found->version),
          {}};
}

std::vector<Finding> examine_system() {
  constexpr rlim_t kFewFiles = 4096;
  constexpr std::int64_t kLittleMemory_MiB = 256;
  std::vector<Finding> findings;
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_max < kFewFiles) {
    findings.push_back({Grade::kWarning, "open files",
                        fmt::format("at most {}: as many clients at a time", files.rlim_max),
                        "raise LimitNOFILE in the unit, or ulimit -n"});
  }
  timex clock{};
  if (adjtimex(&clock) >= 0 && (clock.status & STA_UNSYNC) != 0) {
    findings.push_back({Grade::kWarning, "clock", "no time server sets it",
                        "install systemd-timesyncd or chrony: one-time passwords, certificates and "
                        "history need the time"});
  }
  const std::int64_t memory_MiB =
      static_cast<std::int64_t>(sysconf(_SC_AVPHYS_PAGES)) * sysconf(_SC_PAGESIZE) / (1 << 20);
  if (memory_MiB < kLittleMemory_MiB) {
    findings.push_back({Grade::kWarning, "memory", fmt::format("{} MiB are free", memory_MiB),
                        "stop what else runs here"});
  }
  if (geteuid() == 0) {
    findings.push_back({Grade::kWarning, "user", "this is root",
                        "run stepcastd as a user of its own; the package makes one"});
  }
  findings.push_back({Grade::kGood,
                      "machine",
                      fmt::format("{} processors, {} MiB of memory free",
                                  std::thread::hardware_concurrency(), memory_MiB),
                      {}});
  return findings;
}

}  // namespace

std::vector<Finding> examine(const Config& config, const fs::path& data) {
  std::vector<Finding> findings = examine_disk(config, data);
  const auto add = [&findings](std::vector<Finding> more) {
    std::move(more.begin(), more.end(), std::back_inserter(findings));
  };
  add({examine_database(config, data)});
  add({examine_address(config.address, config.port)});
  for (const PrinterConfig& printer : config.printers) {
    if (printer.port != 0) {
      add({examine_address(config.address, printer.port)});
    }
  }
  add(examine_tls(config));
  add(examine_requirements(config));
  add(examine_system());
  return findings;
}

}  // namespace stepcast::daemon
