#include "printer_ports.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

namespace stepcast::daemon {

Result<void> check_ports(const Config& config) {
  std::map<std::uint16_t, std::string> taken;
  if (config.port != 0) {  // 0: any that is free
    taken.emplace(config.port, "server");
  }
  for (const PrinterConfig& printer : config.printers) {
    if (printer.port == 0) {
      continue;
    }
    const auto [other, is_free] =
        taken.emplace(printer.port, fmt::format("printer '{}'", printer.id));
    if (!is_free) {
      return tl::unexpected(
          error_of(printer.place, "printer.port",
                   {Errc::kInvalidArgument,
                    fmt::format("the {} has port {}, too", other->second, printer.port),
                    {},
                    "give each a port of its own, or leave it out"}));
    }
  }
  return {};
}

Result<std::vector<std::unique_ptr<http::Server>>> serve_printer_ports(
    const Config& config, server::OctoPrint& octoprint, const http::Server::Options& options) {
  std::vector<std::unique_ptr<http::Server>> servers;
  for (const PrinterConfig& printer : config.printers) {
    if (printer.port == 0) {
      continue;
    }
    http::Router router;
    octoprint.add_routes(router);
    http::Server::Options own = options;
    own.port = printer.port;
    own.before = [id = printer.id, before = options.before](http::Request& request,
                                                            const http::Route& route) {
      request.parameters.emplace("printer", id);  // unless the path names one
      return before(request, route);
    };
    auto server = http::Server::start(std::move(router), std::move(own));
    if (!server) {
      return tl::unexpected(server.error());
    }
    spdlog::info("{} alone is served at port {}", printer.id, (*server)->port());
    servers.push_back(std::move(*server));
  }
  return servers;
}

}  // namespace stepcast::daemon
