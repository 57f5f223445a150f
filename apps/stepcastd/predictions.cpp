#include "predictions.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "stepcast/server/authentication.hpp"
#include "stepcast/store/detections.hpp"

#include "model_folder.hpp"

namespace stepcast::daemon {
namespace {

/// The printer that the camera is assigned to: of its key, else of the address.
std::optional<std::string> printer_named_by(const http::Request& request) {
  if (const auto& printer = server::principal(request).printer) {
    return printer;
  }
  const auto named = request.find_query("printer");
  return named ? std::optional<std::string>(*named) : std::nullopt;
}

std::optional<http::Response> refusal_of(const server::Site& site, const http::Request& request) {
  if (!predict::is_of_this_machine(request) && !server::principal(request).may("DEVICE")) {
    return predict::refusal(403, {Errc::kDenied,
                                  "pictures from other machines need the key of a device",
                                  {},
                                  "send it as X-Api-Key"});
  }
  const auto printer = printer_named_by(request);
  if (printer && site.find_printer(*printer) == nullptr) {
    return predict::refusal(400, {Errc::kNotFound,
                                  fmt::format("there is no printer '{}'", *printer),
                                  {},
                                  "leave ?printer= out, or name one of the configuration"});
  }
  return std::nullopt;
}

void keep(server::Site& site, const http::Request& request, const predict::Verdict& verdict) {
  const auto printer = printer_named_by(request);
  if (!printer) {
    return;
  }
  const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
                       std::chrono::system_clock::now().time_since_epoch())
                       .count();
  // The box of a whole picture is the picture.
  store::DetectionRow row{.printer = *printer,
                          .job = site.find_printer(*printer)->status().job_id,
                          .at = now,
                          .frame = {},
                          .model = verdict.model,
                          .label = verdict.label,
                          .confidence = verdict.confidence,
                          .x = verdict.width / 2.0,
                          .y = verdict.height / 2.0,
                          .width = static_cast<double>(verdict.width),
                          .height = static_cast<double>(verdict.height),
                          .layer = {},
                          .z_mm = {}};
  site.store.write_later([row = std::move(row)](store::Session& session) {
    return store::add_detection(session, row).map([](std::int64_t /*id*/) {});
  });
}

}  // namespace

predict::Predictor::Options predictor_options(const Config& config) {
  // The configuration has been checked for it.
  const auto runtime = vision::runtime_of(config.vision_runtime);
  return {.model = config.classifier.empty() ? cli::model_path("classifier.onnx")
                                             : config.classifier.string(),
          .runtime = runtime.value_or(vision::Runtime::kAuto)};
}

http::Route predictions_route(server::Site& site, predict::Predictor& predictor) {
  return predict::predict_route(
      predictor,
      {.refuse = [&site](const http::Request& request) { return refusal_of(site, request); },
       .judged = [&site](const http::Request& request,
                         const predict::Verdict& verdict) { keep(site, request, verdict); }});
}

}  // namespace stepcast::daemon
