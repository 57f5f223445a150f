#include "stepcast/server/authentication.hpp"

#include <string>
#include <string_view>

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

http::Response forbidden(std::string_view why) {
  // OctoPrint's clients read `error`; everybody else `title` and `detail` (RFC 9457).
  http::Response response =
      http::Response::json(R"({"type":"about:blank","title":"Forbidden","status":403,"error":")" +
                               std::string(why) + R"(","detail":")" + std::string(why) + R"("})",
                           403);
  return response;
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
  accounts::Principal who = principal_of(accounts, request);
  const bool by_cookie = !who.session.empty();
  if (by_cookie && request.method != http::Method::kGet) {
    const auto token = request.find_cookie(kSessionCookie);
    const auto csrf = request.headers.find("X-CSRF-Token");
    if (!token || !csrf || !accounts.csrf_matches(*token, *csrf)) {
      return forbidden("the CSRF token is missing or wrong");
    }
  }
  if (!route.permission.empty() && !who.may(route.permission)) {
    return forbidden("you don't have the permission to access the requested resource");
  }
  request.principal = std::move(who);
  return std::nullopt;
}

const accounts::Principal& principal(const http::Request& request) {
  static const accounts::Principal kAnonymous;
  const auto* who = std::any_cast<accounts::Principal>(&request.principal);
  return who != nullptr ? *who : kAnonymous;
}

}  // namespace stepcast::server
