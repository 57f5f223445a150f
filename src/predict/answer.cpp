#include "stepcast/predict/answer.hpp"

#include <algorithm>
#include <cctype>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "stepcast/http/multipart.hpp"
#include "stepcast/vision/picture.hpp"

namespace stepcast::predict {
namespace {

constexpr std::string_view kForm = "multipart/form-data";
constexpr std::string_view kField = "file";

/// Keeps the bytes of the field `file`.
class PictureField : public http::UploadSink {
 public:
  Result<void> begin(const http::Part& part) override {
    within_ = part.name == kField && !picture_;
    if (within_) {
      picture_.emplace();
    }
    return {};
  }
  Result<void> write(std::span<const char> bytes) override {
    if (within_) {
      picture_->append(bytes.data(), bytes.size());
    }
    return {};
  }
  Result<void> end() override {
    within_ = false;
    return {};
  }
  http::Response finish() override { return http::Response::empty(); }

  std::optional<std::string> take() { return std::move(picture_); }

 private:
  std::optional<std::string> picture_;
  bool within_ = false;
};

bool is_form(std::string_view content_type) {
  return content_type.size() >= kForm.size() &&
         std::equal(kForm.begin(), kForm.end(), content_type.begin(), [](char one, char other) {
           return one == std::tolower(static_cast<unsigned char>(other));
         });
}

Result<std::string> picture_of(http::Request& request) {
  const auto type = request.headers.find("Content-Type").value_or("");
  if (!is_form(type)) {
    if (request.body.empty()) {
      return fail(Errc::kMalformed, "there is no picture", {},
                  "send it as the body, or as the field `file` of a form");
    }
    return std::move(request.body);
  }
  auto boundary = http::parse_boundary(type);
  if (!boundary) {
    return tl::unexpected(boundary.error());
  }
  PictureField field;
  http::MultipartParser parser(*boundary, field);
  auto parsed = parser.push(request.body).and_then([&] { return parser.finish(); });
  if (!parsed) {
    return tl::unexpected(parsed.error());
  }
  auto picture = field.take();
  if (!picture || picture->empty()) {
    return fail(Errc::kMalformed, "the form has no picture in its field `file`");
  }
  return std::move(*picture);
}

/// The spelling of the interface that others have written their programs for.
std::string_view wire_name(std::string_view label) {
  return label == "under_extrusion" ? "under exstrosion" : label;
}

int status_of(Errc code) {
  switch (code) {
    case Errc::kMalformed:
    case Errc::kOutOfRange:
      return 400;
    case Errc::kFull:
      return 503;
    default:
      return 500;
  }
}

}  // namespace

http::Response refusal(int status, const Error& error) {
  nlohmann::json object;
  object["error"] = error.to_string();
  auto response = http::Response::json(
      object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace), status);
  if (status == 503) {
    response.headers.set("Retry-After", "1");
  }
  return response;
}

http::Route predict_route(Predictor& predictor, RouteOptions options) {
  http::Route route;
  route.method = http::Method::kPost;
  route.pattern = "/predict";
  route.runs = http::Runs::kOnWorker;
  route.max_body = kMaxBody;
  route.handle = [&predictor, options = std::move(options)](http::Request& request) {
    if (options.refuse) {
      if (auto refused = options.refuse(request)) {
        return std::move(*refused);
      }
    }
    auto picture = picture_of(request);
    if (!picture) {
      return refusal(400, picture.error());
    }
    if (auto good = vision::check_picture(std::as_bytes(std::span(*picture))); !good) {
      return refusal(status_of(good.error().code), good.error());
    }
    const auto verdict = predictor.judge(std::move(*picture));
    if (!verdict) {
      return refusal(status_of(verdict.error().code), verdict.error());
    }
    if (options.judged) {
      options.judged(request, *verdict);
    }
    nlohmann::ordered_json object;
    object["prediction"] = wire_name(verdict->label);
    object["confidence"] = verdict->confidence;
    return http::Response::json(object.dump());
  };
  return route;
}

bool is_of_this_machine(const http::Request& request) {
  if (request.headers.find("X-Forwarded-For") || request.headers.find("Forwarded")) {
    return false;
  }
  const std::string_view from = request.remote;
  return from.starts_with("127.") || from == "::1" || from.starts_with("::ffff:127.");
}

}  // namespace stepcast::predict
