#include "daemon.hpp"

#include <chrono>
#include <condition_variable>
#include <fstream>
#include <mutex>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "stepcast/http/server.hpp"
#include "stepcast/jobs/file_events.hpp"
#include "stepcast/server/api.hpp"
#include "stepcast/server/gate.hpp"
#include "stepcast/server/metrics.hpp"
#include "stepcast/server/octoprint.hpp"
#include "stepcast/server/setup.hpp"
#include "stepcast/server/site.hpp"
#include "stepcast/timelapse/recorder.hpp"

#include "analysts.hpp"
#include "connections.hpp"
#include "database.hpp"
#include "demo.hpp"
#include "discovery.hpp"
#include "films.hpp"
#include "integrations.hpp"
#include "machines.hpp"
#include "open_files.hpp"
#include "predictions.hpp"
#include "print_queue.hpp"
#include "printer_ports.hpp"
#include "records.hpp"
#include "requirements.hpp"
#include "watch_folder.hpp"

namespace stepcast::daemon {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kGrace{5};
// Printers nearby are there when the server says that it is ready; it waits no longer for others.
constexpr std::chrono::milliseconds kFirstRound{200};

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

// Made once and constant over restarts: `server-id`, by which apps recognise the server, and
// `signing-key`, so that addresses outlive a restart.
Result<std::string> kept_token(const fs::path& data, const char* name) {
  const fs::path file = data / name;
  std::string id;
  if (std::ifstream(file) >> id && !id.empty()) {
    return id;
  }
  id = server::random_token();
  std::ofstream out(file);
  out << id << '\n';
  out.close();
  if (!out) {
    return fail(Errc::kIo, fmt::format("the {} cannot be written", name), file.string());
  }
  return id;
}

}  // namespace

Result<void> run(const Config& config, const fs::path& data, const fs::path& demo,
                 const std::stop_token& stop) {
  if (const auto unmet = unmet_requirements(config); !unmet.empty()) {
    return tl::unexpected(unmet.front().error);
  }
  for (const fs::path& folder : {data, data / "files"}) {
    if (auto made = make_folder(folder); !made) {
      return made;
    }
  }
  auto store = open_database(config, data);
  if (!store) {
    return tl::unexpected(store.error());
  }
  auto accounts = accounts::Accounts::open(**store);
  if (!accounts) {
    return tl::unexpected(accounts.error());
  }

  auto events = events::Log::open(**store);
  if (!events) {
    return tl::unexpected(events.error());
  }

  auto machines = load_machines(config);
  if (!machines) {
    return tl::unexpected(machines.error());
  }
  auto library = files::Library::open(**store,
                                      {.root = data / "files",
                                       .minimum_free_bytes = config.minimum_free_mib * kMib,
                                       .quota_bytes = config.quota_mib * kMib,
                                       .versions = static_cast<std::size_t>(config.file_versions)},
                                      analysts_of(config, *machines));
  if (!library) {
    return tl::unexpected(library.error());
  }

  jobs::tell_of_files(**library, **events);

  auto id = kept_token(data, "server-id");
  if (!id) {
    return tl::unexpected(id.error());
  }
  auto signing_key = kept_token(data, "signing-key");
  if (!signing_key) {
    return tl::unexpected(signing_key.error());
  }
  std::vector<VirtualDevice> virtual_devices;
  server::Site site{**store, **accounts, **library, **events, {}, *id, config.name, {}};
  site.system_commands = config.system_commands;
  for (std::size_t i = 0; i < config.printers.size(); ++i) {
    const PrinterConfig& printer = config.printers[i];
    const Machine& machine = (*machines)[i];
    auto back_end = make_printer(printer, machine, data / "printers", virtual_devices);
    if (!back_end) {
      return tl::unexpected(back_end.error());
    }
    auto runner = jobs::Runner::open(identity_of(printer, machine), **store, **library, **events,
                                     std::move(*back_end));
    if (!runner) {
      return tl::unexpected(runner.error());
    }
    site.printers.push_back(std::move(*runner));
    if (!printer.camera.empty()) {
      site.cameras[printer.id] =
          std::make_unique<camera::Camera>(camera::Camera::Options{.url = printer.camera});
    }
  }
  auto integrations = Integrations::start(config, site);
  if (!integrations) {
    return tl::unexpected(integrations.error());
  }
  auto queue = open_queue(config, site);
  if (!queue) {
    return tl::unexpected(queue.error());
  }
  site.queue = std::move(*queue);

  auto watched = watch_folder(config, **library, **events);
  if (!watched) {
    return tl::unexpected(watched.error());
  }

  const auto recorders = open_recorders(config, data, site);
  if (!recorders) {
    return tl::unexpected(recorders.error());
  }
  server::Gate::Options gate_options;
  gate_options.key = std::move(*signing_key);
  const Records records(**store, config, site.printers);
  const std::string setup_token = server::random_token();
  server::Gate gate(site.accounts, std::move(gate_options));
  server::OctoPrint octoprint(site, gate, *recorders);
  server::Api api(site, gate, (*integrations)->workshop());
  http::Router router;
  api.add_routes(router);
  octoprint.add_routes(router);
  server::Metrics metrics(site);
  metrics.add_routes(router);
  metrics.collect([&integrations](metrics::Page& page) { (*integrations)->write_metrics(page); });
  predict::Predictor predictor(predictor_options(config));
  router.add(predictions_route(site, predictor));
  server::add_setup_routes(router, site, setup_token);
  http::Server::Options options;
  options.address = config.address;
  options.port = config.port;
  options.max_connections = connections_within(raise_open_files(), options.max_connections);
  if (!config.tls_certificate.empty()) {
    options.tls = {config.tls_certificate, config.tls_key};
  }
  gate.learn(router);
  options.before = [&gate](http::Request& request, const http::Route& route) {
    return gate.admit(request, route);
  };
  options.on_answered = [&metrics](const http::Request& request, int status, std::size_t bytes,
                                   std::chrono::microseconds took) {
    metrics.answered(request, status, bytes, took);
    spdlog::debug("{} {} {} {} B {} us", request.remote, request.target, status, bytes,
                  took.count());
  };
  auto server = http::Server::start(std::move(router), options);
  if (!server) {
    return tl::unexpected(server.error());
  }
  const auto printer_servers = serve_printer_ports(config, octoprint, options);
  if (!printer_servers) {
    return tl::unexpected(printer_servers.error());
  }
  const Discovery discovery(services_of(config, (*server)->port()), *id);
  metrics.collect(
      [&http = **server](metrics::Page& page) { server::add_http(page, http.counts()); });
  std::vector<jobs::Runner*> runners;
  for (const auto& runner : site.printers) {
    runners.push_back(runner.get());
  }
  Connections connections(std::move(runners));
  connections.wait_for_first_round(kFirstRound);

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

  if (!demo.empty()) {
    fmt::print("Open {}\n", site.accounts.has_users()
                                ? url + "/"
                                : fmt::format("{}/setup?token={}", url, setup_token));
    std::fflush(stdout);
    if (auto printed = print_demo(site, demo, stop); !printed) {
      return printed;
    }
    fmt::print("The server goes on at {}/; Ctrl-C stops it.\n", url);
    std::fflush(stdout);
  }
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock lock(mutex);
  stopped.wait(lock, stop, [&] { return stop.stop_requested(); });
  spdlog::info("stopping");
  (*server)->stop(kGrace);
  for (const auto& printer_server : *printer_servers) {
    printer_server->stop(kGrace);
  }
  return {};
}

}  // namespace stepcast::daemon
