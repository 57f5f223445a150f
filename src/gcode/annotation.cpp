#include "stepcast/gcode/annotation.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

#include "header_values.hpp"
#include "text.hpp"

namespace stepcast::gcode {
namespace {

struct FeatureWord {
  std::string_view word;
  Feature feature;
};

// Cura and ideaMaker in capitals; PrusaSlicer and SuperSlicer; OrcaSlicer and Bambu Studio;
// Simplify3D in small letters; KISSlicer with "Path". Compared without case.
constexpr auto kFeatureWords = std::to_array<FeatureWord>({
    {"WALL-OUTER", Feature::kOuterWall},
    {"External perimeter", Feature::kOuterWall},
    {"Outer wall", Feature::kOuterWall},
    {"outer perimeter", Feature::kOuterWall},
    {"Perimeter Path", Feature::kOuterWall},
    {"WALL-INNER", Feature::kInnerWall},
    {"Perimeter", Feature::kInnerWall},
    {"Internal perimeter", Feature::kInnerWall},
    {"Inner wall", Feature::kInnerWall},
    {"inner perimeter", Feature::kInnerWall},
    {"Loop Path", Feature::kInnerWall},
    {"Overhang perimeter", Feature::kOverhangWall},
    {"Overhang wall", Feature::kOverhangWall},
    {"FILL", Feature::kInfill},
    {"Internal infill", Feature::kInfill},
    {"Sparse infill", Feature::kInfill},
    {"infill", Feature::kInfill},
    {"Sparse Infill Path", Feature::kInfill},
    {"Stacked Sparse Infill Path", Feature::kInfill},
    {"Solid infill", Feature::kSolidInfill},
    {"SOLID-FILL", Feature::kSolidInfill},
    {"Internal solid infill", Feature::kSolidInfill},
    {"solid layer", Feature::kSolidInfill},
    {"Solid Path", Feature::kSolidInfill},
    {"Top solid infill", Feature::kTopSurface},
    {"Top surface", Feature::kTopSurface},
    {"Bottom surface", Feature::kBottomSurface},
    {"SKIN", Feature::kSkin},
    {"BRIDGE", Feature::kBridge},
    {"Bridge infill", Feature::kBridge},
    {"Internal bridge infill", Feature::kBridge},
    {"Internal Bridge", Feature::kBridge},
    {"Gap fill", Feature::kGapFill},
    {"Gap infill", Feature::kGapFill},
    {"GAP-FILL", Feature::kGapFill},
    {"Ironing", Feature::kIroning},
    {"Ironing Path", Feature::kIroning},
    {"SKIRT", Feature::kSkirt},
    {"Skirt/Brim", Feature::kSkirt},
    {"Skirt Path", Feature::kSkirt},
    {"BRIM", Feature::kBrim},
    {"Brim Path", Feature::kBrim},
    {"RAFT", Feature::kRaft},
    {"Raft Path", Feature::kRaft},
    {"SUPPORT", Feature::kSupport},
    {"Support material", Feature::kSupport},
    {"Support Path", Feature::kSupport},
    {"Support (may Stack) Path", Feature::kSupport},
    {"Support transition", Feature::kSupport},
    {"SUPPORT-INTERFACE", Feature::kSupportInterface},
    {"Support material interface", Feature::kSupportInterface},
    {"Support interface", Feature::kSupportInterface},
    {"dense support", Feature::kSupportInterface},
    {"Support Interface Path", Feature::kSupportInterface},
    {"PRIME-TOWER", Feature::kPrimeTower},
    {"Wipe tower", Feature::kPrimeTower},
    {"Prime tower", Feature::kPrimeTower},
    {"prime pillar", Feature::kPrimeTower},
    {"Prime Pillar Path", Feature::kPrimeTower},
    {"TRAVEL", Feature::kTravel},
    {"Custom", Feature::kCustom},
});

std::optional<Feature> find_feature(std::string_view word) {
  const auto* const found =
      std::find_if(kFeatureWords.begin(), kFeatureWords.end(),
                   [&](const FeatureWord& known) { return equal_ignoring_case(known.word, word); });
  return found == kFeatureWords.end() ? std::nullopt : std::optional(found->feature);
}

Annotation of_kind(AnnotationKind kind) {
  Annotation annotation;
  annotation.kind = kind;
  return annotation;
}

std::optional<Annotation> feature_annotation(std::string_view word) {
  auto annotation = of_kind(AnnotationKind::kFeature);
  annotation.name = trim(word);
  annotation.feature = find_feature(annotation.name).value_or(Feature::kUnknown);
  return annotation;
}

std::optional<Annotation> length_annotation(AnnotationKind kind, std::string_view text) {
  const auto value = whole_number(text);
  if (!value) {
    return std::nullopt;
  }
  auto annotation = of_kind(kind);
  annotation.length = Mm(*value);
  return annotation;
}

std::optional<Annotation> layer_annotation(AnnotationKind kind, std::string_view text) {
  const auto number = whole_integer(text);
  if (!number) {
    return std::nullopt;
  }
  auto annotation = of_kind(kind);
  annotation.layer = number;
  return annotation;
}

// Simplify3D: "layer 3, Z = 0.6".
std::optional<Annotation> numbered_layer(std::string_view text) {
  const auto comma = text.find(',');
  auto annotation = layer_annotation(AnnotationKind::kLayerChange, text.substr(0, comma));
  if (!annotation || comma == std::string_view::npos) {
    return std::nullopt;
  }
  text = trim(text.substr(comma + 1));
  if (!take_prefix(text, "Z = ")) {
    return std::nullopt;
  }
  const auto z = whole_number(text);
  if (!z) {
    return std::nullopt;
  }
  annotation->length = Mm(*z);
  return annotation;
}

// KISSlicer: "BEGIN_LAYER_OBJECT z=0.250 z_thickness=0.25".
std::optional<Annotation> kisslicer_layer(std::string_view text) {
  auto annotation = of_kind(AnnotationKind::kLayerChange);
  text = trim(text);
  if (take_prefix(text, "z=")) {
    if (const auto z = take_number(text)) {
      annotation.length = Mm(*z);
    }
  }
  return annotation;
}

// "NAME id:0 copy 0": only the name counts.
std::string_view object_name(std::string_view text) {
  if (const auto id = text.rfind(" id:"); id != std::string_view::npos) {
    text = text.substr(0, id);
  }
  return trim(text);
}

std::optional<Annotation> object_annotation(AnnotationKind kind, std::string_view name) {
  auto annotation = of_kind(kind);
  annotation.name = name;
  return annotation;
}

std::optional<Annotation> capital_keyword(std::string_view text) {
  if (take_prefix(text, "TYPE:") || take_prefix(text, "FEATURE:")) {
    return feature_annotation(text);
  }
  if (take_prefix(text, "WIDTH:") || take_prefix(text, "LINE_WIDTH:")) {
    return length_annotation(AnnotationKind::kLineWidth, text);
  }
  if (take_prefix(text, "HEIGHT:") || take_prefix(text, "LAYER_HEIGHT:")) {
    return length_annotation(AnnotationKind::kLayerHeight, text);
  }
  if (take_prefix(text, "Z:") || take_prefix(text, "Z_HEIGHT:")) {
    return length_annotation(AnnotationKind::kLayerZ, text);
  }
  if (text == "LAYER_CHANGE" || text == "CHANGE_LAYER") {
    return of_kind(AnnotationKind::kLayerChange);
  }
  if (take_prefix(text, "LAYER:")) {
    return layer_annotation(AnnotationKind::kLayerChange, text);
  }
  if (take_prefix(text, "LAYER_COUNT:")) {
    return layer_annotation(AnnotationKind::kLayerCount, text);
  }
  if (take_prefix(text, "BEGIN_LAYER_OBJECT")) {
    return kisslicer_layer(text);
  }
  if (take_prefix(text, "TIME_ELAPSED:")) {
    const auto seconds = whole_number(text);
    if (!seconds || *seconds < 0.0) {
      return std::nullopt;
    }
    auto annotation = of_kind(AnnotationKind::kTimeElapsed);
    annotation.time = Seconds(*seconds);
    return annotation;
  }
  if (take_prefix(text, "MESH:")) {
    if (text == "NONMESH") {
      return of_kind(AnnotationKind::kObjectEnd);
    }
    return object_annotation(AnnotationKind::kObjectStart, trim(text));
  }
  if (take_prefix(text, "PRINTING:")) {
    return object_annotation(AnnotationKind::kObjectStart, trim(text));
  }
  return std::nullopt;
}

std::optional<Annotation> sentence(std::string_view text) {
  if (take_prefix(text, "printing object ")) {
    return object_annotation(AnnotationKind::kObjectStart, object_name(text));
  }
  if (take_prefix(text, "stop printing object ")) {
    return object_annotation(AnnotationKind::kObjectEnd, object_name(text));
  }
  if (take_prefix(text, "layer ")) {
    return numbered_layer(text);
  }
  if (take_prefix(text, "total layer number:") || take_prefix(text, "total layers count =")) {
    return layer_annotation(AnnotationKind::kLayerCount, text);
  }
  if (take_prefix(text, "feature ")) {
    return feature_annotation(text);  // Simplify3D 5
  }
  if (!text.empty() && text.front() == '\'') {  // KISSlicer: 'Loop Path', 0.4 [feed mm/s]
    const auto close = text.find('\'', 1);
    if (close != std::string_view::npos && text.substr(0, close).ends_with(" Path")) {
      return feature_annotation(text.substr(1, close - 1));
    }
    return std::nullopt;
  }
  // Simplify3D 4 writes the bare word. Only its own words count: prose must not be taken for one.
  constexpr auto kBareWords = std::to_array<std::string_view>(
      {"outer perimeter", "inner perimeter", "infill", "solid layer", "bridge", "gap fill", "skirt",
       "brim", "raft", "support", "dense support", "prime pillar", "ooze shield"});
  if (std::find(kBareWords.begin(), kBareWords.end(), text) != kBareWords.end()) {
    return feature_annotation(text);
  }
  return std::nullopt;
}

}  // namespace

std::optional<Annotation> classify(std::string_view comment) {
  const auto text = trim(comment);
  if (text.empty()) {
    return std::nullopt;
  }
  return text.front() >= 'A' && text.front() <= 'Z' ? capital_keyword(text) : sentence(text);
}

std::string_view feature_name(Feature feature) {
  switch (feature) {
    case Feature::kUnknown:
      return "unknown";
    case Feature::kOuterWall:
      return "outer wall";
    case Feature::kInnerWall:
      return "inner wall";
    case Feature::kOverhangWall:
      return "overhang wall";
    case Feature::kInfill:
      return "infill";
    case Feature::kSolidInfill:
      return "solid infill";
    case Feature::kTopSurface:
      return "top surface";
    case Feature::kBottomSurface:
      return "bottom surface";
    case Feature::kSkin:
      return "skin";
    case Feature::kBridge:
      return "bridge";
    case Feature::kGapFill:
      return "gap fill";
    case Feature::kIroning:
      return "ironing";
    case Feature::kSkirt:
      return "skirt";
    case Feature::kBrim:
      return "brim";
    case Feature::kRaft:
      return "raft";
    case Feature::kSupport:
      return "support";
    case Feature::kSupportInterface:
      return "support interface";
    case Feature::kPrimeTower:
      return "prime tower";
    case Feature::kTravel:
      return "travel";
    case Feature::kCustom:
      return "custom";
  }
  return "unknown";
}

}  // namespace stepcast::gcode
