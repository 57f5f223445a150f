#include "stepcast/http/response_head.hpp"

#include <algorithm>
#include <array>
#include <iterator>

#include <fmt/format.h>

#include "stepcast/http/problem.hpp"
#include "stepcast/http/text.hpp"

namespace stepcast::http {
namespace {

constexpr std::array<std::string_view, 4> kServersFields{"Content-Length", "Transfer-Encoding",
                                                         "Connection", "Date"};

bool is_servers_field(std::string_view name) {
  return std::any_of(kServersFields.begin(), kServersFields.end(),
                     [&](std::string_view field) { return same_text(field, name); });
}

bool stays_in_line(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\t'; });
}

}  // namespace

std::optional<std::string> response_head(int status, const Headers& headers,
                                         const Framing& framing) {
  constexpr std::size_t kUsualHead = 384;
  std::string head;
  head.reserve(kUsualHead);
  fmt::format_to(std::back_inserter(head), "HTTP/1.1 {} {}\r\nDate: {}\r\n", status,
                 reason_of(status), framing.date);
  for (const auto& [name, value] : headers.all()) {
    if (is_servers_field(name)) {
      continue;
    }
    if (name.empty() || name.find(':') != std::string::npos || !stays_in_line(name) ||
        !stays_in_line(value)) {
      return std::nullopt;
    }
    head += name;
    head += ": ";
    head += value;
    head += "\r\n";
  }
  const bool has_body = status >= 200 && status != 204 && status != 304;
  if (has_body && framing.length) {
    fmt::format_to(std::back_inserter(head), "Content-Length: {}\r\n", *framing.length);
  } else if (has_body && framing.chunked) {
    head += "Transfer-Encoding: chunked\r\n";
  }
  if (!framing.keep_alive) {
    head += "Connection: close\r\n";
  } else if (framing.http10) {
    head += "Connection: keep-alive\r\n";
  }
  head += "\r\n";
  return head;
}

}  // namespace stepcast::http
