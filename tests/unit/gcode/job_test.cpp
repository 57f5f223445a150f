// The real jobs of the shared data: read to the end with the counts that grep gives.
#include <filesystem>
#include <map>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stepcast/gcode/annotation.hpp"
#include "stepcast/gcode/metadata.hpp"
#include "stepcast/gcode/reader.hpp"

namespace stepcast::gcode {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Counts {
  std::map<std::string, int> codes;
  int layers{};
  std::map<Feature, int> features;
};

class RealJob : public ::testing::Test {
 protected:
  static std::filesystem::path folder() {
    return std::filesystem::path(STEPCAST_SHARED_DIR) / "data" / "gcode";
  }
  void SetUp() override {
    if (!std::filesystem::exists(folder())) {
      GTEST_SKIP() << "no jobs in " << folder();
    }
  }

  static Counts count(const std::string& name) {
    Counts counts;
    auto reader = Reader::open(folder() / name).value();
    Command command;
    while (true) {
      const auto got = reader.next(command);
      EXPECT_TRUE(got.has_value()) << got.error().to_string();
      if (!got || !*got) {
        break;
      }
      if (command.letter != '\0') {
        ++counts.codes[std::string(1, command.letter) + std::to_string(command.number)];
      }
      if (const auto annotation = classify(command.comment)) {
        counts.layers += annotation->kind == AnnotationKind::kLayerChange ? 1 : 0;
        if (annotation->kind == AnnotationKind::kFeature) {
          ++counts.features[annotation->feature];
        }
      }
    }
    EXPECT_EQ(reader.position(), std::filesystem::file_size(folder() / name));
    EXPECT_THAT(reader.unknown().by_code, IsEmpty());
    return counts;
  }

  static Metadata metadata(const std::string& name) {
    auto scanned = scan_metadata(folder() / name);
    EXPECT_TRUE(scanned.has_value());
    return scanned.value_or(Metadata{});
  }
};

using Codes = std::map<std::string, int>;

TEST_F(RealJob, BenchyOfPrusaSlicer) {
  const std::string name = "benchy_prusaslicer_0.2mm.gcode";
  const auto counts = count(name);
  EXPECT_EQ(counts.codes, (Codes{{"G1", 34739},
                                 {"G92", 574},
                                 {"M107", 82},
                                 {"M106", 79},
                                 {"M104", 2},
                                 {"M84", 1},
                                 {"M82", 1},
                                 {"M140", 1},
                                 {"M109", 1},
                                 {"G90", 1},
                                 {"G28", 1},
                                 {"G21", 1}}));
  EXPECT_EQ(counts.layers, 215);
  EXPECT_EQ(counts.features.at(Feature::kOuterWall), 487);
  EXPECT_EQ(counts.features.at(Feature::kOverhangWall), 61);
  EXPECT_EQ(counts.features.count(Feature::kUnknown), 0U);
  const auto m = metadata(name);
  EXPECT_EQ(m.slicer->value.version, "2.5.0");
  EXPECT_EQ(m.print_time->value, Seconds(17 * 60 + 8));
  EXPECT_EQ(m.filament_length->value, Mm(547.07));
  EXPECT_EQ(m.filament_volume_cm3->value, 3.49);
  EXPECT_FALSE(m.filament_mass_g.has_value());
  EXPECT_EQ(m.layer_height->value, Mm(0.2));
  EXPECT_EQ(m.first_layer_height->value, Mm(0.3));
  EXPECT_EQ(m.layer_changes, 215);
  EXPECT_EQ(m.nozzle_temperature->value, Celsius{205});
}

TEST_F(RealJob, CubeOfCura) {
  const std::string name = "cube_cura.gcode";
  const auto counts = count(name);
  EXPECT_EQ(counts.codes, (Codes{{"G1", 12039},
                                 {"G0", 6003},
                                 {"G92", 5},
                                 {"M104", 4},
                                 {"M82", 2},
                                 {"M107", 2},
                                 {"G28", 2},
                                 {"M84", 1},
                                 {"M140", 1},
                                 {"M109", 1},
                                 {"M106", 1},
                                 {"M105", 1}}));
  EXPECT_EQ(counts.layers, 198);
  EXPECT_EQ(counts.features.at(Feature::kSkin), 56);
  const auto m = metadata(name);
  EXPECT_EQ(m.slicer->value.name, "Cura_SteamEngine");
  EXPECT_EQ(m.print_time->value, Seconds(1347.168076)) << "TIME:6666 is a placeholder";
  EXPECT_FALSE(m.filament_length.has_value());
  EXPECT_FALSE(m.bounding_box.has_value());
  EXPECT_EQ(m.layer_count->value, 198);
  EXPECT_EQ(m.layer_changes, 198);
  EXPECT_THAT(m.objects, ElementsAre("xyzCalibration_cube.stl"));
}

TEST_F(RealJob, CubeOfPrusaSlicer) {
  const auto counts = count("cube_prusaslicer.gcode");
  EXPECT_EQ(counts.codes.at("G1"), 25224);
  EXPECT_EQ(counts.codes.at("G92"), 590);
  EXPECT_EQ(counts.codes.at("M107"), 20);
  EXPECT_EQ(counts.layers, 198);
  EXPECT_EQ(counts.features.at(Feature::kInfill), 198);
  EXPECT_EQ(metadata("cube_prusaslicer.gcode").print_time->value, Seconds(28 * 60 + 35));
}

TEST_F(RealJob, EnderJobOfCura) {
  const std::string name = "ender3pro_cura_job.gcode";
  const auto counts = count(name);
  EXPECT_EQ(counts.codes.at("G1"), 26565);
  EXPECT_EQ(counts.codes.at("G0"), 7162);
  EXPECT_EQ(counts.codes.at("G91"), 1);
  EXPECT_EQ(counts.layers, 127);
  const auto m = metadata(name);
  EXPECT_EQ(m.slicer->value.version, "main");
  EXPECT_EQ(m.print_time->value, Seconds(3183));
  EXPECT_DOUBLE_EQ(m.filament_length->value.v, 2031.81);
  EXPECT_EQ(m.bounding_box->value.max_x, Mm(146.4));
  EXPECT_EQ(m.bounding_box->value.min_z, Mm(0.2));
  EXPECT_TRUE(m.has_cura_settings);
}

TEST_F(RealJob, StringingTestOfSlic3r) {
  const std::string name = "slic3r_1.3_stringing_test.gcode";
  const auto counts = count(name);
  EXPECT_EQ(counts.codes.at("G1"), 10783);
  EXPECT_EQ(counts.codes.at("G28"), 3);
  const auto m = metadata(name);
  EXPECT_EQ(m.slicer->value.name, "Slic3r");
  EXPECT_EQ(m.slicer->value.version, "1.3.0");
  EXPECT_EQ(m.filament_length->value, Mm(129.7));
  EXPECT_FALSE(m.first_layer_height.has_value()) << "150% is no length";
}

TEST_F(RealJob, SnowmanOfOldSlic3r) {
  const std::string name = "slic3r_reprap_snowman.gcode";
  const auto counts = count(name);
  EXPECT_EQ(counts.codes.at("G1"), 6075);
  EXPECT_EQ(counts.codes.at("G10"), 1);
  EXPECT_EQ(counts.codes.at("M116"), 2);
  EXPECT_EQ(counts.codes.at("T0"), 1);
  EXPECT_EQ(counts.codes.at("M0"), 1);
  const auto m = metadata(name);
  EXPECT_EQ(m.filament_length->value, Mm(1106.4));
  EXPECT_EQ(m.filament_volume_cm3->value, 2.7);
  EXPECT_FALSE(m.print_time.has_value());
}

}  // namespace
}  // namespace stepcast::gcode
