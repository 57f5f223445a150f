#include "stepcast/gcode/annotation.hpp"

#include <set>
#include <string>

#include <gtest/gtest.h>

namespace stepcast::gcode {
namespace {

Annotation annotation_of(std::string_view comment) {
  const auto annotation = classify(comment);
  EXPECT_TRUE(annotation.has_value()) << comment;
  return annotation.value_or(Annotation{});
}

TEST(Annotation, SeesTheLayerChangeOfEverySlicer) {
  for (const char* const comment :
       {"LAYER:0", "LAYER:-2", "LAYER_CHANGE", " CHANGE_LAYER", " layer 3, Z = 0.6",
        " BEGIN_LAYER_OBJECT z=0.250 z_thickness=0.25"}) {
    EXPECT_EQ(annotation_of(comment).kind, AnnotationKind::kLayerChange) << comment;
  }
  EXPECT_EQ(annotation_of("LAYER:-2").layer, -2);
  EXPECT_EQ(annotation_of(" layer 3, Z = 0.6").layer, 3);
  EXPECT_EQ(annotation_of(" layer 3, Z = 0.6").length, Mm(0.6));
  EXPECT_EQ(annotation_of(" BEGIN_LAYER_OBJECT z=0.250 z_thickness=0.25").length, Mm(0.25));
  EXPECT_EQ(annotation_of("LAYER_CHANGE").layer, std::nullopt);
}

TEST(Annotation, ReadsHeightsWidthsAndCounts) {
  EXPECT_EQ(annotation_of("Z:0.3").kind, AnnotationKind::kLayerZ);
  EXPECT_EQ(annotation_of("Z:0.3").length, Mm(0.3));
  EXPECT_EQ(annotation_of(" Z_HEIGHT: 0.2").length, Mm(0.2));
  EXPECT_EQ(annotation_of("HEIGHT:0.2").kind, AnnotationKind::kLayerHeight);
  EXPECT_EQ(annotation_of(" LAYER_HEIGHT: 0.2").kind, AnnotationKind::kLayerHeight);
  EXPECT_EQ(annotation_of("WIDTH:0.449999").kind, AnnotationKind::kLineWidth);
  EXPECT_EQ(annotation_of("LAYER_COUNT:198").layer, 198);
  EXPECT_EQ(annotation_of(" total layer number: 125").layer, 125);
  EXPECT_EQ(annotation_of(" total layers count = 125").kind, AnnotationKind::kLayerCount);
  EXPECT_EQ(annotation_of("TIME_ELAPSED:1347.168076").time, Seconds(1347.168076));
}

TEST(Annotation, MapsTheFeatureNamesOfEverySlicer) {
  const std::pair<const char*, Feature> cases[] = {
      {"TYPE:WALL-OUTER", Feature::kOuterWall},
      {"TYPE:External perimeter", Feature::kOuterWall},
      {" FEATURE: Outer wall", Feature::kOuterWall},
      {" outer perimeter", Feature::kOuterWall},
      {" feature outer perimeter", Feature::kOuterWall},
      {" 'Perimeter Path', 0.4 [feed mm/s], 20.0 [head mm/s]", Feature::kOuterWall},
      {"TYPE:WALL-INNER", Feature::kInnerWall},
      {"TYPE:Perimeter", Feature::kInnerWall},
      {" FEATURE: Inner wall", Feature::kInnerWall},
      {"TYPE:Overhang perimeter", Feature::kOverhangWall},
      {"TYPE:FILL", Feature::kInfill},
      {"TYPE:Internal infill", Feature::kInfill},
      {" FEATURE: Sparse infill", Feature::kInfill},
      {"TYPE:Solid infill", Feature::kSolidInfill},
      {" FEATURE: Internal solid infill", Feature::kSolidInfill},
      {"TYPE:Top solid infill", Feature::kTopSurface},
      {" FEATURE: Top surface", Feature::kTopSurface},
      {" FEATURE: Bottom surface", Feature::kBottomSurface},
      {"TYPE:SKIN", Feature::kSkin},
      {"TYPE:Bridge infill", Feature::kBridge},
      {" FEATURE: Gap infill", Feature::kGapFill},
      {"TYPE:Ironing", Feature::kIroning},
      {"TYPE:SKIRT", Feature::kSkirt},
      {"TYPE:Skirt/Brim", Feature::kSkirt},
      {" FEATURE: Brim", Feature::kBrim},
      {" raft", Feature::kRaft},
      {"TYPE:SUPPORT", Feature::kSupport},
      {"TYPE:Support material", Feature::kSupport},
      {"TYPE:SUPPORT-INTERFACE", Feature::kSupportInterface},
      {" dense support", Feature::kSupportInterface},
      {"TYPE:PRIME-TOWER", Feature::kPrimeTower},
      {"TYPE:Wipe tower", Feature::kPrimeTower},
      {"TYPE:TRAVEL", Feature::kTravel},
      {"TYPE:Custom", Feature::kCustom},
  };
  for (const auto& [comment, feature] : cases) {
    EXPECT_EQ(annotation_of(comment).kind, AnnotationKind::kFeature) << comment;
    EXPECT_EQ(annotation_of(comment).feature, feature) << comment;
  }
}

TEST(Annotation, KeepsTheNameOfAFeatureThatItDoesNotKnow) {
  const auto annotation = annotation_of("TYPE:Fuzzy fur");
  EXPECT_EQ(annotation.kind, AnnotationKind::kFeature);
  EXPECT_EQ(annotation.feature, Feature::kUnknown);
  EXPECT_EQ(annotation.name, "Fuzzy fur");
}

TEST(Annotation, ReadsObjectNames) {
  EXPECT_EQ(annotation_of(" printing object Cube 1.stl id:0 copy 0").name, "Cube 1.stl");
  EXPECT_EQ(annotation_of(" printing object Cube").kind, AnnotationKind::kObjectStart);
  EXPECT_EQ(annotation_of(" stop printing object Cube id:0 copy 0").kind,
            AnnotationKind::kObjectEnd);
  EXPECT_EQ(annotation_of("MESH:a b.stl").name, "a b.stl");
  EXPECT_EQ(annotation_of("MESH:NONMESH").kind, AnnotationKind::kObjectEnd);
  EXPECT_EQ(annotation_of("PRINTING: part").name, "part");
}

TEST(Annotation, TakesProseForProse) {
  for (const char* const comment :
       {"", " ", " outer wall of the castle", " layer", " layer three, Z = 1", "LAYER:x",
        "LAYER:", " layer 3", " layer 3, Z = x", "Z:high", "TIME_ELAPSED:-1", "TIME_ELAPSED:nan",
        " set temperature", " printing finished", "'quoted'", "'unclosed Path",
        "BEFORE_LAYER_CHANGE", "AFTER_LAYER_CHANGE", "LAYER_COUNT:99999999999999999999"}) {
    EXPECT_FALSE(classify(comment).has_value()) << comment;
  }
}

TEST(Annotation, NamesEachFeatureOnce) {
  std::set<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(Feature::kCustom); ++i) {
    names.insert(feature_name(static_cast<Feature>(i)));
  }
  EXPECT_EQ(names.size(), static_cast<std::size_t>(Feature::kCustom) + 1);
}

}  // namespace
}  // namespace stepcast::gcode
