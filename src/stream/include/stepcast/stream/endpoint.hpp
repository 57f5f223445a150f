#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "stepcast/base/result.hpp"

namespace stepcast::stream {

/// Where a device listens: UDP and TCP share the port number.
struct Endpoint {
  std::string host;  ///< A name, an IPv4 or an IPv6 address (without brackets).
  std::uint16_t port = 0;

  /// "host:port", with brackets around an IPv6 address.
  [[nodiscard]] std::string to_string() const;
};

/// Reads "printer.local:9000", "192.168.1.20:9000" or "[fe80::1]:9000".
/// @returns kInvalidArgument naming what is missing.
[[nodiscard]] Result<Endpoint> parse_endpoint(std::string_view text);

}  // namespace stepcast::stream
