#pragma once

#include <functional>

#include "api_operation.hpp"

namespace stepcast::server::api {

/// Carries out a request that bears an `Idempotency-Key` once, over restarts too: repeated with the
/// same body it gets the same answer, with another one 422. The key is on disk before anything
/// happens; so after a crash in between nobody knows whether it did, and 409 says so.
///
/// What fails without having happened (4xx) is forgotten, so that it may be tried again.
[[nodiscard]] http::Response once(Call& call, const Operation& operation,
                                  const std::function<http::Response()>& perform);

}  // namespace stepcast::server::api
