#include "stepcast/acoustic/hit_table.hpp"

#include <filesystem>
#include <sstream>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace stepcast::acoustic {
namespace {

Result<std::vector<HitRow>> rows_of(const std::string& text, HitTable::Options options = {}) {
  std::istringstream stream(text);
  auto table = HitTable::read(stream, "hits.csv", std::move(options));
  if (!table) {
    return tl::unexpected(table.error());
  }
  std::vector<HitRow> rows;
  for (;;) {
    auto row = table->next();
    if (!row) {
      return tl::unexpected(row.error());
    }
    if (!*row) {
      return rows;
    }
    rows.push_back(std::move(**row));
  }
}

Error error_of(const std::string& text, HitTable::Options options = {}) {
  auto rows = rows_of(text, std::move(options));
  return rows ? Error{} : rows.error();
}

constexpr const char* kNames = "amplitude,duration,energy,rms,rise_time,counts,label\n";

TEST(HitTable, ReadsTheTablesOfTheSharedData) {
  const auto rows = rows_of(std::string(kNames) + "3.5e-05,1e-07,1.41,3.73e-06,1e-07,0,1\n");
  ASSERT_TRUE(rows) << rows.error().to_string();
  ASSERT_EQ(rows->size(), 1U);
  const HitRow& row = rows->front();
  EXPECT_DOUBLE_EQ(row.hit.amplitude.v, 3.5e-5);
  EXPECT_DOUBLE_EQ(row.hit.duration.v, 1e-7);
  EXPECT_DOUBLE_EQ(row.hit.energy.v, 1.41);
  EXPECT_DOUBLE_EQ(row.hit.rms.v, 3.73e-6);
  EXPECT_EQ(row.label, 1);
  EXPECT_EQ(row.line, 2U);
}

TEST(HitTable, KnowsOtherNamesOrdersUnitsAndLineEnds) {
  const auto rows = rows_of(
      "\xEF\xBB\xBFindex;AMP [mV];Counts;Dur (us);rise-time_us;RMS_uV;Energy;note\r\n"
      "7;0,5;12;250;10,5;20;99,5;x\r\n\r\n");
  ASSERT_TRUE(rows) << rows.error().to_string();
  ASSERT_EQ(rows->size(), 1U);
  const Hit& hit = rows->front().hit;
  EXPECT_DOUBLE_EQ(hit.amplitude.v, 0.5e-3);
  EXPECT_DOUBLE_EQ(hit.duration.v, 250e-6);
  EXPECT_DOUBLE_EQ(hit.rise_time.v, 10.5e-6);
  EXPECT_DOUBLE_EQ(hit.rms.v, 20e-6);
  EXPECT_DOUBLE_EQ(hit.energy.v, 99.5);
  EXPECT_EQ(hit.counts, 12.0);
}

TEST(HitTable, ReadsAListOfVallensWithUnitsBelowTheNames) {
  const auto rows = rows_of(
      "Id   HHMMSS     MSEC     CHAN    A     R      D     CNTS  E      RMS   TRAI\n"
      "     [hh:mm:ss] [ms.us]         [dB]  [us]   [us]        [eu]   [uV]\n"
      "St   00:01:00   0.0000   1       0.0   0.0    0.0   0     0.0    1.0   0\n"
      "Ht   00:01:02   250.5    1       60.0  12.5   300.0 17    1.5E3  8.0   4\n");
  ASSERT_TRUE(rows) << rows.error().to_string();
  ASSERT_EQ(rows->size(), 1U);
  const Hit& hit = rows->front().hit;
  EXPECT_NEAR(hit.time.v, 62.2505, 1e-9);
  EXPECT_NEAR(hit.amplitude.v, 1e-3, 1e-12);
  EXPECT_DOUBLE_EQ(hit.rise_time.v, 12.5e-6);
  EXPECT_DOUBLE_EQ(hit.duration.v, 300e-6);
  EXPECT_DOUBLE_EQ(hit.energy.v, 1500.0);
  EXPECT_DOUBLE_EQ(hit.rms.v, 8e-6);
  EXPECT_EQ(hit.record, 4U);
}

TEST(HitTable, ReadsTheLinesOfTheRecorderAndDerivesTheirRms) {
  const auto rows = rows_of(
      R"({"time":1.5,"trai":3,"amplitude":0.002,"duration":1e-4,"energy":50,"rise_time":1e-5,"counts":4,"samples":2,"data":[0.003,-0.004]})"
      "\n");
  ASSERT_TRUE(rows) << rows.error().to_string();
  ASSERT_EQ(rows->size(), 1U);
  EXPECT_NEAR(rows->front().hit.rms.v, std::sqrt(12.5e-6), 1e-12);
  EXPECT_EQ(rows->front().hit.record, 3U);
}

TEST(HitTable, TakesUnitsThatTheTableDoesNotTell) {
  const auto rows =
      rows_of("TIME,AMP,DUR,E,RMS,RISE,CNTS\n110407065,2.5,100,5,1,10,3\n",
              {.keep_waveforms = false, .units = {"time=100ns", "AMP=mV", "dur=us", "rms=uV"}});
  ASSERT_TRUE(rows) << rows.error().to_string();
  EXPECT_NEAR(rows->front().hit.time.v, 11.0407065, 1e-9);
  EXPECT_DOUBLE_EQ(rows->front().hit.amplitude.v, 2.5e-3);
  EXPECT_DOUBLE_EQ(rows->front().hit.duration.v, 1e-4);
  EXPECT_FALSE(
      error_of(kNames, {.keep_waveforms = false, .units = {"amplitude=s"}}).message.empty());
  EXPECT_FALSE(error_of(kNames, {.keep_waveforms = false, .units = {"speed=s"}}).message.empty());
}

TEST(HitTable, NamesFileLineColumnAndValueOfWhatIsWrong) {
  for (const char* bad : {"x", "", "nan", "inf", "-1", "1e999", "1 2"}) {
    const Error error = error_of(
        fmt::format("{}1e-4,1e-3,5,1e-6,1e-5,2,0\n1e-4,{},5,1e-6,1e-5,2,0\n", kNames, bad));
    EXPECT_EQ(error.location, "hits.csv:3") << bad;
    EXPECT_NE(error.message.find(fmt::format("'duration': '{}'", bad)), std::string::npos)
        << error.message;
  }
  EXPECT_EQ(error_of(std::string(kNames) + "1,2,3\n").location, "hits.csv:2");
}

TEST(HitTable, RefusesATableWithoutTheFeatures) {
  EXPECT_NE(error_of("").message.find("empty"), std::string::npos);
  EXPECT_NE(error_of("\n\n").message.find("empty"), std::string::npos);
  const Error error = error_of("amplitude,duration,energy,rise_time\n1,2,3,4\n");
  EXPECT_NE(error.message.find("rms, counts"), std::string::npos) << error.message;
  EXPECT_NE(error_of("a,amplitude,duration,energy,rms,rise_time,counts\n").message.find("two"),
            std::string::npos);
  EXPECT_EQ(error_of(std::string("SQLite format 3\0", 16)).code, Errc::kUnsupported);
  EXPECT_FALSE(error_of("{\"amplitude\":1}\n").message.empty());
  EXPECT_FALSE(error_of("{\"amplitude\":\n").message.empty());
}

TEST(HitTable, NamesAloneAreATableOfNoHits) {
  const auto rows = rows_of(kNames);
  ASSERT_TRUE(rows) << rows.error().to_string();
  EXPECT_TRUE(rows->empty());
}

TEST(HitTable, WhatIsWrittenIsReadBack) {
  HitRow row;
  row.hit = {.time = Seconds{1.25},
             .record = 9,
             .amplitude = Volts{1e-3},
             .duration = Seconds{2e-4},
             .energy = EnergyUnits{123.5},
             .rms = Volts{4e-6},
             .rise_time = Seconds{3e-5},
             .counts = 8};
  row.waveform = "0.5,-0.25";
  for (const TableFormat format : {TableFormat::kSource, TableFormat::kCsv, TableFormat::kVallen}) {
    const auto rows = rows_of(table_header(format) + "\n" +
                                  table_line(format, row, TableVerdict{"defected", 0.75}) + "\n",
                              {.keep_waveforms = true, .units = {}});
    ASSERT_TRUE(rows) << rows.error().to_string();
    ASSERT_EQ(rows->size(), 1U);
    const Hit& hit = rows->front().hit;
    EXPECT_EQ(hit.time, row.hit.time);
    EXPECT_EQ(hit.record, 9U);
    EXPECT_NEAR(hit.amplitude.v, 1e-3, 1e-9);
    EXPECT_NEAR(hit.duration.v, 2e-4, 1e-12);
    EXPECT_DOUBLE_EQ(hit.energy.v, 123.5);
    EXPECT_NEAR(hit.rms.v, 4e-6, 1e-12);
    EXPECT_NEAR(hit.rise_time.v, 3e-5, 1e-12);
    EXPECT_EQ(hit.counts, 8.0);
    if (format == TableFormat::kSource) {
      EXPECT_EQ(rows->front().waveform, row.waveform);
      EXPECT_EQ(rows->front().label, 1);
    }
  }
}

TEST(HitTable, ReadsEveryTableOfTheSource) {
  const std::filesystem::path folder = STEPCAST_SHARED_DIR "/data/ae";
  if (!std::filesystem::exists(folder)) {
    GTEST_SKIP() << folder << " is not there";
  }
  const std::pair<const char*, int> files[] = {{"binary_train.csv", 123},
                                               {"overflow_train.csv", 630},
                                               {"practice_data.csv", 4840},
                                               {"waveform_hits.tsv", 35}};
  for (const auto& [name, expected] : files) {
    auto table = HitTable::open(folder / name, {});
    ASSERT_TRUE(table) << table.error().to_string();
    int rows = 0;
    for (;; ++rows) {
      const auto row = table->next();
      ASSERT_TRUE(row) << row.error().to_string();
      if (!*row) {
        break;
      }
    }
    EXPECT_EQ(rows, expected) << name;
  }
}

}  // namespace
}  // namespace stepcast::acoustic
