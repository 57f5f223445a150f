#include "analysis_json.hpp"

#include <nlohmann/json.hpp>

namespace stepcast::files {
namespace {

// Raised when the analysis itself changes, so that old ones are made again.
constexpr int kAnalysisVersion = 1;

}  // namespace

std::string analysis_to_json(const Analysis& a) {
  nlohmann::json json{{"version", kAnalysisVersion},  {"print_time_s", a.print_time_s},
                      {"filament_mm", a.filament_mm}, {"filament_cm3", a.filament_cm3},
                      {"layers", a.layers},           {"slicer", a.slicer},
                      {"warnings", a.warnings},       {"error", a.error}};
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
    json.at("slicer").get_to(a.slicer);
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

}  // namespace stepcast::files
