#include "payloads.hpp"

#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace stepcast::mqtt {
namespace {

using nlohmann::json;
using texts::Text;

std::string text_of(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

// Rounded, so that what has not changed to a person is not sent again.
json rounded(double value, double per_unit) {
  return std::round(value * per_unit) / per_unit;
}

json job_json(const jobs::Runner::View& view) {
  constexpr double kPercent = 100.0;
  constexpr double kTenth = 10.0;
  const printer::Status& status = view.status;
  json job{{"id", nullptr},        {"file", nullptr},   {"progress", nullptr},
           {"elapsed_s", nullptr}, {"left_s", nullptr}, {"layer", nullptr}};
  if (view.file) {
    job["file"] = view.file->path;
  }
  if (!status.job_id.empty()) {
    job["id"] = status.job_id;
    job["progress"] = rounded(kPercent * status.progress.share, kTenth);
    job["elapsed_s"] = rounded(status.progress.elapsed.v, 1);
    if (status.progress.left) {
      job["left_s"] = rounded(status.progress.left->v, 1);
    }
    if (status.progress.layer) {
      job["layer"] = *status.progress.layer;
    }
  }
  return job;
}

// Makes the entities of one printer.
class Discovery {
 public:
  Discovery(const Bridge::Options& options, const jobs::Runner::Identity& identity)
      : options_(options),
        topic_(fmt::format("{}/{}", options.prefix, identity.id)),
        node_(fmt::format("{}_{}", options.client_id, identity.id)),
        device_{{"identifiers", json::array({node_})}, {"name", identity.title},
                {"manufacturer", "Stepcast"},          {"model", identity.model},
                {"via_device", options.client_id},     {"sw_version", options.version}} {}

  void sensor(const std::string& object, std::string name, const std::string& topic,
              const char* value, const json& more = json::object()) {
    json entity{{"state_topic", fmt::format("{}/{}", topic_, topic)},
                {"value_template", fmt::format("{{{{ value_json.{} }}}}", value)}};
    entity.update(more);
    add("sensor", object, std::move(name), std::move(entity));
  }

  void button(const char* command, Text name, const char* icon) {
    add("button", command, std::string(texts::text(name, options_.language)),
        {{"command_topic", topic_ + "/command"},
         {"payload_press", command},
         {"qos", 0},
         {"retain", false},
         {"icon", icon}});
  }

  [[nodiscard]] std::string text(Text which) const {
    return std::string(texts::text(which, options_.language));
  }
  [[nodiscard]] std::vector<Message> take() { return std::move(messages_); }

 private:
  void add(const char* component, const std::string& object, std::string name, json entity) {
    entity["name"] = std::move(name);
    entity["unique_id"] = fmt::format("{}_{}", node_, object);
    entity["object_id"] = entity["unique_id"];
    entity["device"] = device_;
    entity["availability_mode"] = "all";
    entity["availability"] =
        json::array({{{"topic", options_.prefix + "/status"}}, {{"topic", topic_ + "/available"}}});
    messages_.push_back(
        {fmt::format("{}/{}/{}/{}/config", options_.discovery, component, node_, object),
         text_of(entity)});
  }

  const Bridge::Options& options_;
  std::string topic_;
  std::string node_;
  json device_;
  std::vector<Message> messages_;
};

}  // namespace

std::vector<Message> messages_of(const std::string& prefix, const jobs::Runner::Identity& identity,
                                 const jobs::Runner::View& view) {
  constexpr double kTenth = 10.0;
  const printer::Status& status = view.status;
  const std::string topic = fmt::format("{}/{}", prefix, identity.id);
  std::vector<Message> messages;
  const bool there = status.state != printer::State::kOffline;
  messages.push_back({topic + "/available", there ? kOnline : kOffline});
  const json state{{"state", state_text(status.state)},
                   {"error", status.error},
                   {"title", identity.title},
                   {"job", job_json(view)}};
  messages.push_back({topic + "/state", text_of(state)});
  for (const auto& [heater, heat] : status.heaters) {
    const json temperature{
        {"actual", heat.actual ? rounded(heat.actual->v, kTenth) : json(nullptr)},
        {"target", heat.target.v + heat.offset.v}};
    messages.push_back({fmt::format("{}/temperature/{}", topic, heater), text_of(temperature)});
  }
  return messages;
}

std::vector<Message> discovery_of(const Bridge::Options& options,
                                  const jobs::Runner::Identity& identity,
                                  const jobs::Runner::View& view) {
  Discovery device(options, identity);
  device.sensor("state", device.text(Text::kStateName), "state", "state",
                {{"icon", "mdi:printer-3d"}});
  device.sensor("file", device.text(Text::kFileName), "state", "job.file", {{"icon", "mdi:file"}});
  device.sensor("progress", device.text(Text::kProgressName), "state", "job.progress",
                {{"unit_of_measurement", "%"},
                 {"state_class", "measurement"},
                 {"icon", "mdi:progress-clock"}});
  device.sensor("elapsed", device.text(Text::kElapsedName), "state", "job.elapsed_s",
                {{"unit_of_measurement", "s"}, {"device_class", "duration"}});
  device.sensor("left", device.text(Text::kLeftName), "state", "job.left_s",
                {{"unit_of_measurement", "s"}, {"device_class", "duration"}});
  device.sensor("layer", device.text(Text::kLayerName), "state", "job.layer",
                {{"icon", "mdi:layers"}});
  const json degrees{{"unit_of_measurement", "°C"},
                     {"device_class", "temperature"},
                     {"state_class", "measurement"}};
  for (const auto& [heater, heat] : view.status.heaters) {
    const std::string topic = "temperature/" + heater;
    device.sensor(heater + "_actual", fmt::format("{} {}", heater, device.text(Text::kActualName)),
                  topic, "actual", degrees);
    device.sensor(heater + "_target", fmt::format("{} {}", heater, device.text(Text::kTargetName)),
                  topic, "target", degrees);
  }
  if (options.commands) {
    device.button("pause", Text::kPauseName, "mdi:pause");
    device.button("resume", Text::kResumeName, "mdi:play");
    device.button("cancel", Text::kCancelName, "mdi:stop");
  }
  return device.take();
}

Message message_of(const std::string& prefix, const events::Event& event) {
  json payload = json::parse(event.payload, nullptr, /*allow_exceptions=*/false);
  const json object{{"sequence", event.sequence}, {"at_ms", event.at}, {"type", event.type},
                    {"printer", event.printer},   {"job", event.job},  {"payload", payload}};
  return {event.printer.empty() ? fmt::format("{}/event/{}", prefix, event.type)
                                : fmt::format("{}/{}/event/{}", prefix, event.printer, event.type),
          text_of(object)};
}

}  // namespace stepcast::mqtt
