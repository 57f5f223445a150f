// How many times faster than it is recorded a signal of 2 MS/s is searched for hits, and how long a
// hit takes to be judged.
//
//   bench_acoustic
//
// `real_time` counts seconds of signal for a second of one core. The signal: noise of a tenth of
// the threshold, and in a second 0, 10 or 1000 bursts of a millisecond; the last, a hit with 10 ms
// of waiting each, is never between hits.
#include <cmath>
#include <cstdlib>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "stepcast/acoustic/hit_detector.hpp"
#include "stepcast/acoustic/hit_table.hpp"
#include "stepcast/acoustic/model.hpp"

namespace {

using namespace stepcast;
using namespace stepcast::acoustic;

constexpr std::size_t kRate = 2'000'000;

std::vector<float> one_second(int bursts) {
  std::mt19937 random(1);
  std::normal_distribution<float> noise(0.0F, 1e-4F);
  std::vector<float> samples(kRate);
  for (float& sample : samples) {
    sample = noise(random);
  }
  constexpr std::size_t kLength = kRate / 1000;
  for (int burst = 0; burst < bursts; ++burst) {
    const std::size_t first = random() % (kRate - kLength);
    for (std::size_t i = 0; i < kLength; ++i) {
      const float age = static_cast<float>(i) / static_cast<float>(kLength);
      samples[first + i] += 0.02F * std::exp(-5.0F * age) * std::sin(0.5F * static_cast<float>(i));
    }
  }
  return samples;
}

void find_hits(benchmark::State& state) {
  const auto samples = one_second(static_cast<int>(state.range(0)));
  constexpr std::size_t kBlock = 65536;
  auto detector = HitDetector::create({}).value();
  std::vector<Hit> hits;
  std::size_t found = 0;
  for (auto _ : state) {
    for (std::size_t at = 0; at < samples.size(); at += kBlock) {
      const auto block = std::span(samples).subspan(at, std::min(kBlock, samples.size() - at));
      if (!detector.feed(block, hits)) {
        std::abort();
      }
      found += hits.size();
      hits.clear();
    }
  }
  state.counters["hits"] = static_cast<double>(found) / static_cast<double>(state.iterations());
  state.counters["real_time"] =
      benchmark::Counter(static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}
BENCHMARK(find_hits)->Arg(0)->Arg(10)->Arg(1000)->Unit(benchmark::kMillisecond);

void judge_hits(benchmark::State& state) {
  const auto judge = Judge::load(STEPCAST_SOURCE_DIR "/models/acoustic.json").value();
  const Hit hit{.time = {},
                .amplitude = Volts{1e-4},
                .duration = Seconds{1e-3},
                .energy = EnergyUnits{60.0},
                .rms = Volts{3.6e-6},
                .rise_time = Seconds{8e-5},
                .counts = 20};
  for (auto _ : state) {
    benchmark::DoNotOptimize(judge.judge(hit).probability);
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
}
BENCHMARK(judge_hits);

void read_table(benchmark::State& state) {
  std::string text = "amplitude,duration,energy,rms,rise_time,counts,label\n";
  constexpr int kRows = 100'000;
  for (int i = 0; i < kRows; ++i) {
    text += "0.000129392,0.000598,86.52171015,3.59e-06,0.0001383,16,1\n";
  }
  for (auto _ : state) {
    std::istringstream stream(text);
    auto table = HitTable::read(stream, "bench.csv", {}).value();
    while (table.next().value()) {
    }
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * kRows);
}
BENCHMARK(read_table)->Unit(benchmark::kMillisecond);

}  // namespace
