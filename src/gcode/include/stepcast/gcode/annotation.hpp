#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "stepcast/base/units.hpp"

namespace stepcast::gcode {

/// What a slicer says that it prints. The slicers' words differ; docs/gcode.md has the table.
enum class Feature : std::uint8_t {
  kUnknown,  ///< The slicer names a feature that the table does not hold.
  kOuterWall,
  kInnerWall,
  kOverhangWall,
  kInfill,
  kSolidInfill,
  kTopSurface,
  kBottomSurface,
  kSkin,  ///< Top or bottom: the slicer does not say which.
  kBridge,
  kGapFill,
  kIroning,
  kSkirt,  ///< Skirt or brim where the slicer does not tell them apart.
  kBrim,
  kRaft,
  kSupport,
  kSupportInterface,
  kPrimeTower,
  kTravel,
  kCustom,
};

/// "outer wall", "inner wall" ...
[[nodiscard]] std::string_view feature_name(Feature feature);

enum class AnnotationKind : std::uint8_t {
  kLayerChange,  ///< A layer begins; `layer` and `length` (Z) if the slicer states them.
  kLayerHeight,  ///< `length`: height of the layer or of the path.
  kLayerZ,       ///< `length`: Z of the layer.
  kLineWidth,    ///< `length`.
  kFeature,      ///< `feature`, and `name` as written.
  kObjectStart,  ///< `name`.
  kObjectEnd,    ///< `name` if stated.
  kTimeElapsed,  ///< `time`: printed so far, as the slicer estimates it.
  kLayerCount,   ///< `layer`: how many there are.
};

/// What a comment says to machines. A claim of the slicer, never a fact.
struct Annotation {
  AnnotationKind kind{};
  Feature feature{};
  std::optional<std::int64_t> layer;  ///< As numbered by the slicer: from 0 or from 1.
  std::optional<Mm> length;
  Seconds time;
  std::string_view name;  ///< Points into the comment.
};

/// Understands the comment (as in Command::comment: without its marker) of Cura, PrusaSlicer,
/// OrcaSlicer, Bambu Studio, Simplify3D, KISSlicer and ideaMaker.
/// Cost: one look at the front of the comment; no allocation.
/// @returns nothing for a comment that is only for people.
[[nodiscard]] std::optional<Annotation> classify(std::string_view comment);

}  // namespace stepcast::gcode
