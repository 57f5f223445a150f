#include "analysis_json.hpp"

#include <utility>

#include <nlohmann/json.hpp>

namespace stepcast::files {
namespace {

// Raised when what is found changes, so that old findings are made again.
constexpr int kAnalysisVersion = 2;
constexpr int kStatedVersion = 1;

nlohmann::json optional_json(const std::optional<double>& value) {
  return value ? nlohmann::json(*value) : nlohmann::json(nullptr);
}
std::optional<double> optional_number(const nlohmann::json& json) {
  return json.is_null() ? std::nullopt : std::optional(json.get<double>());
}

}  // namespace

std::string analysis_to_json(const Analysis& a) {
  nlohmann::json json{{"version", kAnalysisVersion},
                      {"print_time_s", a.print_time_s},
                      {"filament_mm", a.filament_mm},
                      {"filament_cm3", a.filament_cm3},
                      {"layers", a.layers},
                      {"warnings", a.warnings},
                      {"error", a.error}};
  if (a.printing_area) {
    const Analysis::Box& box = *a.printing_area;
    json["area_mm"] = {box.min_x, box.min_y, box.min_z, box.max_x, box.max_y, box.max_z};
  }
  // Warnings quote the job, which may contain anything.
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::optional<Analysis> analysis_from_json(std::string_view text) {
  try {
    const auto json = nlohmann::json::parse(text);
    if (json.at("version").get<int>() != kAnalysisVersion) {
      return std::nullopt;
    }
    Analysis a;
    json.at("print_time_s").get_to(a.print_time_s);
    json.at("filament_mm").get_to(a.filament_mm);
    json.at("filament_cm3").get_to(a.filament_cm3);
    json.at("layers").get_to(a.layers);
    json.at("warnings").get_to(a.warnings);
    json.at("error").get_to(a.error);
    if (json.contains("area_mm")) {
      const auto& area = json.at("area_mm");
      const auto value = [&](std::size_t i) { return area.at(i).get<double>(); };
      a.printing_area = Analysis::Box{.min_x = value(0),
                                      .min_y = value(1),
                                      .min_z = value(2),
                                      .max_x = value(3),
                                      .max_y = value(4),
                                      .max_z = value(5)};
    }
    return a;
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;
  }
}

std::string stated_to_json(const Stated& stated) {
  nlohmann::json thumbnails = nlohmann::json::array();
  for (const gcode::Thumbnail& one : stated.thumbnails) {
    thumbnails.push_back({one.width_px, one.height_px, static_cast<int>(one.format), one.offset,
                          one.length, one.encoded_chars});
  }
  nlohmann::json json{{"version", kStatedVersion},
                      {"slicer", stated.slicer},
                      {"material", stated.material},
                      {"thumbnails", std::move(thumbnails)}};
  json["print_time_s"] = optional_json(stated.print_time_s);
  json["layer_height_mm"] = optional_json(stated.layer_height_mm);
  json["first_layer_height_mm"] = optional_json(stated.first_layer_height_mm);
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::optional<Stated> stated_from_json(std::string_view text) {
  try {
    const auto json = nlohmann::json::parse(text);
    if (json.at("version").get<int>() != kStatedVersion) {
      return std::nullopt;
    }
    Stated stated;
    json.at("slicer").get_to(stated.slicer);
    json.at("material").get_to(stated.material);
    stated.print_time_s = optional_number(json.at("print_time_s"));
    stated.layer_height_mm = optional_number(json.at("layer_height_mm"));
    stated.first_layer_height_mm = optional_number(json.at("first_layer_height_mm"));
    for (const nlohmann::json& one : json.at("thumbnails")) {
      stated.thumbnails.push_back(
          {.width_px = one.at(0).get<int>(),
           .height_px = one.at(1).get<int>(),
           .format = static_cast<gcode::PictureFormat>(one.at(2).get<int>()),
           .offset = one.at(3).get<std::uint64_t>(),
           .length = one.at(4).get<std::uint64_t>(),
           .encoded_chars = one.at(5).get<std::uint64_t>()});
    }
    return stated;
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;
  }
}

}  // namespace stepcast::files
