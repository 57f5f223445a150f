#pragma once

#include <string>
#include <string_view>

#include "stepcast/base/result.hpp"
#include "stepcast/http/message.hpp"

namespace stepcast::http {

/// The phrase of a status, "Not Found" of 404; of others the phrase of their class.
[[nodiscard]] std::string_view reason_of(int status);

/// Denied 403, not found 404, malformed and out of range 400, busy 409, full 507,
/// unsupported 501, others 500.
[[nodiscard]] int status_of(Errc code);

/// A problem as RFC 9457 has it: `{"type","title","status","detail","instance"}`.
/// @param instance the path asked for; empty: left out.
[[nodiscard]] Response problem(int status, std::string_view detail, std::string_view instance = {});

/// problem() of status_of(error.code). The detail names location, message and remedy.
[[nodiscard]] Response problem(const Error& error, std::string_view instance = {});

/// `text` as a JSON string, quotes included; what is not UTF-8 becomes `?`.
[[nodiscard]] std::string json_quoted(std::string_view text);

}  // namespace stepcast::http
