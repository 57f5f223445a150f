#pragma once

#include "stepcast/predict/answer.hpp"
#include "stepcast/server/site.hpp"

#include "daemon_config.hpp"

namespace stepcast::daemon {

/// What judges the pictures of `POST /predict`: the configuration's classifier, read when the first
/// picture comes.
[[nodiscard]] predict::Predictor::Options predictor_options(const Config& config);

/// `POST /predict`: for programs of this machine, and for whoever has the permission DEVICE. What a
/// camera's picture shows is kept with the printer that its key, or `?printer=`, names, and with
/// that printer's job.
/// @param site, predictor must outlive the route
[[nodiscard]] http::Route predictions_route(server::Site& site, predict::Predictor& predictor);

}  // namespace stepcast::daemon
