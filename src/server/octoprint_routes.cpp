#include "octoprint_routes.hpp"

#include <utility>

#include <fmt/format.h>

#include "stepcast/http/problem.hpp"
#include "stepcast/octoprint/json_depth.hpp"
#include "stepcast/server/authentication.hpp"

namespace stepcast::server::octoprint {
namespace {

using nlohmann::json;

constexpr std::string_view kBelowPrinter = "/p/{printer}";

// The printer of the path, of the key, or the first; an error names what is wrong with it.
Result<jobs::Runner*> runner_of(const http::Request& request, Site& site) {
  const auto& who = principal(request);
  std::string id = who.printer.value_or("");
  if (const auto named = request.parameters.find("printer"); named != request.parameters.end()) {
    if (who.printer && *who.printer != named->second) {
      return fail(Errc::kDenied, fmt::format("this key is for the printer '{}'", *who.printer));
    }
    id = named->second;
  }
  if (id.empty()) {
    return site.printers.front().get();
  }
  if (jobs::Runner* runner = site.find_printer(id)) {
    return runner;
  }
  return fail(Errc::kNotFound, fmt::format("there is no printer '{}'", id));
}

std::string origin_of(const http::Request& request) {
  const auto forwarded = request.headers.find("X-Forwarded-Proto");
  const bool secure = request.secure || (forwarded && *forwarded == "https");
  const std::string host(request.headers.find("Host").value_or("localhost"));
  return fmt::format("{}://{}", secure ? "https" : "http", host);
}

// Thrown by Call::body().
class NoObject : public std::exception {};

http::Response with_call(http::Request& request, Site& site, Gate& gate,
                         const Mount::Handler& handler) {
  auto runner = runner_of(request, site);
  if (!runner) {
    return error_response(runner.error());
  }
  Call call(request, site, gate, **runner);
  try {
    return handler(call);
  } catch (const json::parse_error& e) {
    return error_response(
        {Errc::kMalformed, fmt::format("the body is no JSON from byte {} on", e.byte), {}, {}});
  } catch (const NoObject& /*e*/) {
    return error_response({Errc::kMalformed, "the body is not a JSON object", {}, {}});
  } catch (const json::exception& e) {
    // A value of another type than the interface says. In brackets is what the library calls it.
    const std::string_view what = e.what();
    const std::size_t end = what.find("] ");
    return error_response(
        {Errc::kMalformed,
         fmt::format("the body: {}", what.substr(end == std::string_view::npos ? 0 : end + 2)),
         {},
         {}});
  }
}

// The answer to a body that is not multipart, which the server has read as a whole.
class NoParts final : public http::UploadSink {
 public:
  explicit NoParts(http::Response response) : response_(std::move(response)) {}
  Result<void> begin(const http::Part& /*part*/) override { return {}; }
  Result<void> write(std::span<const char> /*bytes*/) override { return {}; }
  Result<void> end() override { return {}; }
  http::Response finish() override { return std::move(response_); }

 private:
  http::Response response_;
};

}  // namespace

Call::Call(http::Request& the_request, Site& the_site, Gate& the_gate, jobs::Runner& the_runner)
    : request(the_request),
      site(the_site),
      gate(the_gate),
      runner(the_runner),
      origin(origin_of(request)),
      base(origin) {
  if (const auto named = request.parameters.find("printer"); named != request.parameters.end()) {
    base += "/p/" + named->second;
  }
}

const json& Call::body() {
  if (!body_) {
    // Writing what nests deeply would cost stack; throws parse errors like the others.
    body_ = stepcast::octoprint::nests_too_deep(request.body) ? json(json::value_t::discarded)
            : request.body.empty()                            ? json::object()
                                                              : json::parse(request.body);
  }
  if (!body_->is_object()) {
    throw NoObject();
  }
  return *body_;
}

void Mount::add(http::Route route) {
  http::Route below = route;
  below.pattern = std::string(kBelowPrinter) + route.pattern;
  router_.add(std::move(route));
  router_.add(std::move(below));
}

void Mount::add_json(http::Method method, std::string pattern, std::string permission,
                     Handler handler, http::Runs runs, http::Signable signable) {
  http::Route route;
  route.method = method;
  route.pattern = std::move(pattern);
  route.permission = std::move(permission);
  route.runs = runs;
  route.signable = signable;
  route.handle = [site = &site_, gate = &gate_, handler = std::move(handler)](
                     http::Request& request) { return with_call(request, *site, *gate, handler); };
  add(std::move(route));
}

void Mount::get(std::string pattern, std::string permission, Handler handler, http::Runs runs) {
  add_json(http::Method::kGet, std::move(pattern), std::move(permission), std::move(handler), runs);
}

void Mount::download(std::string pattern, std::string permission, Handler handler) {
  add_json(http::Method::kGet, std::move(pattern), std::move(permission), std::move(handler),
           http::Runs::kOnWorker, http::Signable::kPath);
}

void Mount::post(std::string pattern, std::string permission, Handler handler, http::Runs runs) {
  add_json(http::Method::kPost, std::move(pattern), std::move(permission), std::move(handler),
           runs);
}

void Mount::put(std::string pattern, std::string permission, Handler handler) {
  add_json(http::Method::kPut, std::move(pattern), std::move(permission), std::move(handler),
           http::Runs::kOnWorker);
}

void Mount::patch(std::string pattern, std::string permission, Handler handler) {
  add_json(http::Method::kPatch, std::move(pattern), std::move(permission), std::move(handler),
           http::Runs::kOnWorker);
}

void Mount::remove(std::string pattern, std::string permission, Handler handler) {
  add_json(http::Method::kDelete, std::move(pattern), std::move(permission), std::move(handler),
           http::Runs::kOnWorker);
}

void Mount::upload(std::string pattern, std::string permission,
                   std::function<Result<std::unique_ptr<http::UploadSink>>(Call&)> upload,
                   Handler without_upload) {
  http::Route route;
  route.method = http::Method::kPost;
  route.pattern = std::move(pattern);
  route.permission = std::move(permission);
  route.runs = http::Runs::kOnWorker;
  route.max_body = std::size_t{16} << 30;  // what a disk holds is the library's to say
  route.upload = [site = &site_, gate = &gate_, upload = std::move(upload),
                  handler = std::move(without_upload)](
                     http::Request& request) -> Result<std::unique_ptr<http::UploadSink>> {
    const std::string type(request.headers.find("Content-Type").value_or(""));
    if (type.rfind("multipart/", 0) != 0) {
      return std::make_unique<NoParts>(with_call(request, *site, *gate, handler));
    }
    auto runner = runner_of(request, *site);
    if (!runner) {
      return tl::unexpected(runner.error());
    }
    Call call(request, *site, *gate, **runner);
    return upload(call);
  };
  add(std::move(route));
}

void Mount::socket(std::string pattern, std::string permission,
                   std::function<Result<std::unique_ptr<http::SocketHandler>>(Call&)> socket) {
  http::Route route;
  route.method = http::Method::kGet;
  route.pattern = std::move(pattern);
  route.permission = std::move(permission);
  route.socket = [site = &site_, gate = &gate_, socket = std::move(socket)](
                     http::Request& request) -> Result<std::unique_ptr<http::SocketHandler>> {
    auto runner = runner_of(request, *site);
    if (!runner) {
      return tl::unexpected(runner.error());
    }
    Call call(request, *site, *gate, **runner);
    return socket(call);
  };
  add(std::move(route));
}

http::Response json_response(const json& value, int status) {
  // Names of files come from disks and clients: what is not UTF-8 is replaced, never thrown.
  return http::Response::json(value.dump(-1, ' ', false, json::error_handler_t::replace), status);
}

http::Response error_response(const Error& error) {
  // What a printer cannot do is the request's fault here: the interface knows no 501, and its
  // clients take every 5xx for a server that is down.
  const int status = error.code == Errc::kUnsupported ? 400 : http::status_of(error.code);
  return json_response({{"error", error.to_string()}}, status);
}

http::Response done(const Result<void>& result) {
  return result ? http::Response::empty() : error_response(result.error());
}

}  // namespace stepcast::server::octoprint
