#include "printer_ports.hpp"

#include <utility>

#include <spdlog/spdlog.h>

namespace stepcast::daemon {

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
