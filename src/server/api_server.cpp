#include <string>
#include <utility>

#include "api_operation.hpp"

namespace stepcast::server::api {
namespace {

http::Response get_server(Call& call) {
  Json object{{"name", call.site.name},
              {"uuid", call.site.uuid},
              {"api", "1"},
              {"printers", call.site.printers.size()},
              {"last_event", call.site.events.last()}};
  return answer(object);
}

http::Response get_me(Call& call) {
  Json permissions = Json::array();
  for (const std::string& name : call.who.permissions) {
    permissions.push_back(name);
  }
  Json object{{"user", call.who.user}};
  object["role"] =
      call.who.role ? Json(std::string(accounts::role_name(*call.who.role))) : Json(nullptr);
  object["by"] = call.who.key_id.empty() ? "session" : "key";
  object["printer"] = maybe(call.who.printer);
  object["permissions"] = std::move(permissions);
  return answer(object);
}

}  // namespace

void add_server_operations(Table& table) {
  using namespace shape;  // NOLINT(google-build-using-namespace)
  table.shapes["Server"] = object({
      {"name", text()},
      {"uuid", described(text(), "Constant over restarts.")},
      {"api", described(text(), "Version of this interface.")},
      {"printers", integer()},
      {"last_event", described(integer(), "Number of the newest event; 0: none.")},
  });
  table.operations.push_back({.path = "/server",
                              .permission = "STATUS",
                              .id = "getServer",
                              .tag = "server",
                              .summary = "Which server this is.",
                              .answer = {.status = 200, .shape = named("Server")},
                              .runs = http::Runs::kOnLoop,
                              .handle = get_server});
  table.shapes["Me"] = object({
      {"user", text()},
      {"role", nullable(text())},
      {"by", choice({"key", "session"})},
      {"printer", described(nullable(text()), "The key is for this printer alone.")},
      {"permissions", list(text())},
  });
  table.operations.push_back({.path = "/me",
                              .permission = "STATUS",
                              .id = "getMe",
                              .tag = "people",
                              .summary = "Who asks, and what the caller may do.",
                              .answer = {.status = 200, .shape = named("Me")},
                              .runs = http::Runs::kOnLoop,
                              .handle = get_me});
}

}  // namespace stepcast::server::api
