#include "stepcast/http/problem.hpp"

#include <array>
#include <cstddef>

#include <fmt/format.h>

#include "stepcast/http/text.hpp"

namespace stepcast::http {
namespace {

struct StatusName {
  int status;
  std::string_view reason;
};

constexpr std::array kStatusNames{
    StatusName{100, "Continue"},
    StatusName{101, "Switching Protocols"},
    StatusName{200, "OK"},
    StatusName{201, "Created"},
    StatusName{202, "Accepted"},
    StatusName{204, "No Content"},
    StatusName{206, "Partial Content"},
    StatusName{301, "Moved Permanently"},
    StatusName{302, "Found"},
    StatusName{303, "See Other"},
    StatusName{304, "Not Modified"},
    StatusName{307, "Temporary Redirect"},
    StatusName{308, "Permanent Redirect"},
    StatusName{400, "Bad Request"},
    StatusName{401, "Unauthorized"},
    StatusName{403, "Forbidden"},
    StatusName{404, "Not Found"},
    StatusName{405, "Method Not Allowed"},
    StatusName{408, "Request Timeout"},
    StatusName{409, "Conflict"},
    StatusName{410, "Gone"},
    StatusName{412, "Precondition Failed"},
    StatusName{413, "Content Too Large"},
    StatusName{415, "Unsupported Media Type"},
    StatusName{416, "Range Not Satisfiable"},
    StatusName{417, "Expectation Failed"},
    StatusName{422, "Unprocessable Content"},
    StatusName{426, "Upgrade Required"},
    StatusName{428, "Precondition Required"},
    StatusName{429, "Too Many Requests"},
    StatusName{431, "Request Header Fields Too Large"},
    StatusName{500, "Internal Server Error"},
    StatusName{501, "Not Implemented"},
    StatusName{503, "Service Unavailable"},
    StatusName{505, "HTTP Version Not Supported"},
    StatusName{507, "Insufficient Storage"},
};

constexpr std::array<std::string_view, 5> kClassNames{"Continue", "OK", "Redirect", "Bad Request",
                                                      "Internal Server Error"};

}  // namespace

std::string_view reason_of(int status) {
  for (const StatusName& name : kStatusNames) {
    if (name.status == status) {
      return name.reason;
    }
  }
  const int status_class = status / 100;
  return status_class >= 1 && status_class <= 5
             ? kClassNames.at(static_cast<std::size_t>(status_class - 1))
             : std::string_view("Unknown");
}

int status_of(Errc code) {
  switch (code) {
    case Errc::kInvalidArgument:
    case Errc::kMalformed:
    case Errc::kOutOfRange:
      return 400;
    case Errc::kDenied:
      return 403;
    case Errc::kNotFound:
      return 404;
    case Errc::kBusy:
      return 409;
    case Errc::kUnsupported:
      return 501;
    case Errc::kNetwork:  // the database server is away, say: it may come back
      return 503;
    case Errc::kFull:
      return 507;
    case Errc::kIo:
    case Errc::kProtocol:
    case Errc::kFault:
    case Errc::kInterrupted:
      break;
  }
  return 500;
}

std::string json_quoted(std::string_view text) {
  std::string quoted = "\"";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      quoted.push_back('\\');
      quoted.push_back(c);
    } else if (byte < 0x20 || byte == 0x7F) {
      quoted += fmt::format("\\u{:04x}", static_cast<unsigned>(byte));
    } else if (byte < 0x80) {
      quoted.push_back(c);
    } else {
      std::size_t length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2;
      if (i + length <= text.size() && is_clean_utf8(text.substr(i, length))) {
        quoted += text.substr(i, length);
        i += length - 1;
      } else {
        quoted.push_back('?');
      }
    }
  }
  quoted.push_back('"');
  return quoted;
}

Response problem(int status, std::string_view detail, std::string_view instance) {
  Response response;
  response.status = status;
  response.headers.set("Content-Type", "application/problem+json");
  response.body = fmt::format(R"({{"type":"about:blank","title":{},"status":{},"detail":{})",
                              json_quoted(reason_of(status)), status, json_quoted(detail));
  if (!instance.empty()) {
    response.body += ",\"instance\":" + json_quoted(instance);
  }
  response.body += "}";
  return response;
}

Response problem(const Error& error, std::string_view instance) {
  return problem(status_of(error.code), error.to_string(), instance);
}

}  // namespace stepcast::http
