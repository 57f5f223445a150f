#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "api_operation.hpp"

namespace stepcast::server::api {
namespace {

using printer::Feature;
using printer::State;

struct FeatureName {
  Feature feature;
  std::string_view name;
};
constexpr std::array kFeatureNames{
    FeatureName{Feature::kPause, "pause"},
    FeatureName{Feature::kHeaters, "heaters"},
    FeatureName{Feature::kJog, "jog"},
    FeatureName{Feature::kHome, "home"},
    FeatureName{Feature::kExtrude, "extrude"},
    FeatureName{Feature::kFeedRate, "feed_rate"},
    FeatureName{Feature::kFlow, "flow"},
    FeatureName{Feature::kFan, "fan"},
    FeatureName{Feature::kGcode, "gcode"},
    FeatureName{Feature::kCamera, "camera"},
    FeatureName{Feature::kPosition, "position"},
    FeatureName{Feature::kZOffset, "z_offset"},
    FeatureName{Feature::kCancelObject, "cancel_object"},
    FeatureName{Feature::kContinue, "continue"},
    FeatureName{Feature::kRecover, "recover"},
};

template <class T>
Json value_of(const std::optional<T>& quantity) {
  return quantity ? Json(quantity->v) : Json(nullptr);
}

Json heaters_json(const printer::Status& status) {
  Json heaters = Json::object();
  for (const auto& [name, heater] : status.heaters) {
    heaters[name] = {{"actual_c", value_of(heater.actual)},
                     {"target_c", heater.target.v},
                     {"offset_c", heater.offset.v}};
  }
  return heaters;
}

Json position_json(const printer::Status& status) {
  Json position = Json::object();
  for (const Axis axis : kAllAxes) {
    position[std::string(axis_name(axis))] = value_of(status.position[axis]);
  }
  return position;
}

Json link_json(const std::optional<printer::Link>& link) {
  if (!link) {
    return nullptr;
  }
  return {{"buffer_s", link->buffer_s},
          {"rtt_ms", link->rtt_ms},
          {"retransmissions", link->retransmissions},
          {"pauses", link->pauses}};
}

Json recovery_json(const std::optional<printer::RecoveryPoint>& point) {
  if (!point) {
    return nullptr;
  }
  Json object = Json::object();
  object["job"] = point->job_id;
  object["layer"] = maybe(point->layer);
  object["needs"] = point->needs_height ? Json(std::string(printer::kNozzleHeight)) : Json(nullptr);
  object["refused"] = point->refused.empty() ? Json(nullptr) : Json(point->refused);
  return object;
}

Json printer_json(jobs::Runner& runner) {
  const auto& identity = runner.identity();
  Json features = Json::array();
  for (const FeatureName& entry : kFeatureNames) {
    if (runner.printer().can(entry.feature)) {
      features.push_back(std::string(entry.name));
    }
  }
  Json object{{"id", identity.id},
              {"title", identity.title},
              {"kind", std::string(runner.printer().kind())},
              {"nozzle_mm", identity.nozzle_mm}};
  object["volume"] = {{"width_mm", identity.width_mm},
                      {"depth_mm", identity.depth_mm},
                      {"height_mm", identity.height_mm}};
  object["features"] = std::move(features);
  object["state"] = state_json(runner.status());
  return object;
}

http::Response with_tag(const Call& call, const Json& value, const printer::Status& status) {
  http::Response response = answer(value);
  response.headers.set("ETag", state_tag(call.site, status));
  response.headers.set("Cache-Control", "no-cache");
  return response;
}

http::Response list_printers(Call& call) {
  Json items = Json::array();
  for (const auto& runner : call.site.printers) {
    if (!call.who.printer || *call.who.printer == runner->identity().id) {
      items.push_back(printer_json(*runner));
    }
  }
  Json object = Json::object();
  object["items"] = std::move(items);
  object["next"] = nullptr;
  return answer(object);
}

http::Response get_printer(Call& call) {
  return with_tag(call, printer_json(*call.runner), call.runner->status());
}

http::Response get_state(Call& call) {
  const printer::Status status = call.runner->status();
  const std::string tag = state_tag(call.site, status);
  if (call.request.headers.find("If-None-Match") == std::optional<std::string_view>(tag)) {
    http::Response unchanged = http::Response::empty(304);
    unchanged.headers.set("ETag", tag);
    return unchanged;
  }
  return with_tag(call, state_json(status), status);
}

Json state_shape() {
  using namespace shape;  // NOLINT(google-build-using-namespace): of this file's words
  Json progress = object({
      {"share", described(number(0, 1), "Of the print time.")},
      {"elapsed_s", described(number(), "Since the start, pauses not counted.")},
      {"left_s", described(nullable(number()), "null: nobody knows.")},
      {"exact", described(boolean(), "`left_s` is planned, not guessed.")},
      {"file_position", described(integer(), "Bytes of the job that have been carried out.")},
      {"layer", nullable(integer())},
  });
  Json heater =
      object({{"actual_c", nullable(number())}, {"target_c", number()}, {"offset_c", number()}});
  Json position = object({{"x", nullable(number())},
                          {"y", nullable(number())},
                          {"z", nullable(number())},
                          {"e", nullable(number())}});
  Json link = object({{"buffer_s", number()},
                      {"rtt_ms", number()},
                      {"retransmissions", integer()},
                      {"pauses", integer()}});
  Json recovery = object({
      {"job", text()},
      {"layer", described(nullable(integer()), "That was reached.")},
      {"needs", described(nullable(text()),
                          "What `recover` has to be given as well: `nozzle_height_mm`; null: "
                          "nothing, as far as is known before it is planned.")},
      {"refused", described(nullable(text()), "What stood against the latest attempt.")},
  });
  Json part = object({{"name", text()}, {"cancelled", boolean()}});
  return object({
      {"state", choice({"Offline", "Operational", "Starting", "Printing", "Pausing", "Paused",
                        "Resuming", "Cancelling", "Finishing", "Error"})},
      {"error", described(text(), "Why, when it is Offline or in Error; else empty.")},
      {"job", described(nullable(text()), "Of the print under way or just ended.")},
      {"progress", std::move(progress)},
      {"heaters", described(map(std::move(heater)), "tool0, bed, chamber.")},
      {"position_mm", described(std::move(position), "Of the tool; null: not known.")},
      {"feed_rate_factor", number()},
      {"flow_factor", number()},
      {"fan", described(nullable(number(0, 1)), "Of the part; null: none.")},
      {"z_offset_mm", number()},
      {"objects", described(list(std::move(part)), "What the job prints, in its order.")},
      {"recovery", described(nullable(std::move(recovery)),
                             "A print that was broken off by a loss of power, and can go on.")},
      {"link", described(nullable(std::move(link)), "Of a streamed device; null for others.")},
      {"virtual_motors", boolean()},
      {"version", described(integer(), "Rises with every change of `state`.")},
  });
}

}  // namespace

Json state_json(const printer::Status& status) {
  Json parts = Json::array();
  for (const printer::Object& part : status.objects) {
    parts.push_back({{"name", part.name}, {"cancelled", part.cancelled}});
  }
  Json object = Json::object();
  object["state"] = std::string(state_text(status.state));
  object["error"] = status.error;
  object["job"] = status.job_id.empty() ? Json(nullptr) : Json(status.job_id);
  object["progress"] = {{"share", status.progress.share},
                        {"elapsed_s", status.progress.elapsed.v},
                        {"left_s", value_of(status.progress.left)},
                        {"exact", status.progress.exact},
                        {"file_position", status.progress.file_position},
                        {"layer", maybe(status.progress.layer)}};
  object["heaters"] = heaters_json(status);
  object["position_mm"] = position_json(status);
  object["feed_rate_factor"] = status.feed_rate_factor;
  object["flow_factor"] = status.flow_factor;
  object["fan"] = maybe(status.fan);
  object["z_offset_mm"] = status.z_offset.v;
  object["objects"] = std::move(parts);
  object["recovery"] = recovery_json(status.recovery);
  object["link"] = link_json(status.link);
  object["virtual_motors"] = status.virtual_motors;
  object["version"] = status.version;
  return object;
}

void add_printer_operations(Table& table) {
  using namespace shape;  // NOLINT(google-build-using-namespace)
  table.shapes["PrinterState"] = state_shape();
  Json features = choice({});
  for (const FeatureName& entry : kFeatureNames) {
    features["enum"].push_back(std::string(entry.name));
  }
  table.shapes["Printer"] = object({
      {"id", text()},
      {"title", text()},
      {"kind", described(text(), "The back end: `streamed`, `octoprint`.")},
      {"nozzle_mm", number()},
      {"volume", object({{"width_mm", number()}, {"depth_mm", number()}, {"height_mm", number()}})},
      {"features", described(list(std::move(features)),
                             "What this machine can do; the rest is refused with 501.")},
      {"state", named("PrinterState")},
  });
  table.operations.push_back({.path = "/printers",
                              .permission = "STATUS",
                              .id = "listPrinters",
                              .tag = "printers",
                              .summary = "The printers that the caller may see.",
                              .answer = {.status = 200, .shape = page("Printer")},
                              .runs = http::Runs::kOnLoop,
                              .handle = list_printers});
  table.operations.push_back({.path = "/printers/{printer}",
                              .permission = "STATUS",
                              .id = "getPrinter",
                              .tag = "printers",
                              .summary = "One printer; its ETag is that of its state.",
                              .answer = {.status = 200, .shape = named("Printer")},
                              .runs = http::Runs::kOnLoop,
                              .handle = get_printer});
  table.operations.push_back({.path = "/printers/{printer}/state",
                              .permission = "STATUS",
                              .id = "getPrinterState",
                              .tag = "printers",
                              .summary = "What the printer is doing. The ETag changes with `state` "
                                         "alone, not with temperatures or progress.",
                              .answer = {.status = 200, .shape = named("PrinterState")},
                              .runs = http::Runs::kOnLoop,
                              .handle = get_state});
}

}  // namespace stepcast::server::api
