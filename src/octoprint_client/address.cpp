#include "address.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace stepcast::octoprint_client {
namespace {

tl::unexpected<Error> no_address(std::string_view url, std::string_view why) {
  return fail(Errc::kInvalidArgument,
              fmt::format("'{}' is no address of an OctoPrint: {}", url, why), {},
              "write it as http://octopi.local or https://host:port/prefix");
}

bool is_port(std::string_view text) {
  constexpr std::size_t kMostDigits = 5;
  return !text.empty() && text.size() <= kMostDigits &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::string Address::url(std::string_view path) const {
  const bool is_v6 = host.find(':') != std::string::npos;
  return fmt::format("{}://{}{}{}:{}{}{}", secure ? "https" : "http", is_v6 ? "[" : "", host,
                     is_v6 ? "]" : "", port, prefix, path);
}

Result<Address> parse_address(std::string_view url) {
  Address address;
  std::string_view rest = url;
  if (rest.starts_with("https://")) {
    address.secure = true;
  } else if (!rest.starts_with("http://")) {
    return no_address(url, "it does not begin with http:// or https://");
  }
  rest.remove_prefix(rest.find("//") + 2);
  if (rest.find_first_of("?#@ \t\r\n") != std::string_view::npos) {
    return no_address(url, "it has a user, a query or a blank");
  }
  const std::string_view authority = rest.substr(0, rest.find('/'));
  address.prefix = rest.substr(authority.size());
  while (address.prefix.ends_with('/')) {
    address.prefix.pop_back();
  }
  const auto colon = authority.rfind(':');
  const bool has_port = colon != std::string_view::npos && !authority.ends_with(']');
  std::string_view host = authority.substr(0, has_port ? colon : authority.size());
  address.port = address.secure ? "443" : "80";
  if (has_port) {
    address.port = authority.substr(colon + 1);
    if (!is_port(address.port)) {
      return no_address(url, "its port is no number");
    }
  }
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  }
  if (host.empty()) {
    return no_address(url, "it names no host");
  }
  address.host = host;
  return address;
}

}  // namespace stepcast::octoprint_client
