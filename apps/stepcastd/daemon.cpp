#include "daemon.hpp"

#include <charconv>
#include <chrono>
#include <condition_variable>
#include <fstream>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "stepcast/control/job_plan.hpp"
#include "stepcast/device/linux_device.hpp"
#include "stepcast/http/server.hpp"
#include "stepcast/machine/profile_loader.hpp"
#include "stepcast/printer/streamed_printer.hpp"
#include "stepcast/server/authentication.hpp"
#include "stepcast/server/octoprint.hpp"
#include "stepcast/server/setup.hpp"
#include "stepcast/server/site.hpp"

#include "profile_folders.hpp"

namespace stepcast::daemon {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kMib = std::int64_t{1} << 20;
constexpr std::chrono::seconds kGrace{5};

// A printer that exists in this process alone.
struct VirtualDevice {
  std::unique_ptr<device::LinuxDevice> device;
  std::jthread thread;
};

struct Machine {
  machine::Profile profile;
  control::ControllerChoice choice;
};

Result<stream::Endpoint> endpoint_of(const PrinterConfig& printer) {
  const std::size_t colon = printer.device.rfind(':');
  std::uint16_t port = 0;
  const char* const end = printer.device.data() + printer.device.size();
  if (colon == std::string::npos || colon == 0 ||
      std::from_chars(printer.device.data() + colon + 1, end, port).ptr != end || port == 0) {
    return fail(
        Errc::kInvalidArgument,
        fmt::format("the device '{}' of printer '{}' is no HOST:PORT", printer.device, printer.id));
  }
  return stream::Endpoint{.host = printer.device.substr(0, colon), .port = port};
}

Result<VirtualDevice> start_virtual_device(const machine::Profile& profile) {
  device::LinuxDevice::Options options;
  options.core.tick_hz = static_cast<std::uint32_t>(profile.tick_rate.v);
  auto device = device::LinuxDevice::open(options);
  if (!device) {
    return tl::unexpected(device.error());
  }
  VirtualDevice virtual_device{std::move(*device), {}};
  virtual_device.thread = std::jthread(
      [raw = virtual_device.device.get()](const std::stop_token& stop) { raw->run(stop); });
  return virtual_device;
}

files::Analysis analyse(const fs::path& file, const Machine& machine) {
  files::Analysis analysis;
  const auto plan = control::plan_job(file, machine.profile, machine.choice);
  if (!plan) {
    analysis.error = plan.error().to_string();
    return analysis;
  }
  constexpr double kFilamentRadius_mm = 1.75 / 2;
  constexpr double kMm3PerCm3 = 1000.0;
  analysis.print_time_s = plan->print_time.v;
  analysis.filament_mm = plan->toolpath.filament.v;
  analysis.filament_cm3 = analysis.filament_mm * 3.14159265358979 * kFilamentRadius_mm *
                          kFilamentRadius_mm / kMm3PerCm3;
  analysis.layers = plan->toolpath.layers;
  analysis.warnings = plan->warnings;
  return analysis;
}

Result<void> make_folder(const fs::path& folder) {
  std::error_code code;
  fs::create_directories(folder, code);
  if (code) {
    return fail(Errc::kIo, fmt::format("the folder cannot be made: {}", code.message()),
                folder.string(), "choose another --data folder");
  }
  fs::permissions(folder, fs::perms::owner_all, code);
  return {};
}

// Constant over restarts, so that apps recognise the server.
Result<std::string> server_id(const fs::path& data) {
  const fs::path file = data / "server-id";
  std::string id;
  if (std::ifstream(file) >> id && !id.empty()) {
    return id;
  }
  id = server::random_token();
  std::ofstream out(file);
  out << id << '\n';
  out.close();
  if (!out) {
    return fail(Errc::kIo, "the server's id cannot be written", file.string());
  }
  return id;
}

}  // namespace

Result<void> run(const Config& config, const fs::path& data, const std::stop_token& stop) {
  for (const fs::path& folder : {data, data / "files"}) {
    if (auto made = make_folder(folder); !made) {
      return made;
    }
  }
  auto store = store::Store::open({.url = config.database.empty()
                                              ? "sqlite:" + (data / "stepcast.db").string()
                                              : config.database});
  if (!store) {
    return tl::unexpected(store.error());
  }
  auto accounts = accounts::Accounts::open(**store);
  if (!accounts) {
    return tl::unexpected(accounts.error());
  }

  std::vector<Machine> machines;
  for (const PrinterConfig& printer : config.printers) {
    auto profile = machine::load_profile(printer.profile, cli::profile_folders());
    if (!profile) {
      return tl::unexpected(profile.error());
    }
    Machine machine{std::move(*profile), {}};
    machine.choice.planner = printer.planner;
    machine.choice.compensator = printer.compensator;
    // A print host slows down what a slicer asks too much of; the analysis says how much.
    machine.choice.toolpath.over_speed = planner::OverSpeed::kSlowDown;
    machines.push_back(std::move(machine));
  }
  auto library = files::Library::open(
      **store,
      {.root = data / "files",
       .minimum_free_bytes = config.minimum_free_mib * kMib,
       .quota_bytes = config.quota_mib * kMib},
      [&machines](const fs::path& file) { return analyse(file, machines.front()); });
  if (!library) {
    return tl::unexpected(library.error());
  }

  auto id = server_id(data);
  if (!id) {
    return tl::unexpected(id.error());
  }
  std::vector<VirtualDevice> virtual_devices;
  server::Site site{**store, **accounts, **library, {}, *id, config.name};
  for (std::size_t i = 0; i < config.printers.size(); ++i) {
    const PrinterConfig& printer = config.printers[i];
    const machine::Profile& profile = machines[i].profile;
    stream::Endpoint endpoint;
    if (printer.device.empty()) {
      auto device = start_virtual_device(profile);
      if (!device) {
        return tl::unexpected(device.error());
      }
      endpoint = {.host = "127.0.0.1", .port = device->device->port()};
      virtual_devices.push_back(std::move(*device));
    } else {
      auto parsed = endpoint_of(printer);
      if (!parsed) {
        return tl::unexpected(parsed.error());
      }
      endpoint = *parsed;
    }
    auto runner = jobs::Runner::open(
        {.id = printer.id,
         .title = profile.title,
         .width_mm = profile.bed.x_max.v - profile.bed.x_min.v,
         .depth_mm = profile.bed.y_max.v - profile.bed.y_min.v,
         .height_mm = profile.axes[Axis::kZ].travel_max.v,
         .nozzle_mm = profile.nozzles.empty() ? 0.4 : profile.nozzles.front().diameter.v},
        **store, **library,
        std::make_unique<printer::StreamedPrinter>(
            printer::StreamedPrinter::Options{.id = printer.id,
                                              .profile = profile,
                                              .device = endpoint,
                                              .controller = machines[i].choice,
                                              .speed = printer.speed}));
    if (!runner) {
      return tl::unexpected(runner.error());
    }
    if (auto connected = (*runner)->printer().connect(); !connected) {
      // Not there yet is no reason not to serve the others; POST /api/connection tries again.
      spdlog::warn("{}: {}", printer.id, connected.error().to_string());
    }
    site.printers.push_back(std::move(*runner));
  }

  const std::string setup_token = server::random_token();
  server::OctoPrint octoprint(site);
  http::Router router;
  octoprint.add_routes(router);
  server::add_setup_routes(router, site, setup_token);
  http::Server::Options options;
  options.address = config.address;
  options.port = config.port;
  if (!config.tls_certificate.empty()) {
    options.tls = {config.tls_certificate, config.tls_key};
  }
  options.before = [&site](http::Request& request, const http::Route& route) {
    return server::authorise(site.accounts, request, route);
  };
  options.on_answered = [](const http::Request& request, int status, std::size_t bytes,
                           std::chrono::microseconds took) {
    spdlog::debug("{} {} {} {} B {} us", request.remote, request.target, status, bytes,
                  took.count());
  };
  auto server = http::Server::start(std::move(router), std::move(options));
  if (!server) {
    return tl::unexpected(server.error());
  }
  const std::string url =
      fmt::format("{}://{}:{}", config.tls_certificate.empty() ? "http" : "https", config.address,
                  (*server)->port());
  spdlog::info(
      "{} serves {} at {}", config.name,
      site.printers.size() == 1 ? "1 printer" : fmt::format("{} printers", site.printers.size()),
      url);
  if (!site.accounts.has_users()) {
    spdlog::info("make the administrator at {}/setup?token={}", url, setup_token);
  }

  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock lock(mutex);
  stopped.wait(lock, stop, [&] { return stop.stop_requested(); });
  spdlog::info("stopping");
  (*server)->stop(kGrace);
  return {};
}

}  // namespace stepcast::daemon
