#include "stepcast/server/authentication.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "stepcast/http/problem.hpp"

namespace stepcast::server {
namespace {

constexpr std::string_view kBearer = "Bearer ";

std::optional<std::string_view> key_of(const http::Request& request) {
  if (const auto key = request.headers.find("X-Api-Key"); key && !key->empty()) {
    return key;
  }
  if (const auto value = request.headers.find("Authorization");
      value && value->substr(0, kBearer.size()) == kBearer) {
    return value->substr(kBearer.size());
  }
  return std::nullopt;
}

constexpr std::string_view kOwnInterface = "/api/v1/";

http::Response forbidden(const http::Request& request, bool anonymous, std::string_view why) {
  if (request.path.rfind(kOwnInterface, 0) == 0) {
    http::Response response = http::problem(anonymous ? 401 : 403, why, request.path);
    if (anonymous) {
      response.headers.set("WWW-Authenticate", "Bearer");
    }
    return response;
  }
  // OctoPrint's clients read `error`; everybody else `title` and `detail` (RFC 9457).
  return http::Response::json(
      R"({"type":"about:blank","title":"Forbidden","status":403,"error":")" + std::string(why) +
          R"(","detail":")" + std::string(why) + R"("})",
      403);
}

}  // namespace

accounts::Principal principal_of(const accounts::Accounts& accounts, const http::Request& request) {
  if (const auto key = key_of(request)) {
    return accounts.authenticate_key(*key).value_or(accounts::Principal{});
  }
  if (const auto token = request.find_cookie(kSessionCookie)) {
    return accounts.authenticate_session(*token).value_or(accounts::Principal{});
  }
  return {};
}

std::optional<http::Response> authorise(const accounts::Accounts& accounts, http::Request& request,
                                        const http::Route& route) {
  return authorise_as(principal_of(accounts, request), accounts, request, route);
}

std::optional<http::Response> authorise_as(accounts::Principal who,
                                           const accounts::Accounts& accounts,
                                           http::Request& request, const http::Route& route) {
  const bool by_cookie = !who.session.empty();
  if (by_cookie && request.method != http::Method::kGet) {
    const auto token = request.find_cookie(kSessionCookie);
    const auto csrf = request.headers.find("X-CSRF-Token");
    if (!token || !csrf || !accounts.csrf_matches(*token, *csrf)) {
      return forbidden(request, false, "the CSRF token is missing or wrong");
    }
  }
  if (!route.permission.empty() && !who.may(route.permission)) {
    return forbidden(request, who.user.empty(),
                     "you don't have the permission to access the requested resource");
  }
  request.principal = std::move(who);
  return std::nullopt;
}

void set_session_cookies(http::Response& response, const accounts::Accounts::Login& login,
                         bool secure, bool remember) {
  std::string end = std::string("; Path=/; SameSite=Strict") + (secure ? "; Secure" : "");
  if (remember) {
    const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::system_clock::now().time_since_epoch());
    const auto left = std::chrono::milliseconds(login.expires) - now;
    end +=
        fmt::format("; Max-Age={}", std::chrono::duration_cast<std::chrono::seconds>(left).count());
  }
  response.headers.add("Set-Cookie",
                       fmt::format("{}={}; HttpOnly{}", kSessionCookie, login.token, end));
  response.headers.add("Set-Cookie", fmt::format("{}={}{}", kCsrfCookie, login.csrf, end));
}

const accounts::Principal& principal(const http::Request& request) {
  static const accounts::Principal kAnonymous;
  const auto* who = std::any_cast<accounts::Principal>(&request.principal);
  return who != nullptr ? *who : kAnonymous;
}

}  // namespace stepcast::server
