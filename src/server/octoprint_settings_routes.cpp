// Settings and printer profiles: what the configuration says, and the few things that clients may
// change for each other.
#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "client_settings.hpp"
#include "octoprint_json.hpp"
#include "octoprint_routes.hpp"

namespace stepcast::server::octoprint {
namespace {

enum class ValueKind { kText, kFlag, kList };

struct Changeable {
  const char* pointer;  ///< Where it is in the settings, as RFC 6901 writes it.
  ValueKind kind;
};

// Kept for all clients of a printer. The rest is the configuration's, or does not exist here.
constexpr std::array kChangeable{
    Changeable{"/appearance/name", ValueKind::kText},
    Changeable{"/appearance/color", ValueKind::kText},
    Changeable{"/feature/temperatureGraph", ValueKind::kFlag},
    Changeable{"/temperature/profiles", ValueKind::kList},
    Changeable{"/webcam/flipH", ValueKind::kFlag},
    Changeable{"/webcam/flipV", ValueKind::kFlag},
    Changeable{"/webcam/rotate90", ValueKind::kFlag},
    Changeable{"/webcam/streamRatio", ValueKind::kText},
};
// Of a printer profile: what is shown, not what is built.
constexpr std::array kChangeableOfProfile{
    Changeable{"/name", ValueKind::kText},
    Changeable{"/model", ValueKind::kText},
    Changeable{"/color", ValueKind::kText},
};
// A preset a material, in a list that clients show whole.
constexpr std::size_t kMostBytes = 16'384;

bool is_kind(const Json& value, ValueKind kind) {
  switch (kind) {
    case ValueKind::kText:
      return value.is_string();
    case ValueKind::kFlag:
      return value.is_boolean();
    case ValueKind::kList:
      return value.is_array();
  }
  return false;
}

std::string settings_scope(const Call& call) {
  return "octoprint/" + call.runner.identity().id;
}

std::string profile_scope(const Call& call) {
  return "octoprint-profile/" + call.runner.identity().id;
}

// Clients ask for the settings at their start and hand the address to whatever shows pictures,
// which sends no key: it is good for as long as such a client may run.
constexpr std::chrono::hours kCameraAddress{30 * 24};

// With the host: clients put a path behind whatever base they know. Signed, unless the caller may
// not watch; for this printer, at whichever of its addresses it was asked.
std::string camera_address(const Call& call, std::string_view action) {
  const std::string plain =
      fmt::format("/p/{}/webcam/?action={}", call.runner.identity().id, action);
  const auto signed_one = call.gate.sign(principal(call.request), plain, kCameraAddress);
  return call.origin + (signed_one ? signed_one->address : plain);
}

// Two addresses that differ in their signature at most: an old one that a client sends back.
bool is_same_address(const Json& one, const Json& other) {
  const auto unsigned_one = [](const Json& value) {
    const auto& text = value.get_ref<const std::string&>();
    return std::string_view(text).substr(0, text.find("&user="));
  };
  return one.is_string() && other.is_string() && unsigned_one(one) == unsigned_one(other);
}

Json webcam_json(const Call& call) {
  const bool has_camera = call.site.find_camera(call.runner.identity().id) != nullptr;
  const std::string stream = has_camera ? camera_address(call, "stream") : std::string();
  const std::string snapshot = has_camera ? camera_address(call, "snapshot") : std::string();
  Json webcams = Json::array();
  if (has_camera) {
    webcams.push_back({{"name", "camera"},
                       {"displayName", call.runner.identity().title},
                       {"canSnapshot", true},
                       {"snapshotDisplay", snapshot},
                       {"flipH", false},
                       {"flipV", false},
                       {"rotate90", false},
                       {"provider", "stepcast"},
                       {"compat", {{"stream", stream}, {"snapshot", snapshot}}}});
  }
  return {{"webcamEnabled", has_camera},
          {"streamUrl", stream},
          {"snapshotUrl", snapshot},
          {"flipH", false},
          {"flipV", false},
          {"rotate90", false},
          {"bitrate", "10000k"},
          {"snapshotSslValidation", true},
          {"streamRatio", "16:9"},
          {"streamTimeout", 5},
          {"webcams", webcams},
          {"defaultWebcam", has_camera ? Json("camera") : Json(nullptr)},
          {"snapshotWebcam", has_camera ? Json("camera") : Json(nullptr)}};
}

// As the configuration has them.
Json configured_settings(const Call& call) {
  return {{"api", {{"allowCrossOrigin", false}, {"key", nullptr}}},
          {"appearance",
           {{"name", call.runner.identity().title},
            {"color", "default"},
            {"colorTransparent", false},
            {"defaultLanguage", "_default"},
            {"showFahrenheitAlso", false}}},
          {"feature",
           {{"sdSupport", false},
            {"temperatureGraph", true},
            {"gcodeViewer", false},
            {"modelSizeDetection", true},
            {"printStartConfirmation", false},
            {"printCancelConfirmation", true}}},
          {"folder", Json::object()},
          {"webcam", webcam_json(call)},
          {"temperature", {{"profiles", Json::array()}, {"cutoff", 30}}},
          {"terminalFilters", Json::array()},
          {"plugins",
           {{"discovery",
             {{"upnpUuid", call.site.uuid}, {"publicHost", nullptr}, {"publicPort", nullptr}}},
            {"tracking", {{"enabled", false}, {"unique_id", nullptr}}}}}};
}

// With what clients have changed.
Result<Json> effective(const Call& call, Json values, const std::string& scope) {
  const auto saved = load_settings(call.site.store, scope);
  if (!saved) {
    return tl::unexpected(saved.error());
  }
  for (const auto& [pointer, value] : saved->items()) {
    values[Json::json_pointer(pointer)] = value;
  }
  return values;
}

// Lists are changed as a whole: /temperature/profiles/0/name is part of one.
template <std::size_t N>
const Changeable* find_changeable(const std::array<Changeable, N>& list, std::string_view pointer) {
  for (const Changeable& item : list) {
    const std::string_view own = item.pointer;
    if (pointer == own || (item.kind == ValueKind::kList && pointer.starts_with(own) &&
                           pointer.substr(own.size()).starts_with('/'))) {
      return &item;
    }
  }
  return nullptr;
}

// What of `wanted` is to be kept: a value that is as it was changes nothing, any other one must be
// changeable. Clients send back whole objects of which they have changed a value.
template <std::size_t N>
Result<Json> changes_in(const Json& wanted, const Json& now,
                        const std::array<Changeable, N>& list) {
  Json changes = Json::object();
  if (wanted.empty()) {
    return changes;
  }
  const Json flat = wanted.flatten();
  for (const auto& [pointer, leaf] : flat.items()) {
    const Changeable* const item = find_changeable(list, pointer);
    const Json::json_pointer at(item != nullptr ? item->pointer : pointer);
    const Json& value = wanted.at(at);
    const bool is_as_it_was =
        now.contains(at) && (now.at(at) == value || is_same_address(now.at(at), value));
    if (is_as_it_was || (value.is_object() && value.empty())) {
      continue;
    }
    if (item == nullptr) {
      return fail(Errc::kUnsupported, fmt::format("'{}' cannot be changed here", pointer.substr(1)),
                  {}, "it is what the server's configuration and the machine's profile say");
    }
    if (!is_kind(value, item->kind)) {
      return fail(Errc::kMalformed, fmt::format("'{}' has another type", pointer.substr(1)));
    }
    changes[item->pointer] = value;
  }
  return changes;
}

http::Response settings_of(Call& call) {
  const auto values = effective(call, configured_settings(call), settings_scope(call));
  return values ? json_response(*values) : error_response(values.error());
}

http::Response change_settings(Call& call) {
  if (call.request.body.size() > kMostBytes) {
    return error_response({Errc::kOutOfRange,
                           fmt::format("settings are at most {} bytes", kMostBytes),
                           {},
                           "send what has changed"});
  }
  const auto now = effective(call, configured_settings(call), settings_scope(call));
  if (!now) {
    return error_response(now.error());
  }
  const auto changes = changes_in(call.body(), *now, kChangeable);
  if (!changes) {
    return error_response(changes.error());
  }
  if (!changes->empty()) {
    if (auto saved = save_settings(call.site.store, settings_scope(call), *changes); !saved) {
      return error_response(saved.error());
    }
    call.site.events.append("SettingsUpdated", call.runner.identity().id);
  }
  return settings_of(call);
}

Json configured_profile(const Call& call) {
  const jobs::Runner::Identity& identity = call.runner.identity();
  const auto axis = [](double speed) { return Json{{"speed", speed}, {"inverted", false}}; };
  // mm/min, for the buttons of clients; the machine's own limits are in its profile.
  constexpr double kFast = 6000;
  constexpr double kSlow = 300;
  return {
      {"id", identity.id},
      {"name", identity.title},
      {"model", identity.model},
      {"color", "default"},
      {"default", true},
      {"current", true},
      {"resource", call.base + "/api/printerprofiles/" + identity.id},
      {"volume",
       {{"formFactor", "rectangular"},
        {"origin", "lowerleft"},
        {"width", identity.width_mm},
        {"depth", identity.depth_mm},
        {"height", identity.height_mm},
        {"custom_box", false}}},
      {"heatedBed", call.runner.printer().can(printer::Feature::kHeaters)},
      {"heatedChamber", false},
      {"axes", {{"x", axis(kFast)}, {"y", axis(kFast)}, {"z", axis(kSlow)}, {"e", axis(kSlow)}}},
      {"extruder",
       {{"count", 1},
        {"offsets", Json::array({Json::array({0.0, 0.0})})},
        {"nozzleDiameter", identity.nozzle_mm},
        {"sharedNozzle", false},
        {"defaultExtrusionLength", 5}}}};
}

Result<Json> profile_json(const Call& call) {
  return effective(call, configured_profile(call), profile_scope(call));
}

http::Response profiles_of(Call& call) {
  const auto profile = profile_json(call);
  return profile ? json_response({{"profiles", {{call.runner.identity().id, *profile}}}})
                 : error_response(profile.error());
}

bool names_own_profile(Call& call) {
  const std::string& name = call.request.parameters["profile"];
  return name == call.runner.identity().id || name == kOwnProfile;
}

http::Response unknown_profile() {
  return error_response({Errc::kNotFound, "unknown printer profile", {}, {}});
}

http::Response profile_of(Call& call) {
  if (!names_own_profile(call)) {
    return unknown_profile();
  }
  const auto profile = profile_json(call);
  return profile ? json_response(*profile) : error_response(profile.error());
}

http::Response change_profile(Call& call) {
  if (!names_own_profile(call)) {
    return unknown_profile();
  }
  const auto now = profile_json(call);
  if (!now) {
    return error_response(now.error());
  }
  const auto changes =
      changes_in(call.body().value("profile", Json::object()), *now, kChangeableOfProfile);
  if (!changes) {
    return error_response(changes.error());
  }
  if (!changes->empty()) {
    if (auto saved = save_settings(call.site.store, profile_scope(call), *changes); !saved) {
      return error_response(saved.error());
    }
    const Json payload{{"identifier", call.runner.identity().id}};
    call.site.events.append("PrinterProfileModified", call.runner.identity().id, {},
                            payload.dump());
  }
  const auto profile = profile_json(call);
  return profile ? json_response({{"profile", *profile}}) : error_response(profile.error());
}

http::Response add_profile(Call& /*call*/) {
  return error_response({Errc::kUnsupported,
                         "a printer has the profile of its machine alone",
                         {},
                         "add a [[printer]] to the server's configuration"});
}

http::Response remove_profile(Call& call) {
  return names_own_profile(call)
             ? error_response({Errc::kBusy, "the printer profile is in use", {}, {}})
             : unknown_profile();
}

}  // namespace

void add_settings_routes(Mount& mount) {
  using http::Runs;
  mount.get("/api/settings", "SETTINGS_READ", settings_of, Runs::kOnWorker);
  mount.post("/api/settings", "SETTINGS", change_settings);
  mount.get("/api/printerprofiles", "STATUS", profiles_of, Runs::kOnWorker);
  mount.post("/api/printerprofiles", "SETTINGS", add_profile);
  mount.get("/api/printerprofiles/{profile}", "STATUS", profile_of, Runs::kOnWorker);
  mount.patch("/api/printerprofiles/{profile}", "SETTINGS", change_profile);
  mount.remove("/api/printerprofiles/{profile}", "SETTINGS", remove_profile);
}

}  // namespace stepcast::server::octoprint
