#pragma once

#include <string>

#include "stepcast/http/router.hpp"
#include "stepcast/server/site.hpp"

namespace stepcast::server {

/// Makes the first administrator: `GET /setup` is a page with a form, `POST /setup` takes
/// `{"token","user","password"}` and answers `{"api_key"}`, once. Needs the token that the daemon
/// prints at its start, so that nobody on the network is faster than the owner.
///
/// `GET /` leads there while there are no users.
void add_setup_routes(http::Router& router, Site& site, std::string token);

/// Random, unguessable text: 128 bits in hexadecimal.
[[nodiscard]] std::string random_token();

}  // namespace stepcast::server
