#include "header_scanner.hpp"

#include <algorithm>
#include <cmath>

#include "base64.hpp"
#include "header_values.hpp"
#include "text.hpp"

namespace stepcast::gcode {
namespace {

// Enough to recognise the line; an origin is shown to people.
constexpr std::size_t kOriginBytes = 120;
// Names beyond this are damage, not names.
constexpr std::size_t kMaxNameBytesKept = 256;

// Cura's engine writes these when its front end does not fill them in.
constexpr double kCuraTimePlaceholderS = 6666.0;
constexpr double kCuraBoxPlaceholderMm = 2.14748e+06;

// No printer is larger than this (100 m), no layer either; beyond it a header is damaged.
constexpr double kLargestMm = 1e5;
// Ten kilometres, far more than any spool.
constexpr double kLongestFilamentMm = 1e7;
constexpr double kLargestAmount = 1e6;  // cm3 or g: a cubic metre, a tonne
constexpr double kHottestCelsius = 1000.0;
constexpr int kLargestPicturePx = 8192;

std::optional<double> positive(std::optional<double> value, double largest) {
  return value && *value > 0.0 && *value <= largest ? value : std::nullopt;
}

}  // namespace

template <class T>
void HeaderScanner::set(std::optional<Claim<T>>& claim, std::optional<T> value) {
  if (!claim && value) {
    claim = Claim<T>{std::move(*value), std::string(comment_.substr(0, kOriginBytes)), offset_};
  }
}

void HeaderScanner::set_time(std::optional<Seconds> time) {
  set(metadata_.print_time, time);
}

void HeaderScanner::set_length(std::optional<Claim<Mm>>& claim, std::optional<double> value) {
  if (const auto length = positive(value, kLongestFilamentMm)) {
    set(claim, std::optional(Mm(*length)));
  }
}

void HeaderScanner::set_amount(std::optional<Claim<double>>& claim, std::optional<double> value) {
  set(claim, positive(value, kLargestAmount));
}

void HeaderScanner::set_temperature(std::optional<Claim<Celsius>>& claim, std::string_view value) {
  const auto celsius = first_of_list(value);
  if (celsius && *celsius >= 0.0 && *celsius <= kHottestCelsius) {
    set(claim, std::optional(Celsius{*celsius}));
  }
}

void HeaderScanner::take(std::string_view line, std::uint64_t offset) {
  const auto text = trim(line.substr(1));
  comment_ = text;
  offset_ = offset;
  if (open_thumbnail_ && take_thumbnail_line(text, offset)) {
    return;
  }
  if (const auto annotation = classify(text)) {
    if (take_annotation(*annotation)) {
      return;
    }
  }
  if (text.starts_with("thumbnail")) {
    begin_thumbnail(text);
    return;
  }
  if (text.starts_with("SETTING_3")) {
    metadata_.has_cura_settings = true;
    return;
  }
  if (take_slicer(text)) {
    return;
  }
  if (const auto equals = text.find(" = "); equals != std::string_view::npos) {
    take_setting(trim(text.substr(0, equals)), trim(text.substr(equals + 3)));
    return;
  }
  // Bambu and Orca: "model printing time: 1h; total estimated time: 1h 2m".
  constexpr std::string_view kTotal = "total estimated time:";
  if (const auto total = text.find(kTotal); total != std::string_view::npos) {
    const auto rest = text.substr(total + kTotal.size());
    set_time(duration(rest.substr(0, rest.find(';'))));
    return;
  }
  const auto colon = text.find_first_of(":,");  // Simplify3D 4 writes "layerHeight,0.2"
  if (colon != std::string_view::npos) {
    take_statement(trim(text.substr(0, colon)), trim(text.substr(colon + 1)));
  }
}

// "thumbnail begin 220x124 1234", "thumbnail_JPG begin ...", "thumbnail_QOI begin ...".
void HeaderScanner::begin_thumbnail(std::string_view text) {
  Thumbnail thumbnail;
  if (take_prefix(text, "thumbnail_JPG begin ")) {
    thumbnail.format = PictureFormat::kJpg;
  } else if (take_prefix(text, "thumbnail_QOI begin ")) {
    thumbnail.format = PictureFormat::kQoi;
  } else if (take_prefix(text, "thumbnail begin ") || take_prefix(text, "thumbnail_PNG begin ")) {
    thumbnail.format = PictureFormat::kPng;
  } else {
    return;
  }
  const auto x = text.find('x');
  const auto blank = text.find(' ');
  if (x == std::string_view::npos || blank == std::string_view::npos || x > blank) {
    return;
  }
  const auto width = whole_integer(text.substr(0, x));
  const auto height = whole_integer(text.substr(x + 1, blank - x - 1));
  const auto chars = whole_integer(text.substr(blank + 1));
  const auto is_size = [](std::optional<std::int64_t> size) {
    return size && *size > 0 && *size <= kLargestPicturePx;
  };
  if (!is_size(width) || !is_size(height) || !chars || *chars <= 0) {
    return;
  }
  thumbnail.width_px = static_cast<int>(*width);
  thumbnail.height_px = static_cast<int>(*height);
  thumbnail.encoded_chars = static_cast<std::uint64_t>(*chars);
  open_thumbnail_ = thumbnail;
}

// False when the line belongs to no picture; then the picture before it was never finished.
bool HeaderScanner::take_thumbnail_line(std::string_view text, std::uint64_t offset) {
  if (open_thumbnail_->offset == 0) {  // the block begins with the line after the announcement
    open_thumbnail_->offset = offset;
  }
  if (text.starts_with("thumbnail") && text.ends_with(" end")) {
    open_thumbnail_->length = offset - open_thumbnail_->offset;
    if (metadata_.thumbnails.size() < Metadata::kMaxThumbnails) {
      metadata_.thumbnails.push_back(*open_thumbnail_);
    }
    open_thumbnail_.reset();
    return true;
  }
  if (!is_base64(text)) {
    open_thumbnail_.reset();
    return false;
  }
  return true;
}

// True when the comment has nothing more to say.
bool HeaderScanner::take_annotation(const Annotation& annotation) {
  switch (annotation.kind) {
    case AnnotationKind::kLayerChange:
      ++metadata_.layer_changes;
      return true;
    case AnnotationKind::kLayerCount:
      if (annotation.layer && *annotation.layer > 0) {
        set(metadata_.layer_count, annotation.layer);
      }
      return true;
    case AnnotationKind::kTimeElapsed:
      elapsed_.reset();
      set(elapsed_, std::optional(annotation.time));
      return true;
    case AnnotationKind::kObjectStart:
      add_object(annotation.name);
      return true;
    case AnnotationKind::kLayerHeight:
    case AnnotationKind::kLayerZ:
    case AnnotationKind::kLineWidth:
    case AnnotationKind::kFeature:
    case AnnotationKind::kObjectEnd:
      return true;
  }
  return false;
}

void HeaderScanner::add_object(std::string_view name) {
  auto& objects = metadata_.objects;
  if (name.empty() || name.size() > kMaxNameBytesKept || objects.size() >= Metadata::kMaxObjects ||
      (!objects.empty() && objects.back() == name)) {
    return;
  }
  if (std::find(objects.begin(), objects.end(), name) == objects.end()) {
    objects.emplace_back(name);
  }
}

// "generated by PrusaSlicer 2.5.0 on ...", "Generated with Cura_SteamEngine 4.13.0",
// "G-Code generated by Simplify3D(R) Version 4.1.2", "Sliced by ideaMaker 4.1.1, ...",
// "BambuStudio 01.08.00.62".
bool HeaderScanner::take_slicer(std::string_view text) {
  auto rest = text;
  const bool named = take_prefix(rest, "generated by ") || take_prefix(rest, "Generated with ") ||
                     take_prefix(rest, "Generated by ") ||
                     take_prefix(rest, "G-Code generated by ") || take_prefix(rest, "Sliced by ") ||
                     rest.starts_with("BambuStudio ") || rest.starts_with("KISSlicer");
  if (!named) {
    return false;
  }
  const auto take_word = [&rest] {
    rest = trim_left(rest);
    const auto end = std::min(rest.find_first_of(" \t,"), rest.size());
    const auto word = rest.substr(0, end);
    rest.remove_prefix(end);
    return word;
  };
  auto name = take_word();
  if (name.ends_with("(R)")) {
    name.remove_suffix(3);
  }
  auto version = take_word();
  if (version == "Version" || version == "version") {
    version = take_word();
  }
  if (version == "on" || version == "-") {
    version = {};
  }
  if (!name.empty() && name.size() + version.size() <= kMaxNameBytesKept) {
    set(metadata_.slicer, std::optional(Slicer{std::string(name), std::string(version)}));
  }
  return true;
}

// "key = value": the Slic3r family.
void HeaderScanner::take_setting(std::string_view key, std::string_view value) {
  auto& m = metadata_;
  if (key == "estimated printing time (normal mode)" || key == "estimated printing time") {
    set_time(duration(value));
  } else if (key == "filament used [mm]") {
    set_length(m.filament_length, sum_of_list(value, "mm"));
  } else if (key == "filament used [cm3]") {
    set_amount(m.filament_volume_cm3, sum_of_list(value, "cm3"));
  } else if (key == "filament used [g]" || key == "total filament used [g]") {
    set_amount(m.filament_mass_g, sum_of_list(value, "g"));
  } else if (key == "filament used") {  // "1106.4mm (2.7cm3)"
    const auto bracket = value.find('(');
    set_length(m.filament_length, sum_of_list(value.substr(0, bracket), "mm"));
    if (bracket != std::string_view::npos && value.ends_with(')')) {
      set_amount(m.filament_volume_cm3,
                 sum_of_list(value.substr(bracket + 1, value.size() - bracket - 2), "cm3"));
    }
  } else if (key == "filament_type" && !value.empty() && value.size() <= kMaxNameBytesKept) {
    set(m.material, std::optional(std::string(value)));
  } else if (key == "layer_height") {
    set_length(m.layer_height, positive(whole_number(value), kLargestMm));
  } else if (key == "first_layer_height" || key == "initial_layer_print_height") {
    set_length(m.first_layer_height, positive(whole_number(value), kLargestMm));
  } else if (key == "temperature" || key == "nozzle_temperature") {
    set_temperature(m.nozzle_temperature, value);
  } else if (key == "first_layer_temperature" || key == "nozzle_temperature_initial_layer") {
    set_temperature(m.first_layer_nozzle_temperature, value);
  } else if (key == "bed_temperature") {
    set_temperature(m.bed_temperature, value);
  } else if (key == "first_layer_bed_temperature") {
    set_temperature(m.first_layer_bed_temperature, value);
  }
}

// "key: value": Cura, Simplify3D, ideaMaker, and the header of Orca and Bambu.
void HeaderScanner::take_statement(std::string_view key, std::string_view value) {
  auto& m = metadata_;
  if (take_box(key, value)) {
    return;
  }
  if (key == "TIME" || key == "Print Time") {
    const auto seconds = positive(whole_number(value), kLargestAmount * 1e3);
    if (seconds && !m.print_time) {
      set_time(Seconds(*seconds));
      time_is_cura_ = key == "TIME";
    }
  } else if (key == "Filament used") {
    take_filament(value);
  } else if (key == "Layer height" || key == "layerHeight") {
    set_length(m.layer_height, positive(whole_number(value), kLargestMm));
  } else if (key == "Build time" || key == "model printing time") {
    set_time(duration(value));
  } else if (key == "Filament length") {  // "1234.5 mm (1.23 m)"
    set_length(m.filament_length, sum_of_list(value.substr(0, value.find('(')), "mm"));
  } else if (key == "Plastic weight") {  // "3.71 g (0.01 lb)"
    set_amount(m.filament_mass_g, sum_of_list(value.substr(0, value.find('(')), "g"));
  } else if (key == "Plastic volume") {  // "2966.67 mm^3 (2.97 cc)"
    if (const auto mm3 = sum_of_list(value.substr(0, value.find('(')), "mm^3")) {
      set_amount(m.filament_volume_cm3, *mm3 / 1000.0);
    }
  } else if (key == "total filament length [mm]") {
    set_length(m.filament_length, sum_of_list(value, "mm"));
  } else if (key == "total filament volume [cm^3]") {
    set_amount(m.filament_volume_cm3, sum_of_list(value, "cm^3"));
  } else if (key == "total filament weight [g]") {
    set_amount(m.filament_mass_g, sum_of_list(value, "g"));
  }
}

// Cura: "2.03m", one entry an extruder, or "1234mm3" for volumetric printers; 0 is a placeholder.
void HeaderScanner::take_filament(std::string_view value) {
  if (const auto mm3 = sum_of_list(value, "mm3"); mm3 && value.ends_with("mm3")) {
    set_amount(metadata_.filament_volume_cm3, *mm3 / 1000.0);
    return;
  }
  const auto metres = sum_of_list(value, "m");
  if (metres && *metres > 0.0) {
    set_length(metadata_.filament_length, *metres * 1000.0);
  } else if (metres) {
    placeholders_seen_ = true;
  }
}

// Cura: MINX to MAXZ.
bool HeaderScanner::take_box(std::string_view key, std::string_view value) {
  if (key.size() != 4 || (!key.starts_with("MIN") && !key.starts_with("MAX")) || key[3] < 'X' ||
      key[3] > 'Z') {
    return false;
  }
  const auto edge = static_cast<std::size_t>(key[3] - 'X') + (key[1] == 'A' ? 3 : 0);
  const auto value_mm = whole_number(value);
  if (!value_mm) {
    return true;
  }
  if (std::abs(*value_mm) >= kCuraBoxPlaceholderMm) {
    placeholders_seen_ = true;
    return true;
  }
  if (std::abs(*value_mm) <= kLargestMm && !box_mm_[edge]) {
    box_mm_[edge] = value_mm;
    set(box_, std::optional(StatedBox{}));
  }
  return true;
}

Metadata HeaderScanner::finish() {
  const bool is_placeholder = time_is_cura_ && placeholders_seen_ && metadata_.print_time &&
                              metadata_.print_time->value == Seconds(kCuraTimePlaceholderS);
  if (is_placeholder) {
    metadata_.print_time.reset();
  }
  if (!metadata_.print_time && elapsed_ && elapsed_->value > Seconds(0.0)) {
    metadata_.print_time = elapsed_;
  }
  const bool whole =
      std::all_of(box_mm_.begin(), box_mm_.end(),
                  [](const std::optional<double>& edge) { return edge.has_value(); });
  if (whole && box_mm_[0] <= box_mm_[3] && box_mm_[1] <= box_mm_[4] && box_mm_[2] <= box_mm_[5]) {
    box_->value = {Mm(*box_mm_[0]), Mm(*box_mm_[1]), Mm(*box_mm_[2]),
                   Mm(*box_mm_[3]), Mm(*box_mm_[4]), Mm(*box_mm_[5])};
    metadata_.bounding_box = box_;
  }
  return std::move(metadata_);
}

}  // namespace stepcast::gcode
