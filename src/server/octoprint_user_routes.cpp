// Users, groups and permissions.
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "stepcast/server/authentication.hpp"

#include "client_settings.hpp"
#include "octoprint_json.hpp"
#include "octoprint_routes.hpp"

namespace stepcast::server::octoprint {
namespace {

// The name of the key that is a user's own, as OctoPrint has one for each.
constexpr const char* kPersonalKey = "personal";

Json listed_user(const accounts::UserInfo& user) {
  return {{"name", user.name},
          {"active", user.active},
          {"admin", user.role == accounts::Role::kAdmin},
          {"user", true},
          {"apikey", nullptr},
          {"settings", Json::object()},
          {"permissions", Json::array()},
          {"groups", groups_json(user.role)},
          {"needs", {{"role", Json::array()}, {"group", groups_json(user.role)}}}};
}

std::optional<accounts::UserInfo> find_user(const Site& site, const std::string& name) {
  for (accounts::UserInfo& user : site.accounts.users()) {
    if (user.name == name) {
      return std::move(user);
    }
  }
  return std::nullopt;
}

http::Response users_of(Call& call) {
  Json users = Json::array();
  for (const accounts::UserInfo& user : call.site.accounts.users()) {
    users.push_back(listed_user(user));
  }
  return json_response({{"users", users}});
}

http::Response users_or(Call& call, const Result<void>& result) {
  return result ? users_of(call) : error_response(result.error());
}

// Everybody may ask about himself, ADMIN about all. nullopt: go on.
std::optional<http::Response> refuse_others(Call& call) {
  const accounts::Principal& who = principal(call.request);
  const std::string& name = call.request.parameters["user"];
  // Who may not know who else there is is told the same of both.
  if ((who.user != name && !who.may("ADMIN")) || !find_user(call.site, name)) {
    return error_response({Errc::kNotFound, fmt::format("there is no user '{}'", name), {}, {}});
  }
  return std::nullopt;
}

http::Response user_of(Call& call) {
  if (auto refusal = refuse_others(call)) {
    return std::move(*refusal);
  }
  return json_response(listed_user(*find_user(call.site, call.request.parameters["user"])));
}

// true and "true": a client sends words.
std::optional<bool> flag_in(const Json& body, const char* name) {
  const auto found = body.find(name);
  if (found == body.end()) {
    return std::nullopt;
  }
  return found->is_string() ? found->get<std::string>() == "true" : found->get<bool>();
}

// The role that `groups`, or else `admin`, ask for; none: neither is said. Nobody gets more than
// was asked for, so what has no role here is refused.
Result<std::optional<accounts::Role>> wanted_role(const Json& body) {
  using accounts::Role;
  const auto no_such = [](const std::string& what) {
    return fail(Errc::kInvalidArgument, fmt::format("there is no {}", what), "groups",
                "one of admins, users and readonly");
  };
  const auto admin = flag_in(body, "admin");
  if (const auto own = body.find("permissions"); own != body.end() && !own->empty()) {
    return fail(Errc::kInvalidArgument, "a user has the permissions of the groups, and no others",
                "permissions", "leave it out, and use API keys for less");
  }
  const auto groups = body.find("groups");
  if (groups == body.end() || groups->empty()) {
    return admin ? std::optional(*admin ? Role::kAdmin : Role::kOperator) : std::nullopt;
  }
  if (!groups->is_array()) {
    return no_such("list of groups");
  }
  Role role = Role::kViewer;
  for (const Json& group : *groups) {
    const std::string name = group.is_string() ? group.get<std::string>() : group.dump();
    if (name != "admins" && name != "users" && name != "readonly" && name != "guests") {
      return no_such(fmt::format("group '{}'", name));
    }
    if (name == "admins") {
      role = Role::kAdmin;
    } else if (name == "users" && role != Role::kAdmin) {
      role = Role::kOperator;
    }
  }
  if (*groups == Json::array({"guests"})) {
    return no_such("user who may nothing");
  }
  if (admin.value_or(false)) {
    role = Role::kAdmin;
  } else if (admin && role == Role::kAdmin) {
    role = Role::kOperator;
  }
  return std::optional(role);
}

// What a client sends back as it was listed, and `admin: false` for a viewer, change nothing.
bool is_change(const Json& body, accounts::Role wanted, accounts::Role now) {
  const auto groups = body.find("groups");
  if (groups == body.end() || groups->empty()) {
    return (wanted == accounts::Role::kAdmin) != (now == accounts::Role::kAdmin);
  }
  return wanted != now && *groups != groups_json(now);
}

http::Response add_user(Call& call) {
  const Json& body = call.body();
  const std::string name = body.value("name", "");
  const accounts::Principal& who = principal(call.request);
  const auto role = wanted_role(body);
  if (!role) {
    return error_response(role.error());
  }
  auto added = call.site.accounts.add_user(who, name, body.value("password", ""),
                                           role->value_or(accounts::Role::kOperator));
  if (added && !flag_in(body, "active").value_or(true)) {
    added = call.site.accounts.deactivate_user(who, name);
  }
  return users_or(call, added);
}

http::Response change_user(Call& call) {
  if (auto refusal = refuse_others(call)) {
    return std::move(*refusal);
  }
  const Json& body = call.body();
  const accounts::Principal& who = principal(call.request);
  const std::string& name = call.request.parameters["user"];
  const auto role = wanted_role(body);
  if (!role) {
    return error_response(role.error());
  }
  const auto user = find_user(call.site, name);
  if (!user) {
    return error_response({Errc::kNotFound, fmt::format("there is no user '{}'", name), {}, {}});
  }
  Result<void> changed;
  if (*role && is_change(body, **role, user->role)) {
    changed = call.site.accounts.set_role(who, name, **role);
  }
  if (const auto active = flag_in(body, "active"); changed && active) {
    changed = *active ? call.site.accounts.activate_user(who, name)
                      : call.site.accounts.deactivate_user(who, name);
  }
  return users_or(call, changed);
}

http::Response remove_user(Call& call) {
  return users_or(call, call.site.accounts.remove_user(principal(call.request),
                                                       call.request.parameters["user"]));
}

http::Response set_password(Call& call) {
  if (auto refusal = refuse_others(call)) {
    return std::move(*refusal);
  }
  const Json& body = call.body();
  auto set =
      call.site.accounts.set_password(principal(call.request), call.request.parameters["user"],
                                      body.value("password", ""), body.value("current", ""));
  // A body: clients parse it.
  return set ? json_response(Json::object()) : error_response(set.error());
}

std::string user_scope(Call& call) {
  return "user/" + call.request.parameters["user"];
}

http::Response user_settings_of(Call& call) {
  if (auto refusal = refuse_others(call)) {
    return std::move(*refusal);
  }
  const auto settings = load_settings(call.site.store, user_scope(call));
  return settings ? json_response(*settings) : error_response(settings.error());
}

http::Response change_user_settings(Call& call) {
  constexpr std::size_t kMostUserSettings = 16'384;
  if (auto refusal = refuse_others(call)) {
    return std::move(*refusal);
  }
  if (call.request.body.size() > kMostUserSettings) {
    return error_response({Errc::kOutOfRange,
                           fmt::format("settings are at most {} bytes", kMostUserSettings),
                           {},
                           {}});
  }
  if (auto saved = save_settings(call.site.store, user_scope(call), call.body()); !saved) {
    return error_response(saved.error());
  }
  return user_settings_of(call);
}

Result<void> revoke_personal(Call& call) {
  for (const accounts::KeyInfo& key : call.site.accounts.keys(call.request.parameters["user"])) {
    if (key.app == kPersonalKey) {
      if (auto revoked = call.site.accounts.revoke_key(principal(call.request), key.id); !revoked) {
        return revoked;
      }
    }
  }
  return {};
}

http::Response renew_personal_key(Call& call) {
  if (auto refusal = refuse_others(call)) {
    return std::move(*refusal);
  }
  if (auto revoked = revoke_personal(call); !revoked) {
    return error_response(revoked.error());
  }
  auto key = call.site.accounts.create_key(
      principal(call.request), call.request.parameters["user"],
      {.app = kPersonalKey, .printer = {}, .permissions = {}, .expires = {}});
  return key ? json_response({{"apikey", *key}}) : error_response(key.error());
}

http::Response remove_personal_key(Call& call) {
  if (auto refusal = refuse_others(call)) {
    return std::move(*refusal);
  }
  return done(revoke_personal(call));
}

http::Response permissions_of_server(Call& /*call*/) {
  Json list = Json::array();
  for (const std::string& permission : accounts::permissions()) {
    list.push_back({{"key", permission}, {"name", permission}});
  }
  return json_response({{"permissions", list}});
}

http::Response groups_of_server(Call& /*call*/) {
  Json groups = Json::array();
  const auto add = [&](const char* key, const char* name, std::optional<accounts::Role> role) {
    groups.push_back({{"key", key},
                      {"name", name},
                      {"permissions", role ? Json(accounts::permissions_of(*role)) : Json::array()},
                      {"subgroups", Json::array()},
                      {"default", false},
                      {"changeable", false},
                      {"removable", false},
                      {"toggleable", role == accounts::Role::kOperator}});
  };
  add("admins", "Admins", accounts::Role::kAdmin);
  add("users", "Operator", accounts::Role::kOperator);
  add("readonly", "Read-only Access", accounts::Role::kViewer);
  add("guests", "Guests", std::nullopt);  // who may nothing
  return json_response({{"groups", groups}});
}

}  // namespace

void add_user_routes(Mount& mount) {
  mount.get("/api/access/permissions", "SETTINGS_READ", permissions_of_server);
  mount.get("/api/access/groups", "SETTINGS_READ", groups_of_server);
  for (const std::string users : {"/api/access/users", "/api/users"}) {
    const std::string user = users + "/{user}";
    const auto runs = http::Runs::kOnWorker;
    mount.get(users, "ADMIN", users_of);
    mount.post(users, "ADMIN", add_user);
    mount.get(user, "STATUS", user_of);
    mount.put(user, "ADMIN", change_user);
    mount.remove(user, "ADMIN", remove_user);
    mount.put(user + "/password", "STATUS", set_password);
    mount.get(user + "/settings", "STATUS", user_settings_of, runs);
    mount.patch(user + "/settings", "STATUS", change_user_settings);
    mount.post(user + "/apikey", "STATUS", renew_personal_key);
    mount.remove(user + "/apikey", "STATUS", remove_personal_key);
  }
}

}  // namespace stepcast::server::octoprint
