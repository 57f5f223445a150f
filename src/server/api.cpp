#include "stepcast/server/api.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "stepcast/http/problem.hpp"

#include "api_once.hpp"
#include "api_operation.hpp"
#include "api_socket.hpp"
#include "api_workshop.hpp"

namespace stepcast::server {
namespace {

using api::Call;
using api::Json;
using api::Operation;

Result<jobs::Runner*> printer_of_path(const http::Request& request, const Site& site,
                                      const accounts::Principal& who) {
  const auto named = request.parameters.find("printer");
  if (named == request.parameters.end()) {
    return nullptr;
  }
  if (who.printer && *who.printer != named->second) {
    return fail(Errc::kDenied, fmt::format("this key is for the printer '{}'", *who.printer));
  }
  if (jobs::Runner* runner = site.find_printer(named->second)) {
    return runner;
  }
  return fail(Errc::kNotFound, fmt::format("there is no printer '{}'", named->second), {},
              "GET /api/v1/printers lists them");
}

// Parameters of a signed address belong to the gate, not to the operation.
bool is_of_signature(std::string_view name) {
  return name == "user" || name == "expires" || name == "signature";
}

Result<Json> query_of(const http::Request& request, const Operation& operation) {
  Json query = Json::object();
  for (const auto& [name, text] : request.query) {
    if (operation.signable != http::Signable::kNot && is_of_signature(name)) {
      continue;
    }
    const auto known = std::find_if(operation.query.begin(), operation.query.end(),
                                    [&](const auto& one) { return one.name == name; });
    if (known == operation.query.end()) {
      std::vector<std::string> names;
      for (const auto& one : operation.query) {
        names.push_back(one.name);
      }
      return fail(Errc::kInvalidArgument, fmt::format("there is no query parameter '{}'", name), {},
                  fmt::format("known here: {}", fmt::join(names, ", ")));
    }
    auto value = api::parse_query_value(known->shape, text, name);
    if (!value) {
      return value;
    }
    query[name] = std::move(*value);
  }
  return query;
}

// Beside what the shape says: a body where none is wanted is a misunderstanding.
Result<Json> body_of_call(const http::Request& request, const Operation& operation,
                          const Json& shapes) {
  static const Json kNothing = api::shape::object({});
  const Json& shape = operation.request.is_null() ? kNothing : operation.request;
  return api::parse_body(request.body).and_then([&](Json body) {
    return api::check_shape(shape, body, shapes).map([&] { return std::move(body); });
  });
}

// RFC 9110: the command is for the state that the client has seen.
bool state_matches(const Call& call) {
  const auto wanted = call.request.headers.find("If-Match");
  if (!wanted || call.runner == nullptr) {
    return true;
  }
  const std::string tag = api::state_tag(call.site, call.runner->status());
  std::string_view rest = *wanted;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(','), rest.size());
    std::string_view one = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    while (!one.empty() && one.front() == ' ') {
      one.remove_prefix(1);
    }
    while (!one.empty() && one.back() == ' ') {
      one.remove_suffix(1);
    }
    if (one == "*" || one == tag) {
      return true;
    }
  }
  return false;
}

}  // namespace

class Api::Impl {
 public:
  Impl(Site& site, const Gate& gate, workshop::Workshop& workshop) : site_(site), socket_(site) {
    api::add_server_operations(table_);
    api::add_printer_operations(table_);
    api::add_command_operations(table_);
    api::add_file_operations(table_);
    api::add_job_operations(table_);
    api::add_event_operations(table_);
    api::add_workshop_operations(table_, workshop);
    api::add_statistics_operations(table_, workshop);
    api::add_telemetry_operations(table_);
    api::add_queue_operations(table_);
    api::add_people_operations(table_);
    api::add_key_operations(table_, gate);
    socket_.add_operations(table_);
    Operation document;
    document.path = "/openapi.json";
    document.permission = "STATUS";
    document.id = "getDocument";
    document.tag = "server";
    document.summary = "This document.";
    document.runs = http::Runs::kOnLoop;
    document.answer = {.status = 200, .shape = api::shape::any_object()};
    document.handle = [this](Call& /*call*/) { return document_; };
    table_.operations.push_back(std::move(document));
    document_ = api::answer(api::openapi_of(table_, site_));
  }

  void add_routes(http::Router& router) {
    for (const Operation& operation : table_.operations) {
      add_route(router, operation);
    }
  }

 private:
  void add_route(http::Router& router, const Operation& operation) {
    http::Route route;
    route.method = operation.method;
    route.pattern = std::string(api::kBase) + operation.path;
    route.permission = operation.permission;
    route.runs = operation.runs;
    route.cost = operation.cost;
    route.signable = operation.signable;
    if (operation.handle) {
      route.handle = [this, &operation](http::Request& request) {
        return handle(request, operation);
      };
    } else if (operation.upload) {
      route.max_body = std::size_t{16} << 30;  // what a disk holds is the library's to say
      route.upload =
          [this, &operation](http::Request& request) -> Result<std::unique_ptr<http::UploadSink>> {
        return call_of(request, operation, /*with_body=*/false).and_then([&](Call call) {
          return operation.upload(call);
        });
      };
    } else {
      route.socket = [this, &operation](
                         http::Request& request) -> Result<std::unique_ptr<http::SocketHandler>> {
        return call_of(request, operation, /*with_body=*/false).and_then([&](Call call) {
          return operation.socket(call);
        });
      };
    }
    router.add(std::move(route));
  }

  Result<Call> call_of(http::Request& request, const Operation& operation, bool with_body) {
    const accounts::Principal& who = principal(request);
    // A key for one printer is for printing, not for the server that serves all of them.
    if (who.printer && (operation.permission == "ADMIN" || operation.permission == "SYSTEM")) {
      return fail(Errc::kDenied, fmt::format("this key is for the printer '{}'", *who.printer), {},
                  "use a key without a printer");
    }
    auto runner = printer_of_path(request, site_, who);
    if (!runner) {
      return tl::unexpected(runner.error());
    }
    auto query = query_of(request, operation);
    if (!query) {
      return tl::unexpected(query.error());
    }
    auto body =
        with_body ? body_of_call(request, operation, table_.shapes) : Result<Json>(Json::object());
    if (!body) {
      return tl::unexpected(body.error());
    }
    return Call{request, site_, who, *runner, std::move(*body), std::move(*query)};
  }

  http::Response handle(http::Request& request, const Operation& operation) {
    auto call = call_of(request, operation, /*with_body=*/true);
    if (!call) {
      return http::problem(call.error(), request.path);
    }
    if (operation.conditional && !state_matches(*call)) {
      return http::problem(412,
                           "the printer is in another state than If-Match says: read its state "
                           "again and decide anew",
                           request.path);
    }
    if (operation.repeats == api::Repeats::kFreely) {
      return operation.handle(*call);
    }
    return api::once(*call, operation, [&] { return operation.handle(*call); });
  }

  Site& site_;
  api::Table table_;
  api::Socket socket_;
  http::Response document_;
};

Api::Api(Site& site, const Gate& gate, workshop::Workshop& workshop)
    : impl_(std::make_unique<Impl>(site, gate, workshop)) {}
Api::~Api() = default;
void Api::add_routes(http::Router& router) {
  impl_->add_routes(router);
}

}  // namespace stepcast::server
