#include <string>
#include <utility>

#include <fmt/format.h>

#include "stepcast/http/problem.hpp"

#include "api_operation.hpp"

namespace stepcast::server::api {
namespace {

constexpr std::size_t kMostNameBytes = 64;
constexpr std::size_t kMostPasswordBytes = 1024;
constexpr std::size_t kMostCodeBytes = 64;

Json user_json(const accounts::UserInfo& user) {
  return {{"name", user.name},
          {"role", std::string(role_name(user.role))},
          {"active", user.active},
          {"second_factor", user.second_factor}};
}

Json session_json(const Call& call, const accounts::LoginInfo& login) {
  return {{"id", login.id},
          {"user", login.user},
          {"created", time_json(login.created)},
          {"expires", time_json(login.expires)},
          {"current", login.id == call.who.session}};
}

// Of `?user=`, which takes ADMIN unless it is oneself.
Result<std::string> whose(const Call& call) {
  std::string user = call.query.value("user", call.who.user);
  if (user != call.who.user && !call.who.may("ADMIN")) {
    return fail(Errc::kDenied, fmt::format("'{}' is somebody else", user), "?user",
                "leave it out, or ask an administrator");
  }
  return user;
}

Json whole_list(Json items) {
  Json object = Json::object();
  object["items"] = std::move(items);
  object["next"] = nullptr;
  return object;
}

http::Response log_in(Call& call) {
  auto login = call.site.accounts.log_in(call.text("user"), call.text("password"),
                                         call.request.remote, call.text("code"));
  if (!login) {
    const Error& error = login.error();
    if (error.code == Errc::kBusy) {
      return http::problem(429, error.to_string(), call.request.path);
    }
    return error.code == Errc::kDenied ? http::problem(401, error.to_string(), call.request.path)
                                       : refuse(call, error);
  }
  Json object{{"id", login->principal.session},
              {"user", login->principal.user},
              {"expires", time_json(login->expires)},
              {"csrf_token", login->csrf}};
  object["role"] = std::string(role_name(login->principal.role.value_or(accounts::Role::kViewer)));
  http::Response response = answer(object, 201);
  set_session_cookies(response, *login, call.request.secure);
  response.headers.set("Location", fmt::format("{}/sessions/{}", kBase, login->principal.session));
  return response;
}

http::Response list_sessions(Call& call) {
  auto user = whose(call);
  if (!user) {
    return refuse(call, user.error());
  }
  Json items = Json::array();
  for (const auto& login : call.site.accounts.logins(*user)) {
    items.push_back(session_json(call, login));
  }
  return answer(whole_list(std::move(items)));
}

http::Response list_users(Call& call) {
  Json items = Json::array();
  for (const auto& user : call.site.accounts.users()) {
    items.push_back(user_json(user));
  }
  return answer(whole_list(std::move(items)));
}

http::Response user_named(Call& call, const std::string& name, int status) {
  for (const auto& user : call.site.accounts.users()) {
    if (user.name == name) {
      return answer(user_json(user), status);
    }
  }
  return refuse(call, {Errc::kNotFound, fmt::format("there is no user '{}'", name), {}, {}});
}

http::Response list_roles(Call& /*call*/) {
  using accounts::Role;
  Json items = Json::array();
  for (const Role role :
       {Role::kAdmin, Role::kOperator, Role::kViewer, Role::kDevice, Role::kEdge}) {
    Json names = Json::array();
    for (const std::string& name : accounts::permissions_of(role)) {
      names.push_back(name);
    }
    Json one{{"name", std::string(role_name(role))}};
    one["permissions"] = std::move(names);
    items.push_back(std::move(one));
  }
  return answer(whole_list(std::move(items)));
}

http::Response add_user(Call& call) {
  const std::string name = call.text("name");
  // The shape allows roles only.
  const auto role = accounts::role_from(call.text("role")).value_or(accounts::Role::kViewer);
  if (auto added = call.site.accounts.add_user(call.who, name, call.text("password"), role);
      !added) {
    return refuse(call, added.error());
  }
  http::Response response = user_named(call, name, 201);
  response.headers.set("Location", fmt::format("{}/users/{}", kBase, name));
  return response;
}

http::Response change_user(Call& call) {
  const std::string& name = call.parameter("user");
  auto& accounts = call.site.accounts;
  Result<void> changed;
  if (call.body.contains("role")) {
    const auto role = accounts::role_from(call.text("role"));
    changed = accounts.set_role(call.who, name, role.value_or(accounts::Role::kViewer));
  }
  if (changed && call.body.contains("active")) {
    changed = call.body.at("active").get<bool>() ? accounts.activate_user(call.who, name)
                                                 : accounts.deactivate_user(call.who, name);
  }
  return changed ? user_named(call, name, 200) : refuse(call, changed.error());
}

http::Response set_password(Call& call) {
  return done(call, call.site.accounts.set_password(call.who, call.parameter("user"),
                                                    call.text("password"), call.text("old")));
}

http::Response begin_second_factor(Call& call) {
  auto uri = call.site.accounts.begin_second_factor(call.who, call.text("password"));
  return uri ? answer({{"uri", *uri}}, 201) : refuse(call, uri.error());
}

http::Response confirm_second_factor(Call& call) {
  auto codes = call.site.accounts.confirm_second_factor(call.who, call.text("code"));
  return codes ? answer({{"recovery_codes", *codes}}, 201) : refuse(call, codes.error());
}

}  // namespace

void add_people_operations(Table& table) {
  using namespace shape;  // NOLINT(google-build-using-namespace)
  const Json role = choice({"admin", "operator", "viewer", "device", "edge"});
  const Json password = text(1, kMostPasswordBytes);
  const Json name = text(1, kMostNameBytes);
  table.shapes["User"] = object(
      {{"name", text()}, {"role", role}, {"active", boolean()}, {"second_factor", boolean()}});
  table.shapes["Session"] = object({{"id", text()},
                                    {"user", text()},
                                    {"created", text()},
                                    {"expires", text()},
                                    {"current", described(boolean(), "The one that asks.")}});
  table.shapes["Login"] = object({
      {"id", text()},
      {"user", text()},
      {"role", role},
      {"expires", text()},
      {"csrf_token", described(text(), "For X-CSRF-Token; also in the cookie stepcast_csrf.")},
  });
  const QueryParameter of_user{"user", name, "Somebody else's; takes ADMIN."};
  const auto add = [&](Operation operation) {
    operation.tag = "people";
    table.operations.push_back(std::move(operation));
  };
  add({.method = http::Method::kPost,
       .path = "/sessions",
       .id = "logIn",
       .summary =
           "Logs a browser in: sets its cookies. With a second factor `code` is needed, too.",
       .request = object(
           {{"user", name}, {"password", password}, optional("code", text(1, kMostCodeBytes))}),
       .answer = {.status = 201, .shape = named("Login")},
       .cost = kHashCost,
       .handle = log_in});
  add({.path = "/sessions",
       .permission = "STATUS",
       .id = "listSessions",
       .summary = "The browsers that are logged in.",
       .query = {of_user},
       .answer = {.status = 200, .shape = shape::page("Session")},
       .handle = list_sessions});
  add({.method = http::Method::kDelete,
       .path = "/sessions/{session}",
       .permission = "STATUS",
       .id = "endSession",
       .summary = "Logs a browser out; somebody else's takes ADMIN.",
       .answer = {.status = 204},
       .handle = [](Call& call) {
         return done(call, call.site.accounts.end_login(call.who, call.parameter("session")));
       }});
  add({.path = "/users",
       .permission = "ADMIN",
       .id = "listUsers",
       .summary = "Who may log in.",
       .answer = {.status = 200, .shape = shape::page("User")},
       .handle = list_users});
  table.shapes["Role"] = object({{"name", role}, {"permissions", list(text())}});
  add({.path = "/roles",
       .permission = "STATUS",
       .id = "listRoles",
       .summary = "What each role may do.",
       .answer = {.status = 200, .shape = shape::page("Role")},
       .handle = list_roles});
  add({.method = http::Method::kPost,
       .path = "/users",
       .permission = "ADMIN",
       .id = "addUser",
       .summary = "Makes a user.",
       .request = object({{"name", name}, {"password", password}, {"role", role}}),
       .answer = {.status = 201, .shape = named("User")},
       .repeats = Repeats::kByKey,
       .cost = kHashCost,
       .handle = add_user});
  add({.path = "/users/{user}",
       .permission = "ADMIN",
       .id = "getUser",
       .summary = "One user.",
       .answer = {.status = 200, .shape = named("User")},
       .handle = [](Call& call) { return user_named(call, call.parameter("user"), 200); }});
  add({.method = http::Method::kPatch,
       .path = "/users/{user}",
       .permission = "ADMIN",
       .id = "changeUser",
       .summary =
           "Changes a user's role, or whether the user may come in. Keys and logins follow at "
           "once.",
       .request = object({optional("role", role), optional("active", boolean())}),
       .answer = {.status = 200, .shape = named("User")},
       .handle = change_user});
  add({.method = http::Method::kDelete,
       .path = "/users/{user}",
       .permission = "ADMIN",
       .id = "removeUser",
       .summary = "Removes a user with keys and logins.",
       .answer = {.status = 204},
       .handle = [](Call& call) {
         return done(call, call.site.accounts.remove_user(call.who, call.parameter("user")));
       }});
  add({.method = http::Method::kPut,
       .path = "/users/{user}/password",
       .permission = "STATUS",
       .id = "setPassword",
       .summary = "Sets one's own password, with the `old` one and not by a key, or as an "
                  "administrator somebody else's. Other logins of the user end.",
       .request = object({{"password", password}, optional("old", password)}),
       .answer = {.status = 204},
       .cost = kHashCost,
       .handle = set_password});
  add({.method = http::Method::kDelete,
       .path = "/users/{user}/second-factor",
       .permission = "ADMIN",
       .id = "removeSecondFactorOf",
       .summary = "Takes the second factor from a user who has lost it.",
       .answer = {.status = 204},
       .handle = [](Call& call) {
         return done(call,
                     call.site.accounts.remove_second_factor(call.who, call.parameter("user"), ""));
       }});
  add({.method = http::Method::kPost,
       .path = "/me/second-factor",
       .permission = "STATUS",
       .id = "beginSecondFactor",
       .summary =
           "Begins to set up one's own second factor: an address for an authenticator, shown "
           "once. Not by a key.",
       .request = object({{"password", password}}),
       .answer = {.status = 201, .shape = object({{"uri", text()}})},
       .cost = kHashCost,
       .handle = begin_second_factor});
  add({.method = http::Method::kPost,
       .path = "/me/second-factor/confirm",
       .permission = "STATUS",
       .id = "confirmSecondFactor",
       .summary = "Puts it into force with the first code. The recovery codes are shown once.",
       .request = object({{"code", text(1, kMostCodeBytes)}}),
       .answer = {.status = 201, .shape = object({{"recovery_codes", list(text())}})},
       .cost = kHashCost,
       .handle = confirm_second_factor});
  add({.method = http::Method::kPost,
       .path = "/me/second-factor/remove",
       .permission = "STATUS",
       .id = "removeSecondFactor",
       .summary = "Takes one's own second factor away.",
       .request = object({{"password", password}}),
       .answer = {.status = 204},
       .cost = kHashCost,
       .handle = [](Call& call) {
         return done(call, call.site.accounts.remove_second_factor(call.who, call.who.user,
                                                                   call.text("password")));
       }});
}

}  // namespace stepcast::server::api
