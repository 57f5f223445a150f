#include "push_json.hpp"

#include <chrono>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "stepcast/accounts/accounts.hpp"
#include "stepcast/server/site.hpp"

#include "temperature_history.hpp"

namespace stepcast::server::octoprint {
namespace {

double unix_seconds() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace

std::string text_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json connected_json() {
  // Never a key: anybody may open a socket.
  return {{"connected",
           {{"version", std::string(kOctoPrintVersion)},
            {"display_version", fmt::format("OctoPrint {}", kOctoPrintVersion)},
            {"branch", nullptr},
            {"plugin_hash", ""},
            {"config_hash", ""},
            {"debug", false},
            {"safe_mode", nullptr},
            {"online", true},
            {"permissions", accounts::permissions()}}}};
}

Json current_json(const jobs::Runner::View& view) {
  Json temps = Json::array();
  if (!view.status.heaters.empty()) {
    temps.push_back(
        sample_json(view.status.heaters, static_cast<std::int64_t>(std::floor(unix_seconds()))));
  }
  const auto& z = view.status.position[Axis::kZ];
  const bool busy = view.file && !view.status.job_id.empty();
  return {{"state", state_json(view.status)},
          {"job", job_json(view)},
          {"progress", progress_json(view)},
          {"currentZ", z ? Json(z->v) : Json(nullptr)},
          {"offsets", Json::object()},
          {"temps", temps},
          {"logs", Json::array()},
          {"messages", Json::array()},
          {"resends", {{"count", 0}, {"transmitted", 0}, {"ratio", 0}}},
          {"busyFiles",
           busy ? Json::array({{{"origin", "local"}, {"path", view.file->path}}}) : Json::array()},
          {"markings", Json::array()},
          {"serverTime", unix_seconds()},
          {"plugins", Json::object()}};
}

Json event_json(const events::Event& event) {
  Json payload = Json::parse(event.payload, nullptr, /*allow_exceptions=*/false);
  return {{"event", {{"type", event.type}, {"payload", std::move(payload)}}}};
}

Json reauth_json(std::string_view reason) {
  return {{"reauthRequired", {{"reason", std::string(reason)}}}};
}

}  // namespace stepcast::server::octoprint
