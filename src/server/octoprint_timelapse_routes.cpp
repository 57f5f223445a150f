#include <cstdint>
#include <ctime>
#include <limits>
#include <string>
#include <utility>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "stepcast/timelapse/recorder.hpp"

#include "octoprint_json.hpp"
#include "octoprint_timelapse.hpp"
#include "percent.hpp"

namespace stepcast::server::octoprint {
namespace {

using timelapse::Recorder;
using timelapse::When;

constexpr std::int64_t kMsPerSecond = 1000;

// As OctoPrint writes it, for people.
std::string size_text(std::int64_t bytes) {
  constexpr double kStep = 1024;
  double value = static_cast<double>(bytes);
  for (const char* unit : {"B", "KB", "MB"}) {
    if (value < kStep) {
      return fmt::format("{:.1f}{}", value, unit);
    }
    value /= kStep;
  }
  return fmt::format("{:.1f}GB", value);
}

Json file_json(const std::string& name, std::int64_t bytes, store::UnixMs at) {
  const std::time_t seconds = at / kMsPerSecond;
  return {{"name", name},
          {"bytes", bytes},
          {"size", size_text(bytes)},
          {"timestamp", seconds},
          {"date", fmt::format("{:%Y-%m-%d %H:%M}", fmt::localtime(seconds))}};
}

Json config_json(const timelapse::Config& config) {
  if (config.when == When::kOff) {
    return {{"type", "off"}};
  }
  Json object{{"type", config.when == When::kLayer ? "zchange" : "timed"},
              {"fps", config.frames_per_s},
              {"postRoll", config.post_roll_s}};
  if (config.when == When::kLayer) {
    object["retractionZHop"] = 0;  // layers are those of the plan, not changes of height
    object["minDelay"] = 0;
  } else {
    object["interval"] = config.interval_s;
  }
  return object;
}

Recorder* find_recorder(const Call& call, const Recorders& recorders) {
  const auto found = recorders.find(call.runner.identity().id);
  return found != recorders.end() ? found->second.get() : nullptr;
}

Json timelapse_json(const Call& call, const Recorder* recorder, bool with_unrendered) {
  Json object{
      {"config", {{"type", "off"}}}, {"enabled", recorder != nullptr}, {"files", Json::array()}};
  if (with_unrendered) {
    object["unrendered"] = Json::array();
  }
  if (recorder == nullptr) {
    return object;
  }
  object["config"] = config_json(recorder->config());
  for (const timelapse::Movie& movie : recorder->movies()) {
    Json file = file_json(movie.name, movie.bytes, movie.at);
    file["url"] = fmt::format("{}/downloads/timelapse/{}", call.base.substr(call.origin.size()),
                              percent_encoded(movie.name));
    object["files"].push_back(std::move(file));
  }
  if (with_unrendered) {
    for (const timelapse::Unrendered& one : recorder->unrendered()) {
      Json file = file_json(one.name, one.bytes, one.at);
      file["count"] = one.count;
      file["recording"] = one.recording;
      file["rendering"] = false;
      file["processing"] = false;
      object["unrendered"].push_back(std::move(file));
    }
  }
  return object;
}

http::Response list(Call& call, Recorder* recorder) {
  const auto asked = call.request.find_query("unrendered").value_or("");
  return json_response(timelapse_json(call, recorder, asked == "true" || asked == "1"));
}

// A whole number of a body, if it is there.
Result<void> read_number(const Json& body, const char* key, std::uint32_t& value) {
  const auto found = body.find(key);
  if (found == body.end()) {
    return {};
  }
  const double number = found->is_number() ? found->get<double>() : -1;
  if (number < 0 || number > std::numeric_limits<std::uint32_t>::max() ||
      static_cast<double>(static_cast<std::uint32_t>(number)) != number) {
    return fail(Errc::kMalformed, fmt::format("'{}' is not a whole number", key), {},
                "give seconds, or pictures a second");
  }
  value = static_cast<std::uint32_t>(number);
  return {};
}

Result<timelapse::Config> config_of(const Json& body, timelapse::Config config) {
  if (const auto type = body.find("type"); type != body.end()) {
    if (*type == "off") {
      config.when = When::kOff;
    } else if (*type == "zchange") {
      config.when = When::kLayer;
    } else if (*type == "timed") {
      config.when = When::kTimed;
    } else {
      return fail(Errc::kInvalidArgument, "there is no such type of time-lapse", "type",
                  "off, zchange or timed");
    }
  }
  return read_number(body, "interval", config.interval_s)
      .and_then([&] { return read_number(body, "fps", config.frames_per_s); })
      .and_then([&] { return read_number(body, "postRoll", config.post_roll_s); })
      .map([&] { return config; });
}

http::Response configure(Call& call, Recorder* recorder) {
  auto config =
      config_of(call.body(), recorder != nullptr ? recorder->config() : timelapse::Config());
  if (!config) {
    return error_response(config.error());
  }
  if (recorder == nullptr) {
    return config->when == When::kOff
               ? json_response(timelapse_json(call, recorder, false))
               : error_response({Errc::kUnsupported,
                                 "this printer has no camera that could film its prints",
                                 {},
                                 "give it one in the server's configuration: camera = ..."});
  }
  auto set = recorder->set_config(*config);
  return set ? json_response(timelapse_json(call, recorder, false)) : error_response(set.error());
}

http::Response no_recorder() {
  return error_response({Errc::kNotFound, "there is no such time-lapse", {}, {}});
}

http::Response remove_movie(Call& call, Recorder* recorder) {
  if (recorder == nullptr) {
    return no_recorder();
  }
  auto removed = recorder->remove_movie(call.request.parameters["file"]);
  return removed ? json_response(timelapse_json(call, recorder, false))
                 : error_response(removed.error());
}

http::Response remove_unrendered(Call& call, Recorder* recorder) {
  return recorder == nullptr ? no_recorder()
                             : done(recorder->remove_unrendered(call.request.parameters["file"]));
}

http::Response render(Call& call, Recorder* recorder) {
  if (recorder == nullptr) {
    return no_recorder();
  }
  if (call.body().value("command", "") != "render") {
    return error_response({Errc::kInvalidArgument, "this command is not known", {}, "render"});
  }
  return done(recorder->render(call.request.parameters["file"]));
}

http::Response download(Call& call, Recorder* recorder) {
  if (recorder == nullptr) {
    return no_recorder();
  }
  auto file = recorder->movie(call.request.parameters["file"]);
  if (!file) {
    return error_response(file.error());
  }
  http::Response response;
  response.file = std::move(*file);
  response.headers.set("Content-Type", "video/x-msvideo");
  response.headers.set("Content-Disposition", "attachment");
  return response;
}

}  // namespace

void add_timelapse_routes(Mount& mount, const Recorders& recorders) {
  using Answer = http::Response (*)(Call&, Recorder*);
  const auto of_printer = [&recorders](Answer answer) {
    return
        [&recorders, answer](Call& call) { return answer(call, find_recorder(call, recorders)); };
  };
  mount.get("/api/timelapse", "TIMELAPSE_LIST", of_printer(list), http::Runs::kOnWorker);
  mount.post("/api/timelapse", "SETTINGS", of_printer(configure));
  mount.remove("/api/timelapse/{file}", "TIMELAPSE_DELETE", of_printer(remove_movie));
  mount.remove("/api/timelapse/unrendered/{file}", "TIMELAPSE_MANAGE_UNRENDERED",
               of_printer(remove_unrendered));
  mount.post("/api/timelapse/unrendered/{file}", "TIMELAPSE_MANAGE_UNRENDERED", of_printer(render));
  mount.download("/downloads/timelapse/{file}", "TIMELAPSE_DOWNLOAD", of_printer(download));
}

}  // namespace stepcast::server::octoprint
