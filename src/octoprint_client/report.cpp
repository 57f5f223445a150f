#include "report.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace stepcast::octoprint_client {
namespace {

using Json = nlohmann::json;
using printer::State;

// A percentage is told as a number up to this.
constexpr double kWhole = 100.0;

/// What is there at `key`, or null: leaves of OctoPrint's answers may be absent at any time.
const Json& at(const Json& object, const char* key) {
  static const Json kNull;
  if (!object.is_object()) {
    return kNull;
  }
  const auto found = object.find(key);
  return found == object.end() ? kNull : *found;
}

std::string text_at(const Json& object, const char* key) {
  const Json& value = at(object, key);
  return value.is_string() ? value.get<std::string>() : std::string();
}

std::optional<double> number_at(const Json& object, const char* key) {
  const Json& value = at(object, key);
  return value.is_number() ? std::optional(value.get<double>()) : std::nullopt;
}

Result<Json> parse(std::string_view text) {
  Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) {
    return fail(Errc::kMalformed, "OctoPrint's answer is no JSON");
  }
  return json;
}

std::map<std::string, printer::Heater> heaters_of(const Json& temperatures) {
  std::map<std::string, printer::Heater> heaters;
  if (!temperatures.is_object()) {
    return heaters;
  }
  for (const auto& [name, value] : temperatures.items()) {
    // Beside heaters there is the time of the measurement, and heaters that the profile names but
    // the machine never reports.
    const auto actual = number_at(value, "actual");
    if (!actual) {
      continue;
    }
    heaters[name] = {.actual = Celsius{*actual},
                     .target = Celsius{number_at(value, "target").value_or(0.0)},
                     .offset = Celsius{number_at(value, "offset").value_or(0.0)}};
  }
  return heaters;
}

void read_state(const Json& state, const std::string& text, Report& report) {
  const KnownState known = state_of_text(text);
  report.state = known.state;
  report.connecting = known.connecting;
  report.error = text_at(state, "error");
  if (known.connecting) {
    report.error = "OctoPrint is looking for its printer";
  } else if (known.state == State::kOffline && report.error.empty()) {
    report.error = "OctoPrint is not connected to its printer";
  } else if (known.state == State::kError && report.error.empty()) {
    report.error = fmt::format("OctoPrint says '{}'", text);
  }
}

void read_job(const Json& job, const Json& progress, Report& report) {
  const Json& file = at(job, "file");
  if (text_at(file, "origin") == "local") {
    report.path = text_at(file, "path");
  }
  if (const auto completion = number_at(progress, "completion")) {
    report.share = std::clamp(*completion / kWhole, 0.0, 1.0);
  }
  report.file_position = static_cast<std::int64_t>(number_at(progress, "filepos").value_or(0));
  report.elapsed = Seconds(number_at(progress, "printTime").value_or(0));
  if (const auto left = number_at(progress, "printTimeLeft")) {
    report.left = Seconds(*left);
  }
}

Report report_of(const Json& content) {
  Report report;
  const Json& state = at(content, "state");
  read_state(state, text_at(state, "text"), report);
  read_job(at(content, "job"), at(content, "progress"), report);
  if (const Json& temps = at(content, "temps"); temps.is_array() && !temps.empty()) {
    report.heaters = heaters_of(temps.back());
    for (auto& [name, heater] : *report.heaters) {
      heater.offset = Celsius{number_at(at(content, "offsets"), name.c_str()).value_or(0.0)};
    }
  }
  if (const auto z = number_at(content, "currentZ")) {
    report.z = Mm(*z);
  }
  if (const Json& logs = at(content, "logs"); logs.is_array()) {
    for (const Json& line : logs) {
      if (line.is_string()) {
        report.log.push_back(line.get<std::string>());
      }
    }
  }
  return report;
}

EndEvent end_of(printer::PrintResult::Outcome outcome, const Json& payload) {
  EndEvent end{.path = text_at(payload, "path"), .outcome = outcome, .reason = {}, .duration = {}};
  if (const auto time = number_at(payload, "time")) {
    end.duration = Seconds(*time);
  }
  if (outcome == printer::PrintResult::Outcome::kFailed) {
    const std::string error = text_at(payload, "error");
    end.reason = error.empty() ? "OctoPrint lost its printer" : "OctoPrint: " + error;
  }
  return end;
}

/// OctoPrint's name of a state is that of ours in capitals, but for a few.
std::optional<State> state_of_event(std::string id) {
  for (const State state :
       {State::kOffline, State::kOperational, State::kStarting, State::kPrinting, State::kPausing,
        State::kPaused, State::kResuming, State::kCancelling, State::kFinishing, State::kError}) {
    std::string name(printer::state_text(state));
    std::transform(name.begin(), name.end(), name.begin(),
                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
    if (id == name) {
      return state;
    }
  }
  if (id == "CLOSED" || id == "NONE") {
    return State::kOffline;
  }
  // The rest, like CLOSED_WITH_ERROR, comes with a report that says more.
  return std::nullopt;
}

Message message_of_event(const Json& event) {
  using Outcome = printer::PrintResult::Outcome;
  const std::string type = text_at(event, "type");
  const Json& payload = at(event, "payload");
  if (type == "PrinterStateChanged") {
    if (const auto state = state_of_event(text_at(payload, "state_id"))) {
      return StateEvent{*state};
    }
  } else if (type == "PrintDone") {
    return end_of(Outcome::kDone, payload);
  } else if (type == "PrintCancelled") {
    return end_of(Outcome::kCancelled, payload);
  } else if (type == "PrintFailed" && text_at(payload, "reason") != "cancelled") {
    return end_of(Outcome::kFailed, payload);
  } else if (type == "PositionUpdate") {
    PositionEvent position;
    for (const Axis axis : {Axis::kX, Axis::kY, Axis::kZ}) {
      if (const auto value = number_at(payload, std::string(axis_name(axis)).c_str())) {
        position.position[axis] = Mm(*value);
      }
    }
    return position;
  }
  return std::monostate{};
}

}  // namespace

KnownState state_of_text(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, KnownState>, 20> kTexts{{
      {"Offline", {State::kOffline}},
      {"Opening serial connection", {State::kOffline, true}},
      {"Detecting serial connection", {State::kOffline, true}},
      {"Connecting", {State::kOffline, true}},
      {"Operational", {State::kOperational}},
      {"Starting", {State::kStarting}},
      {"Starting print from SD", {State::kStarting}},
      {"Starting to send file to SD", {State::kStarting}},
      {"Printing", {State::kPrinting}},
      {"Printing from SD", {State::kPrinting}},
      {"Sending file to SD", {State::kPrinting}},
      {"Transferring file to SD", {State::kPrinting}},
      {"Pausing", {State::kPausing}},
      {"Paused", {State::kPaused}},
      {"Resuming", {State::kResuming}},
      {"Cancelling", {State::kCancelling}},
      {"Finishing", {State::kFinishing}},
      {"Error", {State::kError}},
      {"Offline after error", {State::kError}},
      {"Offline (Error)", {State::kError}},
  }};
  for (const auto& [known, state] : kTexts) {
    if (text == known) {
      return state;
    }
  }
  return {State::kError};
}

Result<Message> parse_message(std::string_view text) {
  auto json = parse(text);
  if (!json) {
    return tl::unexpected(json.error());
  }
  if (json->contains("reauthRequired")) {
    return LoginEvent{};
  }
  for (const char* kind : {"current", "history"}) {
    if (const Json& content = at(*json, kind); content.is_object()) {
      return report_of(content);
    }
  }
  return message_of_event(at(*json, "event"));
}

Result<Report> parse_report(std::string_view job, std::string_view printer) {
  auto job_json = parse(job);
  if (!job_json) {
    return tl::unexpected(job_json.error());
  }
  Report report;
  Json state;
  if (!printer.empty()) {
    auto printer_json = parse(printer);
    if (!printer_json) {
      return tl::unexpected(printer_json.error());
    }
    state = at(*printer_json, "state");
    report.heaters = heaters_of(at(*printer_json, "temperature"));
  }
  std::string text = text_at(state, "text");
  if (text.empty()) {
    text = text_at(*job_json, "state");
    state = *job_json;  // its `error` stands beside `state`
  }
  if (text.empty()) {
    return fail(Errc::kMalformed, "OctoPrint's answer names no state");
  }
  read_state(state, text, report);
  read_job(at(*job_json, "job"), at(*job_json, "progress"), report);
  return report;
}

Result<std::string> parse_login(std::string_view login) {
  auto json = parse(login);
  if (!json) {
    return tl::unexpected(json.error());
  }
  const std::string name = text_at(*json, "name");
  const std::string session = text_at(*json, "session");
  if (name.empty() || session.empty()) {
    return fail(Errc::kMalformed, "OctoPrint's answer to the login has no session");
  }
  const Json message = {{"auth", name + ":" + session}};
  return message.dump();
}

Result<std::string> parse_connection(std::string_view connection) {
  auto json = parse(connection);
  if (!json) {
    return tl::unexpected(json.error());
  }
  std::string state = text_at(at(*json, "current"), "state");
  if (state.empty()) {
    return fail(Errc::kMalformed, "OctoPrint does not say how its connection is");
  }
  return state;
}

Result<Volume> parse_volume(std::string_view profiles) {
  auto json = parse(profiles);
  if (!json) {
    return tl::unexpected(json.error());
  }
  const Json& all = at(*json, "profiles");
  if (all.is_object()) {
    for (const Json& profile : all) {
      const Json& current = at(profile, "current");
      if (!current.is_boolean() || !current.get<bool>()) {
        continue;
      }
      const Json& volume = at(profile, "volume");
      const Json& custom = at(volume, "custom_box");
      const bool centred = text_at(volume, "origin") == "center";
      Volume box;
      for (const auto& [axis, size, least, most] :
           {std::tuple{Axis::kX, "width", "x_min", "x_max"},
            std::tuple{Axis::kY, "depth", "y_min", "y_max"},
            std::tuple{Axis::kZ, "height", "z_min", "z_max"}}) {
        const double length = number_at(volume, size).value_or(0.0);
        const double begin = centred && axis != Axis::kZ ? -length / 2 : 0.0;
        box.least[axis] = Mm(number_at(custom, least).value_or(begin));
        box.most[axis] = Mm(number_at(custom, most).value_or(begin + length));
        if (!(box.most[axis] > box.least[axis])) {
          return fail(Errc::kMalformed, "the volume of OctoPrint's printer profile is empty");
        }
      }
      return box;
    }
  }
  return fail(Errc::kMalformed, "OctoPrint names no current printer profile");
}

Result<std::string> parse_upload(std::string_view answer) {
  auto json = parse(answer);
  if (!json) {
    return tl::unexpected(json.error());
  }
  std::string path = text_at(at(at(*json, "files"), "local"), "path");
  if (path.empty()) {
    return fail(Errc::kMalformed, "OctoPrint does not say where it put the job");
  }
  return path;
}

std::string refusal_of(std::string_view body) {
  constexpr std::size_t kMostText = 200;
  const Json json = Json::parse(body, nullptr, false);
  std::string text = text_at(json, "error");
  if (text.empty()) {
    text = body.substr(0, kMostText);
  }
  std::replace_if(
      text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
  return text;
}

}  // namespace stepcast::octoprint_client
