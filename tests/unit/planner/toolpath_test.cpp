#include "stepcast/planner/toolpath.hpp"

#include <cmath>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test_profile.hpp"

namespace stepcast::planner {
namespace {

using ::testing::HasSubstr;

struct JobRun {
  std::vector<Move> moves;
  std::vector<Marker> markers;
  std::vector<Dwell> dwells;
  ToolpathSummary summary;
  Error error;
  bool ok = false;
};

JobRun run(const std::string& job, const ToolpathOptions& options = {}) {
  const machine::Profile profile = test::paper_machine();
  Toolpath path(gcode::Reader::from_text(job, "job.gcode"), profile, options);
  JobRun result;
  ToolpathItem item;
  for (;;) {
    auto more = path.next(item);
    if (!more) {
      result.error = more.error();
      return result;
    }
    if (!*more) {
      break;
    }
    if (const auto* move = std::get_if<Move>(&item)) {
      result.moves.push_back(*move);
    } else if (const auto* dwell = std::get_if<Dwell>(&item)) {
      result.dwells.push_back(*dwell);
    } else {
      result.markers.push_back(std::get<Marker>(item));
    }
  }
  result.summary = path.summary();
  result.ok = true;
  return result;
}

TEST(Toolpath, KnowsTheBoxOfWhatItPrintsWithItsArcs) {
  const JobRun r =
      run("G90\nM83\nG1 X90 Y90 Z0.3 F600\nG1 X10 Y10\nG1 X40 E1\nG1 Z5\nG1 X60 Y50\n"
          "G3 X60 Y30 I0 J-10 E1\nG1 X70\n");
  ASSERT_TRUE(r.ok) << r.error.to_string();
  ASSERT_TRUE(r.summary.printed && r.summary.printed_above_priming);
  const auto near = [](Mm a, double b) { return std::abs(a.v - b) < 1e-9; };
  EXPECT_TRUE(near(r.summary.printed->low[Axis::kX], 10));
  EXPECT_TRUE(near(r.summary.printed->high[Axis::kX], 60));
  EXPECT_TRUE(near(r.summary.printed->high[Axis::kZ], 5));
  // Half a circle from the top to the bottom by its left.
  EXPECT_TRUE(near(r.summary.printed_above_priming->low[Axis::kX], 50));
  EXPECT_TRUE(near(r.summary.printed_above_priming->low[Axis::kY], 30));
  EXPECT_TRUE(near(r.summary.printed_above_priming->high[Axis::kY], 50));
  EXPECT_FALSE(run("G1 X10 F600\n").summary.printed);
}

TEST(Toolpath, FollowsAbsoluteAndRelativeWords) {
  const JobRun r = run("G90\nG1 X10 Y20 F600\nG91\nG1 X5\nG1 Y-5\n");
  ASSERT_EQ(r.moves.size(), 3U);
  EXPECT_EQ(r.moves[2].end[Axis::kX], Mm(15));
  EXPECT_EQ(r.moves[2].end[Axis::kY], Mm(15));
  EXPECT_EQ(r.moves[0].speed, MmPerS(10));
}

TEST(Toolpath, FeedIsModalAndMayStandAlone) {
  const JobRun r = run("G1 F1200\nG1 X10\nG0 X20\n");
  EXPECT_EQ(r.moves[0].speed, MmPerS(20));
  EXPECT_EQ(r.moves[1].speed, MmPerS(20));
}

TEST(Toolpath, InchesAreConverted) {
  const JobRun r = run("G20\nG1 X1 F60\n");
  EXPECT_DOUBLE_EQ(r.moves[0].end[Axis::kX].v, 25.4);
  EXPECT_DOUBLE_EQ(r.moves[0].speed.v, 25.4);
}

TEST(Toolpath, FilamentCountsOnOverEveryG92) {
  const JobRun r = run("M82\nG1 X10 E5 F600\nG92 E0\nG1 X20 E5\nG92 E100\nG1 X30 E101\n");
  EXPECT_EQ(r.moves[2].end[Axis::kE], Mm(11));
}

TEST(Toolpath, RelativeExtrusionIsIndependentOfTheAxes) {
  const JobRun r = run("G90\nM83\nG1 X10 E1 F600\nG1 X20 E1\n");
  EXPECT_EQ(r.moves[1].end[Axis::kE], Mm(2));
  EXPECT_EQ(r.moves[1].end[Axis::kX], Mm(20));
}

TEST(Toolpath, G92ShiftsTheFrameOfTheAxes) {
  const JobRun r = run("G1 X10 F600\nG92 X0\nG1 X5\nG92.1\nG1 X5\n");
  EXPECT_EQ(r.moves[1].end[Axis::kX], Mm(15));
  EXPECT_EQ(r.moves[2].end[Axis::kX], Mm(5));
}

TEST(Toolpath, RetractionIsNotFilamentUsed) {
  const JobRun r = run("M83\nG1 X10 E5 F600\nG1 E-2\nG1 X20\nG1 E2\nG1 X30 E1\nG1 E-2\n");
  EXPECT_EQ(r.summary.filament, Mm(6));
}

TEST(Toolpath, FlowFactorScalesOnlyTheFilament) {
  const JobRun r = run("M83\nM221 S150\nG1 X10 E2 F600\n");
  EXPECT_EQ(r.moves[0].end[Axis::kE], Mm(3));
  EXPECT_EQ(r.moves[0].end[Axis::kX], Mm(10));
}

TEST(Toolpath, FeedFactorScalesTheSpeed) {
  EXPECT_EQ(run("M220 S50\nG1 X10 F1200\n").moves[0].speed, MmPerS(10));
}

TEST(Toolpath, VolumetricExtrusionBecomesLength) {
  // 1.75 mm filament: 2.405 mm2.
  const JobRun r = run("M83\nM200 D1.75\nG1 X10 E2.405282 F600\n");
  EXPECT_NEAR(r.moves[0].end[Axis::kE].v, 1.0, 1e-6);
}

TEST(Toolpath, FirmwareRetractionIsMadeOnce) {
  const JobRun r = run("M207 S2 Z0.5 F1200\nG1 X10 Z1 F600\nG10\nG10\nG1 X20\nG11\nG11\n");
  ASSERT_EQ(r.moves.size(), 6U);
  EXPECT_EQ(r.moves[1].end[Axis::kE], Mm(-2));
  EXPECT_EQ(r.moves[1].speed, MmPerS(20));
  EXPECT_EQ(r.moves[2].end[Axis::kZ], Mm(1.5));
  EXPECT_EQ(r.moves[4].end[Axis::kZ], Mm(1.0));
  EXPECT_EQ(r.moves[5].end[Axis::kE], Mm(0));
}

TEST(Toolpath, G10WithWordsIsNoRetraction) {
  EXPECT_TRUE(run("G10 P1 S185 R0\nG1 X1 F600\n").moves.size() == 1);
}

TEST(Toolpath, ArcsInBothFormsAreTheSameArc) {
  const JobRun center = run("G1 X20 Y10 F600\nG3 X10 Y20 I-10 J0\n");
  const JobRun radius = run("G1 X20 Y10 F600\nG3 X10 Y20 R10\n");
  ASSERT_TRUE(center.ok && radius.ok);
  EXPECT_NEAR(center.moves[1].length.v, 10 * M_PI / 2, 1e-9);
  EXPECT_NEAR(radius.moves[1].length.v, center.moves[1].length.v, 1e-9);
  EXPECT_NEAR(radius.moves[1].at(Mm(5)).values[0].v, center.moves[1].at(Mm(5)).values[0].v, 1e-9);
}

TEST(Toolpath, HelixRisesAlongTheArc) {
  const JobRun r = run("G1 X20 Y10 F600\nG2 X20 Y10 Z1 I-10\n");
  const Move& helix = r.moves[1];
  EXPECT_NEAR(helix.length.v, std::hypot(20 * M_PI, 1.0), 1e-9);
  EXPECT_NEAR(helix.at(helix.length * 0.5)[Axis::kZ].v, 0.5, 1e-9);
  EXPECT_NEAR(helix.at(helix.length * 0.5)[Axis::kX].v, 0.0, 1e-9);
}

TEST(Toolpath, ArcLeavingTheBedIsRefusedThoughItEndsInside) {
  const JobRun r = run("G1 X10 Y5 F600\nG2 X30 Y5 I10 J0\nG3 X10 Y5 I-10 J0\nG3 X30 Y5 I10 J0\n");
  EXPECT_EQ(r.error.code, Errc::kOutOfRange);
  EXPECT_EQ(r.error.location, "job.gcode:4");
}

TEST(Toolpath, SplineEndsOnItsPoint) {
  const JobRun r = run("G1 X10 Y10 F600\nG5 X40 Y10 I0 J20 P0 Q20\n");
  ASSERT_TRUE(r.ok);
  EXPECT_GT(r.moves.size(), 10U);
  EXPECT_EQ(r.moves.back().end[Axis::kX], Mm(40));
}

TEST(Toolpath, DwellTakesSecondsOrMilliseconds) {
  const JobRun r = run("G4 S2\nG4 P500\nG1 X1 F60\n");
  ASSERT_EQ(r.dwells.size(), 2U);
  EXPECT_EQ(r.dwells[0].duration, Seconds(2));
  EXPECT_EQ(r.dwells[1].duration, Seconds(0.5));
}

TEST(Toolpath, HomingReturnsToTheHomePosition) {
  const JobRun r = run("G1 X50 Y60 Z10 F3000\nG28 X0 Y0\nG28\n");
  EXPECT_EQ(r.moves[1].end[Axis::kX], Mm(0));
  EXPECT_EQ(r.moves[1].end[Axis::kZ], Mm(10));
  EXPECT_EQ(r.moves.back().end[Axis::kZ], Mm(0));
}

TEST(Toolpath, BabystepMovesTheFrameWithTheNozzle) {
  const JobRun r = run("G1 Z1 F60\nM290 Z0.05\nG1 Z1\nG1 Z2\n");
  EXPECT_DOUBLE_EQ(r.summary.end[Axis::kZ].v, 2.05);
  EXPECT_EQ(r.moves.size(), 3U);
}

TEST(Toolpath, LayersComeFromTheSlicerOrElseFromHeights) {
  EXPECT_EQ(run(";LAYER_COUNT:2\n;LAYER:0\nG1 X1 E1 F60\n;LAYER:1\nG1 X2 E2\n").summary.layers, 2);
  EXPECT_EQ(run("M83\nG1 Z1 F60\nG1 X1 E1\nG1 Z2\nG1 X2\nG1 Z1\nG1 X3 E1\nG1 Z1.2\nG1 X4 E1\n")
                .summary.layers,
            2);
}

TEST(Toolpath, TinyMovesAreCarriedOverNotLost) {
  std::string job = "G91\nM83\nG1 F600\n";
  for (int i = 0; i < 1000; ++i) {
    job += "G1 X0.0000005 E0.0000005\n";
  }
  job += "G1 X1 E1\n";
  const JobRun r = run(job);
  EXPECT_NEAR(r.summary.end[Axis::kX].v, 1.0005, 1e-9);
  EXPECT_NEAR(r.summary.end[Axis::kE].v, 1.0005, 1e-9);
}

TEST(Toolpath, OutOfTheBedNamesLineAxisValueAndLimit) {
  const JobRun r = run("G1 X10 F600\nG1 X281\n");
  EXPECT_EQ(r.error.code, Errc::kOutOfRange);
  EXPECT_EQ(r.error.location, "job.gcode:2");
  EXPECT_THAT(r.error.message, HasSubstr("X would go to 281 mm"));
  EXPECT_THAT(r.error.message, HasSubstr("0 to 280"));
}

TEST(Toolpath, EveryDirectionOutOfTheBedIsRefused) {
  for (const char* job : {"G1 X-1 F60\n", "G1 Y281 F60\n", "G1 Z-0.1 F60\n", "G1 Z251 F60\n"}) {
    EXPECT_EQ(run(job).error.code, Errc::kOutOfRange) << job;
  }
}

TEST(Toolpath, SpeedOverTheLimitOfXOrYIsRefused) {
  const JobRun r = run("G1 X10 F12000\n");
  EXPECT_EQ(r.error.code, Errc::kOutOfRange);
  EXPECT_THAT(r.error.message, HasSubstr("200.0 mm/s"));
  EXPECT_THAT(r.error.message, HasSubstr("197"));
  EXPECT_THAT(r.error.remedy, HasSubstr("--slow-down"));
}

TEST(Toolpath, SpeedOverTheLimitIsCountedWhenAllowed) {
  const JobRun r = run("G1 X10 F12000\n", {.over_speed = OverSpeed::kSlowDown});
  ASSERT_TRUE(r.ok);
  EXPECT_EQ(r.summary.slowed_moves, 1);
  EXPECT_EQ(r.summary.first_slowed_line, 1);
}

TEST(Toolpath, LiftFasterThanZIsSlowedAsFirmwareDoes) {
  const JobRun r = run("G1 Z.3 F10500\n");
  ASSERT_TRUE(r.ok);
  EXPECT_EQ(r.summary.slowed_moves, 1);
}

TEST(Toolpath, MeaninglessNumbersAreRefused) {
  for (const char* job :
       {"G1 X10 F0\n", "G1 X10 F-5\n", "G1 E1000 F60\n", "M104 S900\n", "M140 S500\n", "M104 S-3\n",
        "M106 S900\n", "M220 S0\n", "M221 S-5\n", "G4 S-1\n", "G4 S1000000\n", "T5\nG1 X1 F60\n",
        "M204 S0\n", "M200 D50\n", "G2 X10 Y10 I5 J5 P0.5 F60\n"}) {
    const JobRun r = run(job);
    EXPECT_EQ(r.error.code, Errc::kOutOfRange) << job;
    EXPECT_THAT(r.error.location, HasSubstr("job.gcode:1")) << job;
  }
}

TEST(Toolpath, HugeNumbersAreRefused) {
  EXPECT_FALSE(run("G1 X99999999999999999999 F600\n").ok);
  EXPECT_FALSE(run("G1 X1e308 F600\n").ok);
  EXPECT_FALSE(run("G1 XNaN F600\n").ok);
}

TEST(Toolpath, ExpressionsAndEmergencyStopAreNotForAJob) {
  EXPECT_EQ(run("G1 X{foo} F600\n").error.code, Errc::kUnsupported);
  EXPECT_EQ(run("M112\n").error.code, Errc::kUnsupported);
}

TEST(Toolpath, TruncatedCuraFileIsRefused) {
  const JobRun r = run(";LAYER_COUNT:3\n;LAYER:0\nG1 X1 F60\n;LAYER:1\nG1 X2\n");
  EXPECT_EQ(r.error.code, Errc::kMalformed);
  EXPECT_THAT(r.error.message, HasSubstr("promises 3 layers and holds 2"));
}

TEST(Toolpath, TruncatedPrusaSlicerFileIsRefused) {
  const std::string job = "; generated by PrusaSlicer 2.5.0\nG1 X1 F60\n";
  EXPECT_EQ(run(job).error.code, Errc::kMalformed);
  EXPECT_TRUE(run(job + "; prusaslicer_config = end\n").ok);
}

TEST(Toolpath, HeatersFansAndPausesBecomeMarkers) {
  const JobRun r = run("M109 S200\nM190 S60\nM106 S127.5\nM107\nM600\nM117 hello\nM73 P5 R3\n");
  ASSERT_EQ(r.markers.size(), 7U);
  EXPECT_EQ(r.markers[0].kind, Marker::Kind::kHotend);
  EXPECT_TRUE(r.markers[0].waits);
  EXPECT_EQ(r.markers[1].value, 60);
  EXPECT_EQ(r.markers[2].value, 0.5);
  EXPECT_EQ(r.markers[4].kind, Marker::Kind::kPause);
  EXPECT_EQ(r.markers[5].text, "hello");
  EXPECT_EQ(r.markers[6].value, 5);
}

TEST(Toolpath, KnowsWhatToWaitForAndFromWhere) {
  const JobRun r = run("M104 S210\nM109\nM109 R180\nM190 R60\nM109 S200 T0\nM109\n");
  ASSERT_EQ(r.markers.size(), 6U);
  EXPECT_EQ(r.markers[1].value, 210);
  EXPECT_TRUE(r.markers[1].waits);
  EXPECT_FALSE(r.markers[1].cools);
  EXPECT_TRUE(r.markers[2].cools);
  EXPECT_TRUE(r.markers[3].cools);
  EXPECT_FALSE(r.markers[4].cools);
  EXPECT_EQ(r.markers[5].value, 200);
  EXPECT_EQ(run("M109\n").markers[0].kind, Marker::Kind::kOther) << "nothing to wait for";
  EXPECT_EQ(run("M104 S200 T3\n").error.code, Errc::kOutOfRange);
}

TEST(Toolpath, RefusesToMoveFilamentThroughANozzleThatMayBeCold) {
  const ToolpathOptions cold{.nozzle_at_start = Celsius{25}};
  const ToolpathOptions hot{.nozzle_at_start = Celsius{200}};
  EXPECT_TRUE(run("M83\nG1 X1 E1 F600\n").ok) << "nobody asked";
  const JobRun r = run("M83\nM104 S200\nG1 X5 F600\nG1 X10 E1\n", cold);
  EXPECT_EQ(r.error.code, Errc::kOutOfRange);
  EXPECT_EQ(r.error.location, "job.gcode:4");
  EXPECT_THAT(r.error.message, HasSubstr("170"));
  EXPECT_TRUE(run("M83\nM109 S200\nG1 X1 E1 F600\n", cold).ok);
  EXPECT_TRUE(run("M83\nM109 S200\nM104 S215\nG1 X1 E1 F600\n", cold).ok);
  EXPECT_FALSE(run("M83\nM109 S200\nM104 S100\nG1 X1 E1 F600\n", cold).ok);
  EXPECT_FALSE(run("M83\nM109 S200\nM104 S100\nM104 S200\nG1 X1 E-1 F600\n", cold).ok)
      << "it may have got cold";
  EXPECT_FALSE(run("M83\nM109 S100\nG1 X1 E1 F600\n", cold).ok);
  EXPECT_TRUE(run("M83\nG1 X1 E1 F600\n", hot).ok);
  EXPECT_TRUE(run("M83\nM104 S180\nG1 X1 E1 F600\n", hot).ok);
  EXPECT_FALSE(run("M83\nM104 S0\nG1 X1 E1 F600\n", hot).ok);
  EXPECT_TRUE(run("G1 X1 F600\nG92 E5\nG1 X5 E5\n", cold).ok) << "the filament stands still";
}

// --- jobs in pieces ---

TEST(Toolpath, GoesOnInTheModesOfAnEarlierPiece) {
  const std::string first = "G20\nG91\nM82\nG92 E2\nG0 X1 F60\nM203 X1\nM204 P40\nM207 S0.1\nG10\n";
  const std::string second = "G1 X1 E3\nG18\nG11\nG90\nG1 X1.5\n";
  const JobRun whole = run(first + second);
  const JobRun before = run(first);
  ASSERT_TRUE(whole.ok && before.ok) << whole.error.to_string();
  ToolpathOptions options;
  options.position_at_start = before.summary.end;
  options.mode_at_start = before.summary.mode_at_end;
  const JobRun after = run(second, options);
  ASSERT_TRUE(after.ok) << after.error.to_string();
  ASSERT_EQ(before.moves.size() + after.moves.size(), whole.moves.size());
  const Mm filament = before.summary.end[Axis::kE];  // a piece counts from its own start
  for (std::size_t i = 0; i < after.moves.size(); ++i) {
    const Move& of_whole = whole.moves[before.moves.size() + i];
    for (const Axis axis : kAllAxes) {
      const Mm shift = axis == Axis::kE ? filament : Mm(0);
      EXPECT_NEAR(after.moves[i].end[axis].v, (of_whole.end[axis] - shift).v, 1e-9) << i;
      EXPECT_EQ(after.moves[i].max_speed[axis], of_whole.max_speed[axis]);
    }
    EXPECT_EQ(after.moves[i].speed, of_whole.speed);
    EXPECT_EQ(after.moves[i].acceleration, of_whole.acceleration);
  }
}

}  // namespace
}  // namespace stepcast::planner
