#include "stepcast/acoustic/hit_detector.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <limits>
#include <random>

#include <gtest/gtest.h>

#include "stepcast/acoustic/hit_table.hpp"

namespace stepcast::acoustic {
namespace {

// 1 MS/s, so that a sample is a microsecond; hits end after 10 us.
HitSettings settings() {
  return {.sample_rate = Hertz{1e6}, .threshold = Volts{1.0}, .discrimination = Seconds{10e-6}};
}

std::vector<Hit> hits_of(const std::vector<float>& samples, const HitSettings& with = settings()) {
  auto detector = HitDetector::create(with).value();
  std::vector<Hit> hits;
  EXPECT_TRUE(detector.feed(samples, hits));
  detector.finish(hits);
  return hits;
}

bool same(const Hit& a, const Hit& b) {
  return a.time == b.time && a.amplitude == b.amplitude && a.duration == b.duration &&
         a.energy == b.energy && a.rms == b.rms && a.rise_time == b.rise_time &&
         a.counts == b.counts;
}

// Noise below the threshold with bursts above it.
std::vector<float> burst_signal(std::uint32_t seed, std::size_t length) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> unit(-1.0F, 1.0F);
  std::vector<float> samples(length);
  float burst = 0;
  for (float& sample : samples) {
    burst = std::fabs(unit(random)) < 0.005F ? 5.0F : burst * 0.9F;
    sample = unit(random) * (0.9F + burst);
  }
  return samples;
}

TEST(HitDetector, MeasuresAHitByItsDefinitions) {
  //                                0    1     2    3     4     5    6
  std::vector<float> samples{0.5F, 2.0F, -3.0F, 0.5F, 1.5F, -0.5F, 0.0F};
  const auto hits = hits_of(samples);
  ASSERT_EQ(hits.size(), 1U);
  const Hit& hit = hits.front();
  EXPECT_DOUBLE_EQ(hit.time.v, 1e-6);
  EXPECT_DOUBLE_EQ(hit.amplitude.v, 3.0);
  EXPECT_DOUBLE_EQ(hit.duration.v, 3e-6);
  EXPECT_DOUBLE_EQ(hit.rise_time.v, 1e-6);
  EXPECT_DOUBLE_EQ(hit.counts, 2.0);
  const double squares = 4.0 + 9.0 + 0.25 + 2.25;
  EXPECT_NEAR(hit.energy.v, squares * 1e-6 / 1e-14, 1.0);
  EXPECT_DOUBLE_EQ(hit.rms.v, std::sqrt(squares / 4.0));
}

TEST(HitDetector, EqualToTheThresholdIsNotBeyondIt) {
  EXPECT_TRUE(hits_of({0.0F, 1.0F, -1.0F, 0.0F}).empty());
  EXPECT_EQ(hits_of({0.0F, -1.001F, 0.0F}).size(), 1U);
}

TEST(HitDetector, AHitOfTheNegativeSideHasNoCounts) {
  const auto hits = hits_of({0.0F, -2.0F, 0.0F});
  ASSERT_EQ(hits.size(), 1U);
  EXPECT_EQ(hits.front().counts, 0.0);
  EXPECT_EQ(hits.front().duration.v, 0.0);
}

TEST(HitDetector, SilenceShorterThanTheDiscriminationTimeJoins) {
  std::vector<float> samples(40, 0.0F);
  samples[5] = samples[14] = 2.0F;
  EXPECT_EQ(hits_of(samples).size(), 1U);
  samples[14] = 0.0F;
  samples[15] = 2.0F;
  const auto hits = hits_of(samples);
  ASSERT_EQ(hits.size(), 2U);
  EXPECT_DOUBLE_EQ(hits[1].time.v, 15e-6);
}

TEST(HitDetector, NoHitBeginsInTheLockout) {
  std::vector<float> samples(60, 0.0F);
  samples[5] = samples[20] = samples[40] = 2.0F;
  auto with = settings();
  with.lockout = Seconds{20e-6};
  const auto hits = hits_of(samples, with);
  ASSERT_EQ(hits.size(), 2U);
  EXPECT_DOUBLE_EQ(hits[1].time.v, 40e-6);
}

TEST(HitDetector, ASignalThatNeverEndsIsCut) {
  auto with = settings();
  with.longest = Seconds{100e-6};
  const auto hits = hits_of(std::vector<float>(1000, 2.0F), with);
  EXPECT_EQ(hits.size(), 10U);
  for (const Hit& hit : hits) {
    EXPECT_LE(hit.duration.v, 100e-6);
  }
}

TEST(HitDetector, RefersVoltagesToTheSensor) {
  auto with = settings();
  const auto plain = hits_of({0.0F, 2.0F, 0.5F, 1.5F, 0.0F}, with);
  with.preamplifier_db = 40.0;
  const auto amplified = hits_of({0.0F, 200.0F, 50.0F, 150.0F, 0.0F}, with);
  ASSERT_EQ(plain.size(), 1U);
  ASSERT_EQ(amplified.size(), 1U);
  EXPECT_NEAR(amplified[0].amplitude.v, plain[0].amplitude.v, 1e-9);
  EXPECT_NEAR(amplified[0].energy.v / plain[0].energy.v, 1.0, 1e-9);
  EXPECT_NEAR(amplified[0].rms.v, plain[0].rms.v, 1e-9);
  EXPECT_NEAR(decibels(Volts{1e-3}), 60.0, 1e-9);
  EXPECT_NEAR(from_decibels(60.0).v, 1e-3, 1e-12);
}

TEST(HitDetector, IsTheSameHoweverTheStreamIsCut) {
  for (std::uint32_t seed = 1; seed <= 20; ++seed) {
    const auto samples = burst_signal(seed, 6000);
    auto with = settings();
    with.lockout = Seconds{static_cast<double>(seed % 3) * 7e-6};
    with.longest = Seconds{80e-6};
    const auto whole = hits_of(samples, with);
    ASSERT_GT(whole.size(), 10U) << "seed " << seed;
    std::mt19937 random(seed);
    auto detector = HitDetector::create(with).value();
    std::vector<Hit> hits;
    for (std::size_t at = 0; at < samples.size();) {
      const auto count = std::min<std::size_t>(random() % 200, samples.size() - at);
      ASSERT_TRUE(detector.feed(std::span(samples).subspan(at, count), hits));
      at += count;
    }
    detector.finish(hits);
    ASSERT_EQ(hits.size(), whole.size()) << "seed " << seed;
    EXPECT_TRUE(std::ranges::equal(hits, whole, same)) << "seed " << seed;
  }
}

TEST(HitDetector, RefusesASampleThatIsNoNumber) {
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    std::vector<float> samples(500, 0.0F);
    samples[321] = bad;
    auto detector = HitDetector::create(settings()).value();
    std::vector<Hit> hits;
    const auto fed = detector.feed(samples, hits);
    ASSERT_FALSE(fed);
    EXPECT_NE(fed.error().message.find("321"), std::string::npos) << fed.error().message;
  }
}

TEST(HitDetector, RefusesSettingsThatNoRecorderCanHave) {
  auto with = settings();
  with.threshold = Volts{0.0};
  EXPECT_FALSE(HitDetector::create(with));
  with = settings();
  with.sample_rate = Hertz{std::nan("")};
  EXPECT_FALSE(HitDetector::create(with));
  with = settings();
  with.discrimination = Seconds{1e-9};
  EXPECT_FALSE(HitDetector::create(with));
}

// The recorder measured at 2 MS/s and stored every second sample, so what is found in the stored
// ones is bounded by its own values: no higher peak, no more counts, no longer hit.
TEST(HitDetector, AgreesWithTheRecorderOfTheSource) {
  const std::filesystem::path file = STEPCAST_SHARED_DIR "/data/ae/waveform_hits.tsv";
  if (!std::filesystem::exists(file)) {
    GTEST_SKIP() << file << " is not there";
  }
  auto table = HitTable::open(file, {.keep_waveforms = true, .units = {}}).value();
  int compared = 0;
  int same_peak = 0;
  for (;;) {
    const auto next = table.next();
    ASSERT_TRUE(next) << next.error().to_string();
    if (!*next) {
      break;
    }
    const HitRow& row = **next;
    std::vector<float> samples;
    double squares = 0;
    for (const char* at = row.waveform.data(); at < row.waveform.data() + row.waveform.size();) {
      double value = 0;
      at = std::from_chars(at, row.waveform.data() + row.waveform.size(), value).ptr + 1;
      samples.push_back(static_cast<float>(value));
      squares += value * value;
    }
    // Its rms is that of the whole record, silence before the hit included.
    EXPECT_NEAR(std::sqrt(squares / static_cast<double>(samples.size())) / row.hit.rms.v, 1.0,
                1e-6);
    const auto hits = hits_of(samples, {.sample_rate = Hertz{1e6}, .threshold = Volts{1e-3}});
    ASSERT_LE(hits.size(), 1U) << "line " << row.line;
    if (hits.empty()) {
      EXPECT_LT(row.hit.amplitude.v, 1.06e-3) << "line " << row.line;
      continue;
    }
    const Hit& hit = hits.front();
    ++compared;
    EXPECT_NEAR(hit.time.v, 200e-6, 5e-6) << "line " << row.line;
    EXPECT_LE(hit.amplitude.v, row.hit.amplitude.v * 1.001) << "line " << row.line;
    EXPECT_LE(hit.duration.v, row.hit.duration.v + 1e-6) << "line " << row.line;
    EXPECT_LE(hit.counts, row.hit.counts) << "line " << row.line;
    EXPECT_LE(hit.energy.v, row.hit.energy.v) << "line " << row.line;
    // It counts what follows the hit until it is sure of the end: about 1000 to 4000 eu of noise,
    // and of the peaks that are not stored.
    EXPECT_GT(hit.energy.v, row.hit.energy.v * 0.99 - 4100.0) << "line " << row.line;
    same_peak += std::fabs(hit.amplitude.v / row.hit.amplitude.v - 1.0) < 1e-3 ? 1 : 0;
  }
  EXPECT_EQ(compared, 33);
  EXPECT_GE(same_peak, 15);
}

}  // namespace
}  // namespace stepcast::acoustic
