#include <chrono>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "api_operation.hpp"

namespace stepcast::server::api {
namespace {

constexpr std::int64_t kKeyMsPerS = 1000;
constexpr std::int64_t kLongestKeyS = std::int64_t{10} * 365 * 24 * 3600;
constexpr std::int64_t kLongestAddressS = 3600;  // "short-lived": while a message is looked at
constexpr std::int64_t kDefaultAddressS = 300;
constexpr std::uint16_t kTrailCost = 10;  // reads the whole trail

Json key_json(const accounts::KeyInfo& key) {
  const auto when = [](const std::optional<store::UnixMs>& at) {
    return at ? time_json(*at) : Json(nullptr);
  };
  Json object{{"id", key.id}, {"prefix", key.prefix}, {"app", key.app}, {"user", key.user}};
  object["printer"] = maybe(key.printer);
  object["permissions"] = key.permissions;
  object["expires"] = when(key.expires);
  object["last_used"] = when(key.last_used);
  return object;
}

http::Response list_keys(Call& call) {
  const std::string user = call.query.value("user", call.who.user);
  if (user != call.who.user && !call.who.may("ADMIN")) {
    return refuse(call, {Errc::kDenied, fmt::format("'{}' is somebody else", user), "?user",
                         "leave it out, or ask an administrator"});
  }
  Json items = Json::array();
  for (const auto& key : call.site.accounts.keys(user)) {
    items.push_back(key_json(key));
  }
  Json object = Json::object();
  object["items"] = std::move(items);
  object["next"] = nullptr;
  return answer(object);
}

http::Response make_key(Call& call) {
  const std::string user = call.body.value("user", call.who.user);
  accounts::Accounts::NewKey wanted;
  wanted.app = call.text("app");
  if (call.body.contains("printer")) {
    wanted.printer = call.text("printer");
    if (call.site.find_printer(*wanted.printer) == nullptr) {
      return refuse(call, {Errc::kNotFound,
                           fmt::format("there is no printer '{}'", *wanted.printer),
                           "printer",
                           {}});
    }
  }
  wanted.permissions = call.body.value("permissions", std::vector<std::string>{});
  if (call.body.contains("lifetime_s")) {
    const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::system_clock::now().time_since_epoch());
    wanted.expires = now.count() + call.body.at("lifetime_s").get<std::int64_t>() * kKeyMsPerS;
  }
  auto key = call.site.accounts.create_key(call.who, user, wanted);
  return key ? answer({{"key", *key}}, 201) : refuse(call, key.error());
}

http::Response list_audit(Call& call) {
  auto rows = call.site.accounts.audit_trail(call.query.value("after", std::int64_t{0}),
                                             call.query.value("limit", kDefaultItems));
  if (!rows) {
    return refuse(call, rows.error());
  }
  Json items = Json::array();
  std::int64_t last = call.query.value("after", std::int64_t{0});
  for (const auto& row : *rows) {
    items.push_back({{"sequence", row.sequence},
                     {"at", time_json(row.at)},
                     {"user", row.user},
                     {"key", row.key_id},
                     {"action", row.action},
                     {"subject", row.subject},
                     {"hash", row.hash}});
    last = row.sequence;
  }
  Json object = Json::object();
  object["items"] = std::move(items);
  object["next"] = last;
  return answer(object);
}

http::Response verify_audit(Call& call) {
  const auto verified = call.site.accounts.verify_audit();
  if (!verified && verified.error().code != Errc::kMalformed) {
    return refuse(call, verified.error());
  }
  Json object{{"intact", verified.has_value()}};
  object["problem"] = verified ? Json(nullptr) : Json(verified.error().to_string());
  return answer(object);
}

}  // namespace

void add_key_operations(Table& table, const Gate& gate) {
  using namespace shape;  // NOLINT(google-build-using-namespace)
  Json permission = choice({});
  for (const std::string& name : accounts::permissions()) {
    permission["enum"].push_back(name);
  }
  table.shapes["Key"] = object({
      {"id", text()},
      {"prefix", described(text(), "Its first characters, to recognise it by.")},
      {"app", text()},
      {"user", text()},
      {"printer", described(nullable(text()), "For this printer alone.")},
      {"permissions", described(list(permission), "Empty: all that the user has.")},
      {"expires", nullable(text())},
      {"last_used", nullable(text())},
  });
  const auto add = [&](Operation operation, const char* tag) {
    operation.tag = tag;
    table.operations.push_back(std::move(operation));
  };
  add({.path = "/keys",
       .permission = "STATUS",
       .id = "listKeys",
       .summary = "API keys, without the keys themselves.",
       .query = {{"user", text(1, 64), "Somebody else's; takes ADMIN."}},
       .answer = {.status = 200, .shape = shape::page("Key")},
       .handle = list_keys},
      "people");
  add({.method = http::Method::kPost,
       .path = "/keys",
       .permission = "STATUS",
       .id = "makeKey",
       .summary = "Makes an API key, for no more than the caller may. It is shown once.",
       .request = object({{"app", text(1, 128)},
                          optional("user", text(1, 64)),
                          optional("printer", text(1, 40)),
                          optional("permissions", list(permission, 1, 64)),
                          optional("lifetime_s", integer(1, kLongestKeyS))}),
       .answer = {.status = 201, .shape = object({{"key", text()}})},
       .repeats = Repeats::kSecretly,
       .handle = make_key},
      "people");
  add({.method = http::Method::kDelete,
       .path = "/keys/{key}",
       .permission = "STATUS",
       .id = "revokeKey",
       .summary = "Ends a key; somebody else's takes ADMIN.",
       .answer = {.status = 204},
       .handle =
           [](Call& call) {
             return done(call, call.site.accounts.revoke_key(call.who, call.parameter("key")));
           }},
      "people");
  table.shapes["AuditEntry"] = object({{"sequence", integer()},
                                       {"at", text()},
                                       {"user", text()},
                                       {"key", text()},
                                       {"action", text()},
                                       {"subject", text()},
                                       {"hash", text()}});
  add({.path = "/audit",
       .permission = "ADMIN",
       .id = "listAudit",
       .summary = "Who did what, oldest first.",
       .query = {{"limit", integer(1, kMostItems), "Items of a page; 100 if it is left out."},
                 {"after", integer(0, INT64_MAX), "Only entries after this number."}},
       .answer = {.status = 200,
                  .shape = object({{"items", list(named("AuditEntry"))}, {"next", integer()}})},
       .handle = list_audit},
      "server");
  add({.method = http::Method::kPost,
       .path = "/audit/verify",
       .permission = "ADMIN",
       .id = "verifyAudit",
       .summary = "Whether the chain of hashes of the audit trail is whole.",
       .answer = {.status = 200,
                  .shape = object({{"intact", boolean()}, {"problem", nullable(text())}})},
       .cost = kTrailCost,
       .handle = verify_audit},
      "server");
  add({.method = http::Method::kPost,
       .path = "/signed-addresses",
       .permission = "STATUS",
       .id = "signAddress",
       .summary =
           "An address that needs no login, for a while: of a picture or a download that the "
           "caller may read.",
       .request = object({{"path", described(text(1, 2048), "With its query, if it has one.")},
                          optional("lifetime_s", integer(1, kLongestAddressS))}),
       .answer = {.status = 201, .shape = object({{"address", text()}, {"expires", text()}})},
       .handle =
           [&gate](Call& call) {
             const std::chrono::seconds lifetime(call.body.value("lifetime_s", kDefaultAddressS));
             auto address = gate.sign(call.who, call.text("path"), lifetime);
             return address ? answer({{"address", address->address},
                                      {"expires", time_json(address->expires)}},
                                     201)
                            : refuse(call, address.error());
           }},
      "people");
  table.shapes["Route"] = object({{"method", text()},
                                  {"pattern", text()},
                                  {"permission", described(nullable(text()), "null: open to all.")},
                                  {"signable", boolean()}});
  add({.path = "/routes",
       .permission = "ADMIN",
       .id = "listRoutes",
       .summary = "Everything that this server answers, and what it takes to ask.",
       .answer = {.status = 200, .shape = shape::page("Route")},
       .handle =
           [&gate](Call& /*call*/) {
             Json items = Json::array();
             for (const Gate::RouteInfo& route : gate.routes()) {
               Json one{{"method", std::string(method_name(route.method))},
                        {"pattern", route.pattern},
                        {"signable", route.signable}};
               one["permission"] =
                   route.permission.empty() ? Json(nullptr) : Json(route.permission);
               items.push_back(std::move(one));
             }
             Json object = Json::object();
             object["items"] = std::move(items);
             object["next"] = nullptr;
             return answer(object);
           }},
      "server");
}

}  // namespace stepcast::server::api
