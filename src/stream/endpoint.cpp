#include "stepcast/stream/endpoint.hpp"

#include <charconv>

#include <fmt/format.h>

namespace stepcast::stream {

std::string Endpoint::to_string() const {
  return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port)
                                             : fmt::format("[{}]:{}", host, port);
}

Result<Endpoint> parse_endpoint(std::string_view text) {
  const auto wrong = [&](std::string_view why) {
    return fail(Errc::kInvalidArgument, fmt::format("'{}' {}", text, why), "device address",
                "write HOST:PORT, for example printer.local:9000 or [::1]:9000");
  };
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) {
    return wrong("has no port");
  }
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  } else if (host.find_first_of("[]:") != std::string_view::npos) {
    return wrong("needs brackets around an IPv6 address");
  }
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc{} || end != digits.data() + digits.size() || port == 0) {
    return wrong("has a port that is not a number from 1 to 65535");
  }
  return Endpoint{.host = std::string(host), .port = port};
}

}  // namespace stepcast::stream
