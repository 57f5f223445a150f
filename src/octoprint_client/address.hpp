#pragma once

#include <string>
#include <string_view>

#include "stepcast/base/result.hpp"

namespace stepcast::octoprint_client {

/// Where an OctoPrint is.
struct Address {
  bool secure = false;
  std::string host;    ///< Without the brackets of IPv6.
  std::string port;    ///< "80" or "443" if the URL names none.
  std::string prefix;  ///< "" or "/octoprint": no slash at the end.

  /// `http://host:port/prefix`, and `path` behind it.
  [[nodiscard]] std::string url(std::string_view path) const;
};

/// @returns kInvalidArgument: no http or https, no host, a user, a query.
[[nodiscard]] Result<Address> parse_address(std::string_view url);

}  // namespace stepcast::octoprint_client
