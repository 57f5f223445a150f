#include <chrono>
#include <utility>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "stepcast/http/problem.hpp"
#include "stepcast/server/setup.hpp"

#include "api_operation.hpp"
#include "percent.hpp"

namespace stepcast::server::api {
namespace {

constexpr std::int64_t kMsPerS = 1000;

}  // namespace

http::Response answer(const Json& value, int status) {
  // Names of files come from disks and clients: what is not UTF-8 is replaced, never thrown.
  return http::Response::json(value.dump(-1, ' ', false, Json::error_handler_t::replace), status);
}

http::Response refuse(const Call& call, const Error& error) {
  return http::problem(error, call.request.path);
}

http::Response done(const Call& call, const Result<void>& result, int status) {
  return result ? http::Response::empty(status) : refuse(call, result.error());
}

std::vector<QueryParameter> page_parameters() {
  return {{"limit", shape::integer(1, kMostItems), "Items of a page; 100 if it is left out."},
          {"after", shape::text(1, 2048), "`next` of the page before."}};
}

http::Response page(const Call& call, Json items, const Json& next) {
  Json object = Json::object();
  object["items"] = std::move(items);
  object["next"] = next;
  http::Response response = answer(object);
  if (!next.is_null()) {
    std::string link = fmt::format("<{}?", call.request.path);
    for (const auto& [name, value] : call.request.query) {
      if (name != "after") {
        link += fmt::format("{}={}&", percent_encoded(name), percent_encoded(value));
      }
    }
    link += fmt::format("after={}>; rel=\"next\"", percent_encoded(next.get<std::string>()));
    response.headers.set("Link", std::move(link));
  }
  return response;
}

std::string state_tag(const Site& site, const printer::Status& status) {
  // Versions begin anew with each start of the server: the tag of an earlier run fits no state.
  static const std::string kRun = random_token();
  return fmt::format("\"{}-{}-{}\"", site.uuid.substr(0, 4), kRun.substr(0, 12), status.version);
}

Json time_json(store::UnixMs at) {
  const std::time_t seconds = static_cast<std::time_t>(at / kMsPerS);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(seconds), at % kMsPerS);
}

}  // namespace stepcast::server::api
