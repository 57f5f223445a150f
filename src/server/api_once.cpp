#include "api_once.hpp"

#include <chrono>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "stepcast/accounts/secrets.hpp"
#include "stepcast/http/problem.hpp"
#include "stepcast/store/answers.hpp"

namespace stepcast::server::api {
namespace {

// Clients repeat within seconds, and by hand within hours.
constexpr store::UnixMs kKeptMs = store::UnixMs{24} * 3600 * 1000;

store::UnixMs wall_now() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

http::Response repeated(const Call& call, const store::AnswerRow& row,
                        const std::string& fingerprint) {
  if (row.request_sha256 != fingerprint) {
    return http::problem(422, "this Idempotency-Key came with another request: use a new one",
                         call.request.path);
  }
  if (row.status == 0) {
    return http::problem(
        409,
        "the first request with this Idempotency-Key is under way, or was when the "
        "server stopped: look whether it happened, and if not use a new key",
        call.request.path);
  }
  const auto status = static_cast<int>(row.status);
  http::Response response =
      row.body.empty() ? http::Response::empty(status) : http::Response::json(row.body, status);
  if (status >= 400) {
    response.headers.set("Content-Type", "application/problem+json");
  }
  if (!row.location.empty()) {
    response.headers.set("Location", row.location);
  }
  response.headers.set("Idempotency-Replayed", "true");
  return response;
}

// Not carried out, by the server's own account.
bool did_nothing(int status) {
  return (status >= 400 && status < 500) || status == 501 || status == 507;
}

}  // namespace

http::Response once(Call& call, const Operation& operation,
                    const std::function<http::Response()>& perform) {
  const auto key = call.request.headers.find("Idempotency-Key");
  if (!key) {
    return perform();
  }
  if (key->empty() || key->size() > kMostKeyBytes) {
    return http::problem(400, fmt::format("an Idempotency-Key has 1 to {} bytes", kMostKeyBytes),
                         call.request.path);
  }
  store::AnswerRow row{.caller = call.who.user,
                       .key = std::string(*key),
                       .request_sha256 = accounts::sha256_hex(
                           fmt::format("POST {}\n{}", call.request.target, call.request.body)),
                       .at = wall_now(),
                       .status = 0,
                       .location = {},
                       .body = {}};
  std::optional<store::AnswerRow> before;
  const auto reserved = call.site.store.write([&](store::Session& session) {
    return store::remove_answers_before(session, row.at - kKeptMs)
        .and_then(
            [&](std::int64_t /*rows*/) { return store::find_answer(session, row.caller, row.key); })
        .and_then([&](std::optional<store::AnswerRow> found) {
          before = std::move(found);
          return before ? Result<void>{} : store::add_answer(session, row);
        });
  });
  if (!reserved) {
    return refuse(call, reserved.error());
  }
  if (before) {
    return repeated(call, *before, row.request_sha256);
  }
  http::Response response = perform();
  const bool forget = did_nothing(response.status);
  row.status = response.status;
  if (operation.repeats == Repeats::kSecretly && !forget) {
    const http::Response known = http::problem(
        409, "this was done, and its answer, which holds a secret, was given: it is not kept",
        call.request.path);
    row.status = known.status;
    row.body = known.body;
  } else {
    row.body = response.body;
    row.location = std::string(response.headers.find("Location").value_or(""));
  }
  const auto kept = call.site.store.write([&](store::Session& session) -> Result<void> {
    if (forget) {
      return store::remove_answer(session, row.caller, row.key).map([](bool /*found*/) {});
    }
    return store::put_answer(session, row);
  });
  // It has happened all the same; a repetition is then told that nobody knows (status 0).
  if (!kept) {
    response.headers.set("Idempotency-Kept", "false");
  }
  return response;
}

}  // namespace stepcast::server::api
