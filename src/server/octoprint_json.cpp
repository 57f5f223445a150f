#include "octoprint_json.hpp"

#include <cmath>
#include <string_view>

#include <fmt/format.h>

#include "percent.hpp"
#include "thumbnails.hpp"

namespace stepcast::server::octoprint {
namespace {

using printer::State;

constexpr double kMsPerS = 1000.0;
constexpr double kPercent = 100.0;
constexpr std::size_t kShortHash = 8;  // enough to tell a browser that a file has changed

Json or_null(const std::optional<double>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json unix_s(store::UnixMs ms) {
  return static_cast<std::int64_t>(std::floor(static_cast<double>(ms) / kMsPerS));
}

Json filament_json(const std::optional<files::Analysis>& analysis) {
  return {{"tool0",
           {{"length", analysis ? Json(analysis->filament_mm) : Json(nullptr)},
            {"volume", analysis ? Json(analysis->filament_cm3) : Json(nullptr)}}}};
}

std::string name_of(std::string_view path) {
  return std::string(path.substr(path.rfind('/') + 1));
}

bool is_in(const files::Entry& entry, const std::string& folder) {
  const std::size_t slash = entry.path.rfind('/');
  return (slash == std::string::npos ? std::string() : entry.path.substr(0, slash)) == folder;
}

}  // namespace

Json flags(State state) {
  const bool busy = state == State::kStarting || state == State::kPrinting ||
                    state == State::kPausing || state == State::kPaused ||
                    state == State::kResuming || state == State::kCancelling ||
                    state == State::kFinishing;
  const bool gone = state == State::kOffline || state == State::kError;
  return {{"operational", !gone},
          {"printing", state == State::kPrinting || state == State::kStarting ||
                           state == State::kResuming || state == State::kFinishing},
          {"cancelling", state == State::kCancelling},
          {"pausing", state == State::kPausing},
          {"paused", state == State::kPaused},
          {"resuming", state == State::kResuming},
          {"finishing", state == State::kFinishing},
          {"error", state == State::kError},
          {"ready", !gone && !busy},
          {"closedOrError", gone},
          {"sdReady", false}};
}

Json groups_json(std::optional<accounts::Role> role) {
  if (!role) {
    return Json::array({"guests"});
  }
  switch (*role) {
    case accounts::Role::kAdmin:
      return Json::array({"admins", "users"});
    case accounts::Role::kOperator:
      return Json::array({"users"});
    default:
      return Json::array({"readonly"});
  }
}

Json state_json(const printer::Status& status) {
  return {{"text", std::string(state_text(status.state))},
          {"flags", flags(status.state)},
          {"error", status.error}};
}

Json temperatures(const printer::Status& status) {
  Json object = Json::object();
  for (const auto& [name, heater] : status.heaters) {
    object[name] = {{"actual", heater.actual ? Json(heater.actual->v) : Json(nullptr)},
                    {"target", heater.target.v},
                    {"offset", heater.offset.v}};
  }
  return object;
}

Json job_json(const jobs::Runner::View& view) {
  Json file{{"name", nullptr},   {"display", nullptr}, {"path", nullptr},
            {"origin", nullptr}, {"size", nullptr},    {"date", nullptr}};
  std::optional<files::Analysis> analysis;
  if (view.file) {
    analysis = view.file->analysis;
    if (analysis && !analysis->error.empty()) {
      analysis.reset();  // it cannot be printed: nothing is known
    }
    file = {{"name", name_of(view.file->path)}, {"display", view.file->display},
            {"path", view.file->path},          {"origin", "local"},
            {"size", view.file->size},          {"date", unix_s(view.file->uploaded)}};
  }
  return {{"file", file},
          {"estimatedPrintTime", analysis ? Json(analysis->print_time_s) : Json(nullptr)},
          {"averagePrintTime", or_null(view.counts.average_s)},
          {"lastPrintTime", or_null(view.counts.last_s)},
          {"filament", filament_json(analysis)},
          {"user", view.user.empty() ? Json(nullptr) : Json(view.user)}};
}

Json progress_json(const jobs::Runner::View& view) {
  const printer::Status& status = view.status;
  if (status.job_id.empty()) {
    return {{"completion", nullptr},
            {"filepos", nullptr},
            {"printTime", nullptr},
            {"printTimeLeft", nullptr},
            {"printTimeLeftOrigin", nullptr}};
  }
  const printer::Progress& progress = status.progress;
  return {{"completion", kPercent * progress.share},
          {"filepos", progress.file_position},
          {"printTime", std::llround(progress.elapsed.v)},
          {"printTimeLeft", progress.left ? Json(std::llround(progress.left->v)) : Json(nullptr)},
          {"printTimeLeftOrigin", progress.exact ? Json("analysis") : Json(nullptr)}};
}

std::string file_address(const std::string& base, const std::string& path) {
  return fmt::format("{}/api/files/local/{}", base, percent_encoded(path, /*keep_slashes=*/true));
}

Json entry_json(const files::Entry& entry, const std::string& base) {
  Json object{{"name", name_of(entry.path)},
              {"display", entry.display.empty() ? name_of(entry.path) : entry.display},
              {"path", entry.path},
              {"origin", "local"},
              {"refs", {{"resource", file_address(base, entry.path)}}}};
  if (entry.is_folder) {
    object["type"] = "folder";
    object["typePath"] = {"folder"};
    object["children"] = Json::array();
    return object;
  }
  object["type"] = "machinecode";
  object["typePath"] = {"machinecode", "gcode"};
  object["size"] = entry.size;
  object["date"] = unix_s(entry.uploaded);
  object["hash"] = entry.sha256;
  object["user"] = entry.user;
  object["refs"]["download"] =
      base + "/downloads/files/local/" + percent_encoded(entry.path, /*keep_slashes=*/true);
  if (const gcode::Thumbnail* const thumbnail = choose_thumbnail(entry)) {
    // As the plug-ins for thumbnails have it: relative to the printer, another one for each
    // content.
    object["thumbnail"] =
        fmt::format("{}/{}{}?{}", kThumbnails, percent_encoded(entry.path, /*keep_slashes=*/true),
                    thumbnail->format == gcode::PictureFormat::kPng ? ".png" : ".jpg",
                    entry.sha256.substr(0, kShortHash));
    object["thumbnail_src"] = "prusaslicerthumbnails";
  }
  if (entry.analysis) {
    Json analysis{{"progress", kPercent}};
    if (entry.analysis->print_time_s > 0) {  // else it cannot be printed: nothing is known
      analysis["estimatedPrintTime"] = entry.analysis->print_time_s;
      analysis["filament"] = filament_json(entry.analysis);
    }
    if (const auto& box = entry.analysis->printing_area) {
      analysis["printingArea"] = {{"minX", box->min_x}, {"minY", box->min_y}, {"minZ", box->min_z},
                                  {"maxX", box->max_x}, {"maxY", box->max_y}, {"maxZ", box->max_z}};
      analysis["dimensions"] = {{"width", box->max_x - box->min_x},
                                {"depth", box->max_y - box->min_y},
                                {"height", box->max_z - box->min_z}};
    }
    object["gcodeAnalysis"] = analysis;
  }
  return object;
}

Json entry_json(const files::Entry& entry, const Shelf& shelf) {
  Json object = entry_json(entry, shelf.base);
  const auto found = shelf.prints.find(entry.path);
  if (found == shelf.prints.end()) {
    return object;
  }
  const store::PrintCounts& prints = found->second;
  object["prints"] = {{"success", prints.done}, {"failure", prints.failed}};
  if (prints.last) {
    Json last{{"date", unix_s(*prints.last)}, {"success", prints.last_succeeded}};
    if (prints.last_succeeded && prints.last_s) {
      last["printTime"] = *prints.last_s;
    }
    object["prints"]["last"] = std::move(last);
  }
  const auto of_profile = [&](const std::optional<double>& value) {
    Json by_profile = Json::object();
    if (value) {
      by_profile[shelf.profile] = *value;
    }
    return by_profile;
  };
  object["statistics"] = {{"averagePrintTime", of_profile(prints.average_s)},
                          {"lastPrintTime", of_profile(prints.last_s)}};
  return object;
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as the folders are
Json tree_json(const Shelf& shelf, const std::string& folder, bool recursive) {
  Json list = Json::array();
  for (const files::Entry& entry : shelf.entries) {
    if (!is_in(entry, folder)) {
      continue;
    }
    Json object = entry_json(entry, shelf);
    if (entry.is_folder && recursive) {
      object["children"] = tree_json(shelf, entry.path, true);
    }
    list.push_back(std::move(object));
  }
  return list;
}

}  // namespace stepcast::server::octoprint
