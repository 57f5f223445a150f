#include "rest.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "stepcast/outbound/client.hpp"

#include "report.hpp"

namespace stepcast::octoprint_client {
namespace {

constexpr int kOk = 200;
constexpr int kFirstOfRedirections = 300;
constexpr int kBadRequest = 400;
constexpr int kUnauthorised = 401;
constexpr int kForbidden = 403;
constexpr int kNotFound = 404;
constexpr int kConflict = 409;
constexpr int kFirstOfServerErrors = 500;

// A thumbnail-rich list of files is some megabytes; what is asked here is far smaller.
constexpr std::size_t kMostBytes = std::size_t{4} << 20;

Result<std::string> judge(Result<outbound::Answer> answer, const Address& address) {
  if (!answer) {
    return tl::unexpected(answer.error());
  }
  const std::string where = address.url("");
  const int status = answer->status;
  if (status >= kOk && status < kFirstOfRedirections) {
    return std::move(answer->body);
  }
  if (status < kBadRequest) {
    return fail(Errc::kProtocol, fmt::format("OctoPrint sends elsewhere (status {})", status),
                where, "give the address that a browser shows in the end, https:// perhaps");
  }
  const std::string refusal = refusal_of(answer->body);
  switch (status) {
    case kBadRequest:
      return fail(Errc::kInvalidArgument, fmt::format("OctoPrint refuses that: {}", refusal),
                  where);
    case kUnauthorised:
    case kForbidden:
      return fail(Errc::kDenied, "OctoPrint does not accept the key for this", where,
                  "make a key in OctoPrint (Settings, Application Keys) of a user who may see the "
                  "state, connect, control, print, and upload and delete files");
    case kNotFound:
      return fail(Errc::kNotFound, fmt::format("OctoPrint knows nothing of it: {}", refusal),
                  where);
    case kConflict:
      return fail(Errc::kBusy, fmt::format("OctoPrint cannot do that now: {}", refusal), where);
    default:
      return fail(status >= kFirstOfServerErrors ? Errc::kNetwork : Errc::kUnsupported,
                  fmt::format("OctoPrint answers with status {}: {}", status, refusal), where);
  }
}

}  // namespace

Rest::Rest(Address address, std::string key, std::filesystem::path authorities,
           std::chrono::milliseconds timeout)
    : address_(std::move(address)),
      key_(std::move(key)),
      authorities_(std::move(authorities)),
      timeout_(timeout) {}

Result<std::string> Rest::get(std::string_view path) const {
  return judge(outbound::ask({.url = address_.url(path),
                              .headers = {{"X-Api-Key", key_}},
                              .connect_timeout = timeout_,
                              .timeout = timeout_,
                              .max_answer = kMostBytes,
                              .authorities = authorities_}),
               address_);
}

Result<std::string> Rest::post(std::string_view path, std::string body) const {
  return judge(
      outbound::ask({.method = "POST",
                     .url = address_.url(path),
                     .headers = {{"X-Api-Key", key_}, {"Content-Type", "application/json"}},
                     .body = std::move(body),
                     .connect_timeout = timeout_,
                     .timeout = timeout_,
                     .max_answer = kMostBytes,
                     .authorities = authorities_}),
      address_);
}

Result<void> Rest::remove(std::string_view path) const {
  return judge(outbound::ask({.method = "DELETE",
                              .url = address_.url(path),
                              .headers = {{"X-Api-Key", key_}},
                              .connect_timeout = timeout_,
                              .timeout = timeout_,
                              .max_answer = kMostBytes,
                              .authorities = authorities_}),
               address_)
      .map([](const std::string& /*body*/) {});
}

Result<std::string> Rest::upload(const std::filesystem::path& file, const std::string& folder,
                                 const std::string& name, std::stop_token stop) const {
  return judge(outbound::ask({.method = "POST",
                              .url = address_.url("/api/files/local"),
                              .headers = {{"X-Api-Key", key_}},
                              .parts = {{.name = "path", .value = folder},
                                        {.name = "print", .value = "false"},
                                        {.name = "select", .value = "false"},
                                        {.name = "file",
                                         .file = file,
                                         .file_name = name,
                                         .content_type = "text/x-gcode"}},
                              // OctoPrint looks through the whole file before it answers.
                              .connect_timeout = std::max<std::chrono::milliseconds>(
                                  timeout_, std::chrono::milliseconds(30'000)),
                              .timeout = std::chrono::milliseconds(0),
                              .max_answer = kMostBytes,
                              .authorities = authorities_,
                              .stop = std::move(stop)}),
               address_);
}

}  // namespace stepcast::octoprint_client
