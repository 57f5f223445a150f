#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "stepcast/http/file_answer.hpp"
#include "stepcast/http/router.hpp"
#include "stepcast/http/target.hpp"

namespace {

using stepcast::http::Method;

stepcast::http::Router make_router() {
  stepcast::http::Router router;
  for (const char* pattern : {"/", "/api/version", "/api/{name}", "/api/files/{path...}",
                              "/{a}/{b}/c", "/api/files/local/{path...}"}) {
    stepcast::http::Route route;
    route.pattern = pattern;
    route.handle = [](stepcast::http::Request&) { return stepcast::http::Response::empty(); };
    router.add(std::move(route));
  }
  return router;
}

}  // namespace

// A path that is accepted has no way up and no odd form, and what a route takes of it is part of
// it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const stepcast::http::Router router = make_router();
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto target = stepcast::http::parse_target(text);
  if (target) {
    const std::string& path = target->path;
    const bool sound =
        path.starts_with('/') && path.find("//") == std::string::npos &&
        path.find('\0') == std::string::npos && (path + "/").find("/../") == std::string::npos &&
        (path + "/").find("/./") == std::string::npos && (path == "/" || !path.ends_with('/'));
    std::map<std::string, std::string, std::less<>> parameters;
    std::vector<Method> allowed;
    static_cast<void>(router.find(Method::kGet, path, parameters, allowed));
    for (const auto& [name, value] : parameters) {
      if (value.empty() || path.find(value) == std::string::npos) {
        std::abort();
      }
    }
    if (!sound) {
      std::abort();
    }
  }
  // The same bytes as a range: never a byte outside the file.
  stepcast::http::Headers headers;
  headers.set("Range", std::string(text));
  constexpr std::uint64_t kFileSize = 1000;
  const auto answer = stepcast::http::answer_file(headers, {.size = kFileSize});
  if (answer.first + answer.length > kFileSize) {
    std::abort();
  }
  return 0;
}
