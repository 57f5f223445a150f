#include "app_keys.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "stepcast/server/authentication.hpp"
#include "stepcast/server/setup.hpp"

#include "octoprint_json.hpp"

namespace stepcast::server::octoprint {
namespace {

using std::chrono::steady_clock;

// Apps poll each second; OctoPrint gives up after five without.
constexpr std::chrono::seconds kPollWithin{5};
constexpr std::chrono::minutes kDecideWithin{10};
constexpr std::size_t kMostPending = 100;
constexpr std::size_t kMostAppName = 100;

}  // namespace

void AppKeys::forget_stale() {
  const auto now = steady_clock::now();
  std::erase_if(pending_, [&](const auto& item) {
    return now - item.second.polled > kPollWithin || now - item.second.asked > kDecideWithin;
  });
}

http::Response AppKeys::ask(Call& call) {
  const std::string app = call.body().value("app", "");
  if (app.empty() || app.size() > kMostAppName) {
    return error_response({Errc::kInvalidArgument,
                           fmt::format("app is a name of 1 to {} bytes", kMostAppName),
                           {},
                           {}});
  }
  const std::string user = call.body().value("user", "");
  const std::string token = random_token();
  const std::string user_token = random_token();
  {
    const std::scoped_lock lock(mutex_);
    forget_stale();
    if (pending_.size() >= kMostPending) {
      return error_response({Errc::kBusy, "too many applications are asking for keys", {}, {}});
    }
    const auto now = steady_clock::now();
    pending_[token] = {.app = app,
                       .user = user,
                       .printer = call.runner.identity().id,
                       .user_token = user_token,
                       .asked = now,
                       .polled = now,
                       .decided = false,
                       .key = {}};
  }
  const std::string dialog = fmt::format("{}/plugin/appkeys/auth/{}", call.base, user_token);
  http::Response response = json_response({{"app_token", token}, {"auth_dialog", dialog}}, 201);
  response.headers.set("Location", fmt::format("{}/plugin/appkeys/request/{}", call.base, token));
  return response;
}

http::Response AppKeys::poll(Call& call) {
  const std::scoped_lock lock(mutex_);
  forget_stale();
  const auto found = pending_.find(call.request.parameters["token"]);
  if (found == pending_.end() || (found->second.decided && found->second.key.empty())) {
    if (found != pending_.end()) {
      pending_.erase(found);
    }
    return error_response({Errc::kNotFound, "denied, or no longer waited for", {}, {}});
  }
  if (!found->second.decided) {
    found->second.polled = steady_clock::now();
    return json_response({{"message", "Awaiting decision"}}, 202);
  }
  const std::string key = found->second.key;
  pending_.erase(found);
  return json_response({{"api_key", key}});
}

http::Response AppKeys::decide(Call& call) {
  const Json& body = call.body();
  if (!body.contains("decision") || !body["decision"].is_boolean()) {
    return error_response(
        {Errc::kInvalidArgument, "'decision' is missing or not true or false", {}, {}});
  }
  const bool yes = body["decision"].get<bool>();
  const accounts::Principal& who = principal(call.request);
  const std::string& user_token = call.request.parameters["token"];
  const auto find = [&] {
    return std::find_if(pending_.begin(), pending_.end(), [&](const auto& item) {
      return item.second.user_token == user_token && item.second.asks(who);
    });
  };
  std::string app;
  std::string printer;
  {
    const std::scoped_lock lock(mutex_);
    forget_stale();
    const auto found = find();
    if (found == pending_.end() || found->second.decided) {
      return error_response({Errc::kNotFound, "no application waits for this decision", {}, {}});
    }
    app = found->second.app;
    printer = found->second.printer;
  }
  std::string key;
  if (yes) {
    // For the printer that the app knows, wherever the answer was given.
    auto created = call.site.accounts.create_key(
        who, who.user, {.app = app, .printer = printer, .permissions = {}, .expires = {}});
    if (!created) {
      return error_response(created.error());
    }
    key = *created;
  }
  const std::scoped_lock lock(mutex_);
  if (const auto found = find(); found != pending_.end()) {
    found->second.decided = true;
    found->second.key = key;
  }
  return http::Response::empty();
}

http::Response AppKeys::list(Call& call) {
  const accounts::Principal& who = principal(call.request);
  Json keys = Json::array();
  for (const accounts::KeyInfo& key : call.site.accounts.keys(who.user)) {
    keys.push_back(
        {{"api_key", key.prefix}, {"app_id", key.app}, {"user_id", key.user}, {"id", key.id}});
  }
  Json pending = Json::array();
  {
    const std::scoped_lock lock(mutex_);
    forget_stale();
    for (const auto& [token, request] : pending_) {
      if (!request.decided && request.asks(who)) {
        pending.push_back({{"app_id", request.app},
                           {"user_id", request.user.empty() ? Json(nullptr) : Json(request.user)},
                           {"user_token", request.user_token},
                           {"printer", request.printer}});
      }
    }
  }
  return json_response({{"keys", keys}, {"pending", pending}});
}

// By the id of a key, or one's own by the key itself, by what list() shows of it, or by the app.
Result<void> AppKeys::revoke(Call& call) {
  const accounts::Principal& who = principal(call.request);
  const Json& body = call.body();
  if (const std::string id = body.value("id", ""); !id.empty()) {
    return call.site.accounts.revoke_key(who, id);
  }
  const std::string key = body.value("key", "");
  const std::string app = body.value("app", "");
  if (key.empty() && app.empty()) {
    return fail(Errc::kInvalidArgument, "neither key nor app is given");
  }
  const auto owner = call.site.accounts.authenticate_key(key);
  bool any = false;
  for (const accounts::KeyInfo& mine : call.site.accounts.keys(who.user)) {
    const bool is_meant =
        key.empty() ? mine.app == app : mine.prefix == key || (owner && mine.id == owner->key_id);
    if (is_meant) {
      any = true;
      if (auto revoked = call.site.accounts.revoke_key(who, mine.id); !revoked) {
        return revoked;
      }
    }
  }
  return any ? Result<void>{} : fail(Errc::kNotFound, "you have no such key");
}

http::Response AppKeys::command(Call& call) {
  const accounts::Principal& who = principal(call.request);
  const std::string command = call.body().value("command", "");
  if (command == "generate") {
    auto key = call.site.accounts.create_key(
        who, who.user,
        {.app = call.body().value("app", ""), .printer = {}, .permissions = {}, .expires = {}});
    return key ? json_response({{"user_id", who.user},
                                {"app_id", call.body().value("app", "")},
                                {"api_key", *key}})
               : error_response(key.error());
  }
  if (command == "revoke") {
    return done(revoke(call));
  }
  return error_response({Errc::kInvalidArgument,
                         fmt::format("unknown command '{}'", command),
                         {},
                         "generate or revoke"});
}

void AppKeys::add_routes(Mount& mount) {
  mount.get("/plugin/appkeys/probe", "", [](Call& /*call*/) { return http::Response::empty(); });
  mount.post("/plugin/appkeys/request", "", [this](Call& call) { return ask(call); });
  mount.get("/plugin/appkeys/request/{token}", "", [this](Call& call) { return poll(call); });
  // Where apps send people: to the page, which shows who asks once it knows who looks.
  mount.get("/plugin/appkeys/auth/{token}", "", [](Call& /*call*/) {
    http::Response response = http::Response::empty(303);
    response.headers.set("Location", "/");
    return response;
  });
  mount.post("/plugin/appkeys/decision/{token}", "CONTROL",
             [this](Call& call) { return decide(call); });
  mount.get("/api/plugin/appkeys", "STATUS", [this](Call& call) { return list(call); });
  mount.post("/api/plugin/appkeys", "CONTROL", [this](Call& call) { return command(call); });
}

}  // namespace stepcast::server::octoprint
