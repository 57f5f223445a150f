#pragma once

#include <optional>

#include "stepcast/accounts/accounts.hpp"
#include "stepcast/http/router.hpp"

namespace stepcast::server {

/// Name of the cookie that carries a session, and of the one whose value a form must repeat in
/// `X-CSRF-Token`.
inline constexpr const char* kSessionCookie = "stepcast_session";
inline constexpr const char* kCsrfCookie = "stepcast_csrf";

/// Who asks: by `X-Api-Key`, `Authorization: Bearer`, or the session cookie. An unknown or missing
/// key is anonymous.
[[nodiscard]] accounts::Principal principal_of(const accounts::Accounts& accounts,
                                               const http::Request& request);

/// For http::Server::Options::before: sets Request::principal and refuses what the route's
/// permission forbids with 403 (401 under /api/v1 when nobody is known to ask), and a cookie
/// session without its CSRF token on anything but GET.
[[nodiscard]] std::optional<http::Response> authorise(const accounts::Accounts& accounts,
                                                      http::Request& request,
                                                      const http::Route& route);
/// The same for somebody who is known already.
[[nodiscard]] std::optional<http::Response> authorise_as(accounts::Principal who,
                                                         const accounts::Accounts& accounts,
                                                         http::Request& request,
                                                         const http::Route& route);

/// The cookies of a new login. They end with the browser, or, with `remember`, with the login.
void set_session_cookies(http::Response& response, const accounts::Accounts::Login& login,
                         bool secure, bool remember = false);

/// The principal that authorise() set.
[[nodiscard]] const accounts::Principal& principal(const http::Request& request);

}  // namespace stepcast::server
