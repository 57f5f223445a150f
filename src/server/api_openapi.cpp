#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "api_operation.hpp"

namespace stepcast::server::api {
namespace {

constexpr std::string_view kRestMark = "...}";

std::string lower_method(http::Method method) {
  std::string name(method_name(method));
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return static_cast<char>(c - 'A' + 'a'); });
  return name;
}

// OpenAPI knows one segment only: `{path...}` is shown as `{path}`, which may hold slashes here.
std::string shown_path(std::string path) {
  if (path.ends_with(kRestMark)) {
    path.replace(path.size() - kRestMark.size(), kRestMark.size(), "}");
  }
  return path;
}

Json parameter_json(std::string_view place, std::string_view name, bool required, Json shape,
                    std::string_view meaning) {
  Json parameter{{"name", std::string(name)}, {"in", std::string(place)}, {"required", required}};
  parameter["schema"] = std::move(shape);
  if (!meaning.empty()) {
    parameter["description"] = std::string(meaning);
  }
  return parameter;
}

Json parameters_of(const Operation& operation) {
  Json parameters = Json::array();
  std::string_view rest = operation.path;
  while (true) {
    const std::size_t open = rest.find('{');
    if (open == std::string_view::npos) {
      break;
    }
    const std::size_t close = rest.find('}', open);
    std::string_view name = rest.substr(open + 1, close - open - 1);
    const bool many = name.ends_with("...");
    if (many) {
      name.remove_suffix(3);
    }
    parameters.push_back(
        parameter_json("path", name, true, shape::text(), many ? "May hold slashes." : ""));
    rest.remove_prefix(close + 1);
  }
  for (const QueryParameter& one : operation.query) {
    parameters.push_back(parameter_json("query", one.name, false, one.shape, one.meaning));
  }
  if (operation.conditional) {
    parameters.push_back(parameter_json(
        "header", "If-Match", false, shape::text(),
        "ETag of the state that the command is meant for; in another one nothing happens (412)."));
  }
  if (operation.repeats != Repeats::kFreely) {
    parameters.push_back(parameter_json(
        "header", "Idempotency-Key", false, shape::text(1, kMostKeyBytes),
        operation.repeats == Repeats::kByKey
            ? "Repeated with the same key and body the same is answered, and nothing happens again."
            : "Makes it happen once. The answer holds a secret and is given once."));
  }
  return parameters;
}

Json content(const std::string& type, const Json& shape) {
  Json media = Json::object();
  media["schema"] = shape;
  Json object = Json::object();
  object[type] = std::move(media);
  return object;
}

Json responses_of(const Operation& operation) {
  Json good{{"description", "Done."}};
  if (operation.answer.status == 202) {
    good["description"] = "Accepted; the events tell what became of it.";
  } else if (operation.answer.status == 101) {
    good["description"] = "The connection becomes a WebSocket.";
  }
  if (!operation.answer.shape.is_null()) {
    good["content"] = content(operation.answer.type, operation.answer.shape);
  } else if (operation.answer.type != "application/json") {
    good["content"] = content(operation.answer.type, Json{{"type", "string"}});
  }
  Json problem{{"description", "What is wrong and what to do about it (RFC 9457)."}};
  problem["content"] = content("application/problem+json", shape::named("Problem"));
  Json responses = Json::object();
  responses[std::to_string(operation.answer.status)] = std::move(good);
  responses["default"] = std::move(problem);
  return responses;
}

Json request_body_of(const Operation& operation) {
  Json body{{"required", true}};
  if (operation.upload) {
    Json form = shape::object(
        {shape::optional("folder", shape::text()),
         {"file", Json{{"type", "string"}, {"contentMediaType", "application/octet-stream"}}}});
    body["content"] = content("multipart/form-data", form);
  } else {
    body["content"] = content("application/json", operation.request);
    body["required"] = operation.request.contains("required");
  }
  return body;
}

Json operation_json(const Operation& operation) {
  Json object{{"operationId", operation.id}, {"summary", operation.summary}};
  object["tags"] = Json::array({operation.tag});
  object["parameters"] = parameters_of(operation);
  object["responses"] = responses_of(operation);
  object["x-permission"] =
      operation.permission.empty() ? Json(nullptr) : Json(operation.permission);
  if (operation.permission.empty()) {
    object["security"] = Json::array();
  }
  if (operation.upload || !operation.request.is_null()) {
    object["requestBody"] = request_body_of(operation);
  }
  return object;
}

}  // namespace

Json openapi_of(const Table& table, const Site& site) {
  Json paths = Json::object();
  for (const Operation& operation : table.operations) {
    paths[shown_path(operation.path)][lower_method(operation.method)] = operation_json(operation);
  }
  Json schemas = table.shapes;
  schemas["Problem"] = {
      {"type", "object"},
      {"required", {"type", "title", "status", "detail"}},
      {"properties",
       {{"type", shape::text()},
        {"title", shape::text()},
        {"status", shape::integer()},
        {"detail", shape::described(shape::text(), "Names place, value, limit and remedy.")},
        {"instance", shape::text()},
        {"needs", shape::described(shape::text(),
                                   "A key of the request that would have to say something else; "
                                   "only where the operation tells of it.")}}}};
  Json key{{"type", "apiKey"}, {"in", "header"}, {"name", "X-Api-Key"}};
  Json bearer{{"type", "http"}, {"scheme", "bearer"}};
  Json cookie{{"type", "apiKey"}, {"in", "cookie"}, {"name", kSessionCookie}};
  cookie["description"] = "Everything but GET then needs the header X-CSRF-Token.";
  Json components = Json::object();
  components["schemas"] = std::move(schemas);
  components["securitySchemes"] = {
      {"key", std::move(key)}, {"bearer", std::move(bearer)}, {"session", std::move(cookie)}};
  Json security = Json::array();
  for (const char* scheme : {"key", "bearer", "session"}) {
    Json one = Json::object();
    one[scheme] = Json::array();
    security.push_back(std::move(one));
  }
  Json document{{"openapi", "3.1.0"}};
  document["info"] = {{"title", fmt::format("{}: Stepcast's own interface", site.name)},
                      {"version", "1"}};
  Json server{{"url", std::string(kBase)}};
  document["servers"] = Json::array({std::move(server)});
  document["security"] = std::move(security);
  document["paths"] = std::move(paths);
  document["components"] = std::move(components);
  return document;
}

}  // namespace stepcast::server::api
