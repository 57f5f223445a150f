#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "stepcast/http/problem.hpp"
#include "stepcast/http/response_head.hpp"
#include "stepcast/http/router.hpp"
#include "stepcast/http/target.hpp"

namespace {

namespace http = stepcast::http;
using http::Method;

constexpr std::array kMethods{Method::kGet, Method::kPost, Method::kPut, Method::kPatch,
                              Method::kDelete};

void must(bool holds) {
  if (!holds) {
    std::abort();
  }
}

// The shapes of the server's own routes: text, placeholders and rests that compete.
http::Router make_router() {
  http::Router router;
  const auto add = [&](Method method, const char* pattern) {
    http::Route route;
    route.method = method;
    route.pattern = pattern;
    route.handle = [](http::Request&) { return http::Response::empty(); };
    router.add(std::move(route));
  };
  for (const char* below : {"", "/p/{printer}"}) {
    const std::string base = below;
    for (const char* pattern : {"/api/version", "/api/files", "/api/files/{origin}",
                                "/api/files/local/{path...}", "/api/system/commands/{source}",
                                "/sockjs/info", "/sockjs/{server}/{session}/websocket"}) {
      add(Method::kGet, (base + pattern).c_str());
    }
    for (const char* pattern : {"/api/files/{origin}", "/api/files/local/{path...}",
                                "/sockjs/{server}/{session}/xhr_send"}) {
      add(Method::kPost, (base + pattern).c_str());
    }
    add(Method::kDelete, (base + "/api/files/local/{path...}").c_str());
  }
  add(Method::kGet, "/");
  return router;
}

}  // namespace

// A request line from target to route: each method finds its own routes, a route found is never
// listed as missing, and whatever was asked for can be said in an answer.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const http::Router kRouter = make_router();
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto target = http::parse_target(text);
  if (!target) {
    const auto answer = http::problem(target.error(), "/");
    must(answer.status == 400);
    must(http::response_head(answer.status, answer.headers, {}).has_value());
    return 0;
  }
  std::vector<Method> allowed_by_first;
  std::size_t found = 0;
  for (const Method method : kMethods) {
    std::map<std::string, std::string, std::less<>> parameters;
    std::vector<Method> allowed;
    const http::Route* const route = kRouter.find(method, target->path, parameters, allowed);
    if (route != nullptr) {
      ++found;
      must(route->method == method && allowed.empty());
      if (parameters.contains("path")) {
        must(target->path.ends_with(parameters["path"]) && !parameters["path"].empty());
      }
    } else {
      must(parameters.empty());
      for (const Method other : allowed) {
        must(other != method);
        std::map<std::string, std::string, std::less<>> ignored;
        std::vector<Method> none;
        must(kRouter.find(other, target->path, ignored, none) != nullptr);
      }
      allowed_by_first = allowed;
    }
  }
  must(found < kMethods.size() && allowed_by_first.size() == found);
  const auto answer = http::problem(404, "there is nothing at this address", target->path);
  must(http::response_head(answer.status, answer.headers, {}).has_value());
  return 0;
}
