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

Json groups_of(const accounts::Principal& who) {
  if (!who.role) {
    return Json::array({"guests"});
  }
  switch (*who.role) {
    case accounts::Role::kAdmin:
      return Json::array({"admins", "users"});
    case accounts::Role::kOperator:
      return Json::array({"users"});
    default:
      return Json::array({"readonly"});
  }
}

Json user_json(const accounts::Principal& who) {
  return {{"name", who.user},
          {"active", true},
          {"admin", who.role == accounts::Role::kAdmin},
          {"user", who.role.has_value()},
          {"apikey", nullptr},
          {"settings", Json::object()},
          {"permissions", Json::array()},
          {"needs", {{"role", Json::array()}, {"group", groups_of(who)}}},
          {"groups", groups_of(who)}};
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
      return json_response({{"name", nullptr}, {"groups", groups_of(who)}});
    }
    const std::string cookie(call.request.find_cookie(kSessionCookie).value_or(""));
    return login_as(who, tokens.issue(who, cookie));
  }
  auto in = call.site.accounts.log_in(call.body().value("user", ""), call.body().value("pass", ""),
                                      call.request.remote);
  if (!in) {
    return error_response({Errc::kDenied, in.error().message, {}, {}});
  }
  http::Response response = login_as(in->principal, tokens.issue(in->principal, in->token));
  const char* const secure = call.request.secure ? "; Secure" : "";
  response.headers.add("Set-Cookie", fmt::format("{}={}; Path=/; HttpOnly; SameSite=Strict{}",
                                                 kSessionCookie, in->token, secure));
  response.headers.add(
      "Set-Cookie", fmt::format("{}={}; Path=/; SameSite=Strict{}", kCsrfCookie, in->csrf, secure));
  return response;
}

http::Response logout(Call& call) {
  if (const auto token = call.request.find_cookie(kSessionCookie)) {
    call.site.accounts.log_out(*token);
  }
  http::Response response = http::Response::empty();
  response.headers.add("Set-Cookie",
                       fmt::format("{}=; Path=/; Max-Age=0; HttpOnly", kSessionCookie));
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
                        {"groups", groups_of(who)}});
}

Json profile_json(const Call& call) {
  const std::string& id = call.runner.identity().id;
  const auto axis = [](double speed) { return Json{{"speed", speed}, {"inverted", false}}; };
  constexpr double kFast = 6000;
  constexpr double kSlow = 300;
  return {
      {"id", id},
      {"name", call.runner.identity().title},
      {"model", call.runner.identity().title},
      {"color", "default"},
      {"default", true},
      {"current", true},
      {"resource", call.base + "/api/printerprofiles/" + id},
      {"volume",
       {{"formFactor", "rectangular"},
        {"origin", "lowerleft"},
        {"width", call.runner.identity().width_mm},
        {"depth", call.runner.identity().depth_mm},
        {"height", call.runner.identity().height_mm},
        {"custom_box", false}}},
      {"heatedBed", call.runner.printer().can(printer::Feature::kHeaters)},
      {"heatedChamber", false},
      {"axes", {{"x", axis(kFast)}, {"y", axis(kFast)}, {"z", axis(kSlow)}, {"e", axis(kSlow)}}},
      {"extruder",
       {{"count", 1},
        {"offsets", Json::array({Json::array({0.0, 0.0})})},
        {"nozzleDiameter", call.runner.identity().nozzle_mm},
        {"sharedNozzle", false}}}};
}

http::Response profiles_of(Call& call) {
  return json_response({{"profiles", {{call.runner.identity().id, profile_json(call)}}}});
}

http::Response profile_of(Call& call) {
  if (call.request.parameters["profile"] != call.runner.identity().id) {
    return error_response({Errc::kNotFound, "unknown printer profile", {}, {}});
  }
  return json_response(profile_json(call));
}

http::Response settings_of(Call& call) {
  const Json webcam{{"webcamEnabled", false},  {"streamUrl", ""},
                    {"snapshotUrl", ""},       {"flipH", false},
                    {"flipV", false},          {"rotate90", false},
                    {"bitrate", "10000k"},     {"snapshotSslValidation", true},
                    {"streamRatio", "16:9"},   {"webcams", Json::array()},
                    {"defaultWebcam", nullptr}};
  return json_response(
      {{"api", {{"allowCrossOrigin", false}}},
       {"appearance", {{"name", call.runner.identity().title}, {"color", "default"}}},
       {"feature", {{"sdSupport", false}, {"temperatureGraph", true}}},
       {"webcam", webcam},
       {"temperature", {{"profiles", Json::array()}}},
       {"plugins",
        {{"discovery",
          {{"upnpUuid", call.site.uuid}, {"publicHost", nullptr}, {"publicPort", nullptr}}},
         {"tracking", {{"enabled", false}, {"unique_id", nullptr}}}}}});
}

http::Response permissions_list(Call& /*call*/) {
  Json list = Json::array();
  for (const std::string& permission : accounts::permissions()) {
    list.push_back({{"key", permission}, {"name", permission}});
  }
  return json_response({{"permissions", list}});
}

http::Response users_of(Call& call) {
  Json users = Json::array();
  for (const accounts::UserInfo& user : call.site.accounts.users()) {
    users.push_back({{"name", user.name},
                     {"active", user.active},
                     {"admin", user.role == accounts::Role::kAdmin},
                     {"user", true},
                     {"groups", {std::string(accounts::role_name(user.role))}}});
  }
  return json_response({{"users", users}});
}

http::Response empty_object(Call& /*call*/) {
  return json_response(Json::object());
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
  mount.get("/api/settings", "SETTINGS_READ", settings_of);
  mount.get("/api/printerprofiles", "STATUS", profiles_of);
  mount.get("/api/printerprofiles/{profile}", "STATUS", profile_of);
  mount.get("/api/access/permissions", "SETTINGS_READ", permissions_list);
  mount.get("/api/access/users", "ADMIN", users_of);
  mount.get("/api/users", "ADMIN", users_of);
  mount.get("/api/languages", "SETTINGS_READ", [](Call& /*call*/) {
    return json_response({{"language_packs", {{"_core", {{"languages", {"en"}}}}}}});
  });
  mount.get("/api/slicing", "STATUS", empty_object);
  mount.get("/api/timelapse", "TIMELAPSE_LIST", [](Call& /*call*/) {
    return json_response({{"config", {{"type", "off"}}},
                          {"enabled", false},
                          {"files", Json::array()},
                          {"unrendered", Json::array()}});
  });
  mount.get("/api/system/commands", "SYSTEM", [](Call& /*call*/) {
    return json_response({{"core", Json::array()}, {"custom", Json::array()}});
  });
  mount.get("/api/system/commands/{source}", "SYSTEM",
            [](Call& /*call*/) { return json_response(Json::array()); });
  mount.get("/plugin/logging/logs", "ADMIN", [](Call& call) {
    const auto space = call.site.library.space();
    return json_response(
        {{"files", Json::array()}, {"free", space.free_bytes}, {"total", space.total_bytes}});
  });
}

}  // namespace stepcast::server::octoprint
