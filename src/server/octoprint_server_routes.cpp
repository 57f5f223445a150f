#include <string>
#include <utility>

#include <fmt/format.h>

#include "stepcast/server/authentication.hpp"

#include "octoprint_json.hpp"
#include "octoprint_routes.hpp"
#include "session_tokens.hpp"

namespace stepcast::server::octoprint {
namespace {

http::Response version_of(Call& /*call*/) {
  static const http::Response kVersion =
      json_response({{"api", "0.1"},
                     {"server", std::string(kOctoPrintVersion)},
                     {"text", fmt::format("OctoPrint {}", kOctoPrintVersion)}});
  return kVersion;
}

http::Response server_of(Call& /*call*/) {
  return json_response({{"version", std::string(kOctoPrintVersion)}, {"safemode", false}});
}

Json user_json(const accounts::Principal& who) {
  return {{"name", who.user},
          {"active", true},
          {"admin", who.role == accounts::Role::kAdmin},
          {"user", who.role.has_value()},
          {"apikey", nullptr},
          {"settings", Json::object()},
          {"permissions", Json::array()},
          {"needs", {{"role", Json::array()}, {"group", groups_json(who.role)}}},
          {"groups", groups_json(who.role)}};
}

// A session for the push socket: clients send it back as `user:session`.
http::Response login_as(const accounts::Principal& who, const std::string& session) {
  Json user = user_json(who);
  user["session"] = session;
  user["_is_external_client"] = true;
  user["_login_mechanism"] = who.key_id.empty() ? "session" : "apikey";
  return json_response(user);
}

http::Response login(Call& call, SessionTokens& tokens) {
  const accounts::Principal& who = principal(call.request);
  if (call.body().value("passive", false) ||
      call.request.find_query("passive").value_or("") == "true") {
    if (who.user.empty()) {
      return json_response({{"name", nullptr}, {"groups", groups_json(who.role)}});
    }
    const std::string cookie(call.request.find_cookie(kSessionCookie).value_or(""));
    return login_as(who, tokens.issue(who, cookie));
  }
  // Only here: to ask who one is costs nothing, and clients do so often.
  if (auto refusal = call.gate.charge(call.request, kHashCost)) {
    return std::move(*refusal);
  }
  auto in = call.site.accounts.log_in(call.body().value("user", ""), call.body().value("pass", ""),
                                      call.request.remote, call.body().value("code", ""));
  if (!in) {
    return error_response({Errc::kDenied, in.error().message, {}, {}});
  }
  http::Response response = login_as(in->principal, tokens.issue(in->principal, in->token));
  const auto remember = call.body().find("remember");
  set_session_cookies(response, *in, call.request.secure,
                      remember != call.body().end() && (*remember == true || *remember == "true"));
  return response;
}

http::Response logout(Call& call) {
  if (const auto token = call.request.find_cookie(kSessionCookie)) {
    call.site.accounts.log_out(*token);
  }
  http::Response response = http::Response::empty();
  response.headers.add("Set-Cookie",
                       fmt::format("{}=; Path=/; Max-Age=0; HttpOnly", kSessionCookie));
  response.headers.add("Set-Cookie", fmt::format("{}=; Path=/; Max-Age=0", kCsrfCookie));
  return response;
}

http::Response current_user(Call& call) {
  const accounts::Principal& who = principal(call.request);
  Json permissions = Json::array();
  for (const std::string& permission : who.permissions) {
    permissions.push_back(permission);
  }
  return json_response({{"name", who.user.empty() ? Json(nullptr) : Json(who.user)},
                        {"permissions", permissions},
                        {"groups", groups_json(who.role)}});
}

}  // namespace

void add_server_routes(Mount& mount, SessionTokens& tokens) {
  using http::Runs;
  const auto log_in = [&tokens](Call& call) { return login(call, tokens); };
  mount.get("/api/version", "STATUS", version_of);
  mount.get("/api/server", "STATUS", server_of);
  mount.get("/api/login", "", log_in, Runs::kOnWorker);
  mount.post("/api/login", "", log_in);
  mount.post("/api/logout", "", logout);
  mount.get("/api/currentuser", "", current_user);
}

}  // namespace stepcast::server::octoprint
