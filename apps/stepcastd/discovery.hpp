#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "daemon_config.hpp"

namespace stepcast::daemon {

/// Tells the local network where the printers are: `_octoprint._tcp` by the Avahi daemon of the
/// host. When that is not there, the log says so and everything else goes on; when it comes later,
/// or is restarted, the printers are told of then.
///
/// Threads: one of Avahi's; build and destroy on one.
class Discovery {
 public:
  struct Service {
    std::string title;  ///< For people; a name that is taken gets a number.
    std::string path;   ///< "/" or "/p/taz6/".
    std::uint16_t port{};
  };
  Discovery(std::vector<Service> services, std::string uuid);
  ~Discovery();
  Discovery(const Discovery&) = delete;
  Discovery& operator=(const Discovery&) = delete;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// What there is to tell of; nothing when it is switched off or only this machine can come.
/// @param port of the server for all.
[[nodiscard]] std::vector<Discovery::Service> services_of(const Config& config, std::uint16_t port);

}  // namespace stepcast::daemon
