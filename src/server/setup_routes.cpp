#include <array>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "stepcast/accounts/secrets.hpp"
#include "stepcast/base/contracts.hpp"
#include "stepcast/server/gate.hpp"
#include "stepcast/server/setup.hpp"
#include "stepcast/texts/texts.hpp"

#include "octoprint_routes.hpp"
#include "pages.hpp"

namespace stepcast::server {
namespace {

using octoprint::error_response;
using octoprint::json_response;

constexpr const char* kSetupPage = R"page(<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 26rem; margin: 12vh auto; padding: 0 1.5rem; }
label { display: block; margin: 1rem 0 .25rem; }
input, button { font: inherit; width: 100%; box-sizing: border-box; padding: .55rem .7rem; border-radius: .4rem; border: 1px solid #8888; }
button { margin-top: 1.5rem; border: 0; background: #1769e0; color: #fff; cursor: pointer; }
output { display: block; margin-top: 1.5rem; overflow-wrap: anywhere; }
code { background: #8882; padding: .15rem .3rem; border-radius: .3rem; }
</style></head><body><main>
<h1>{welcome}</h1>
<p>{why}</p>
<form><label for="user">{user}</label><input id="user" autocomplete="username" required>
<label for="password">{password}</label>
<input id="password" type="password" autocomplete="new-password" minlength="10" required>
<button>{button}</button><output role="status" data-done="{done}" data-on="{go_on}"></output></form></main>
<script>
const form = document.querySelector('form'), out = document.querySelector('output');
form.addEventListener('submit', async event => {
  event.preventDefault();
  const token = new URLSearchParams(location.search).get('token') || '';
  const reply = await fetch('setup', { method: 'POST', headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ token, user: user.value, password: password.value }) });
  const body = await reply.json().catch(() => ({ error: reply.statusText }));
  out.textContent = '';
  if (!reply.ok) { out.textContent = body.error; return; }
  const key = document.createElement('code');
  key.textContent = body.api_key;
  const on = document.createElement('a');
  on.href = './';
  on.textContent = out.dataset.on;
  out.append(out.dataset.done, key, document.createElement('br'), on);
  form.querySelector('button').remove();
});
</script></body></html>
)page";

texts::Language language_of(const http::Request& request) {
  return texts::language_of_header(request.headers.find("Accept-Language").value_or(""));
}

// kSetupPage in the language of the browser. The texts hold nothing that HTML would understand.
std::string setup_page(texts::Language language) {
  using texts::Text;
  const std::array<std::pair<std::string_view, std::string_view>, 9> values{{
      {"{language}", texts::language_name(language)},
      {"{title}", texts::text(Text::kSetupTitle, language)},
      {"{welcome}", texts::text(Text::kSetupWelcome, language)},
      {"{why}", texts::text(Text::kSetupWhy, language)},
      {"{user}", texts::text(Text::kSetupUser, language)},
      {"{password}", texts::text(Text::kSetupPassword, language)},
      {"{button}", texts::text(Text::kSetupButton, language)},
      {"{done}", texts::text(Text::kSetupDone, language)},
      {"{go_on}", texts::text(Text::kSetupGoOn, language)},
  }};
  std::string html = kSetupPage;
  for (const auto& [name, value] : values) {
    const std::size_t at = html.find(name);
    STEPCAST_CHECK(at != std::string::npos);
    html.replace(at, name.size(), value);
  }
  return html;
}

http::Response page(std::string html) {
  http::Response response = http::Response::text(std::move(html));
  response.headers.set("Content-Type", "text/html; charset=utf-8");
  response.headers.set("Content-Security-Policy",
                       "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
                       "connect-src 'self'; img-src 'self'; form-action 'self'; "
                       "frame-ancestors 'none'");
  response.headers.set("Referrer-Policy", "no-referrer");
  return response;
}

http::Response create_admin(const http::Request& request, Site& site, const std::string& token) {
  const nlohmann::json body = nlohmann::json::parse(request.body, nullptr, false);
  if (!body.is_object()) {
    return error_response({Errc::kMalformed, "the body is not a JSON object", {}, {}});
  }
  const auto text = [&](const char* key) {
    const auto found = body.find(key);
    return found != body.end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  if (!accounts::same_secret(text("token"), token)) {
    return error_response({Errc::kDenied,
                           "the setup token is wrong",
                           {},
                           "open the address that the server printed at its start"});
  }
  const std::string user = text("user");
  if (auto created = site.accounts.create_first_admin(user, text("password")); !created) {
    return error_response(created.error());
  }
  const accounts::Principal self{.user = user,
                                 .role = accounts::Role::kAdmin,
                                 .key_id = {},
                                 .session = {},
                                 .printer = {},
                                 .permissions = permissions_of(accounts::Role::kAdmin)};
  auto key = site.accounts.create_key(
      self, user, {.app = "setup", .printer = {}, .permissions = {}, .expires = {}});
  if (!key) {
    return error_response(key.error());
  }
  return json_response({{"user", user}, {"api_key", *key}}, 201);
}

}  // namespace

void add_setup_routes(http::Router& router, Site& site, std::string token) {
  const auto add = [&](http::Method method, std::string pattern, http::Runs runs,
                       std::function<http::Response(http::Request&)> handle,
                       std::uint16_t cost = 0) {
    http::Route route;
    route.cost = cost;
    route.method = method;
    route.pattern = std::move(pattern);
    route.runs = runs;
    route.handle = std::move(handle);
    router.add(std::move(route));
  };
  add(http::Method::kGet, "/setup", http::Runs::kOnLoop,
      [](http::Request& request) { return page(setup_page(language_of(request))); });
  add(
      http::Method::kPost, "/setup", http::Runs::kOnWorker,
      [&site, token = std::move(token)](http::Request& request) {
        return create_admin(request, site, token);
      },
      kHashCost);
  add(http::Method::kGet, "/", http::Runs::kOnLoop, [&site](http::Request& /*request*/) {
    if (!site.accounts.has_users()) {
      http::Response response = http::Response::empty(303);
      response.headers.set("Location", "/setup");
      return response;
    }
    return page(std::string(kStatusPage));
  });
}

}  // namespace stepcast::server
