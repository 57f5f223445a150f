#pragma once

#include <memory>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/http/server.hpp"
#include "stepcast/server/octoprint.hpp"

#include "daemon_config.hpp"

namespace stepcast::daemon {

/// @returns kInvalidArgument: two of the server and its printers have one port.
[[nodiscard]] Result<void> check_ports(const Config& config);

/// A server for each printer that the configuration gives a port of its own: what is asked there
/// at the root is for that printer, whatever the key.
///
/// @param options of the server for all; its port is replaced.
[[nodiscard]] Result<std::vector<std::unique_ptr<http::Server>>> serve_printer_ports(
    const Config& config, server::OctoPrint& octoprint, const http::Server::Options& options);

}  // namespace stepcast::daemon
