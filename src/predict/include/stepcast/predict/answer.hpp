#pragma once

#include <cstddef>
#include <functional>
#include <optional>

#include "stepcast/http/router.hpp"
#include "stepcast/predict/predictor.hpp"

namespace stepcast::predict {

/// The largest body: more than a picture of the most pixels takes as a JPEG.
inline constexpr std::size_t kMaxBody = std::size_t{32} << 20;

struct RouteOptions {
  /// Asked before anything is judged: a response from it is sent instead. May be empty.
  std::function<std::optional<http::Response>(const http::Request&)> refuse{};
  /// Told of each verdict before it is answered. May be empty. Threads: the server's workers.
  std::function<void(const http::Request&, const Verdict&)> judged{};
};

/// `POST /predict`: a picture as the field `file` of a form or as the body itself; answered with
/// `{"prediction": class, "confidence": 0..1}`, or `{"error": text}` and 400 (the picture), 503
/// (too many at a time) or 500. Classes are called as the project calls them that this interface is
/// of: `under exstrosion`.
///
/// @param predictor must outlive the route
[[nodiscard]] http::Route predict_route(Predictor& predictor, RouteOptions options = {});

/// Whether a request comes from this machine and is not handed on by a proxy of it.
[[nodiscard]] bool is_of_this_machine(const http::Request& request);

/// `{"error": text}`.
[[nodiscard]] http::Response refusal(int status, const Error& error);

}  // namespace stepcast::predict
