// Steps made a second: event by event, beside a visit to every tick.
//
//     cmake --build build/release --target stepgen_bench &&
//     build/release/bench/stepgen/stepgen_bench
#include <cmath>
#include <cstdint>
#include <numbers>
#include <vector>

#include <benchmark/benchmark.h>

#include "stepcast/stepgen/step_generator.hpp"

namespace stepcast::stepgen {
namespace {

constexpr double kStepsPerMm = 101.5;
constexpr int kTicksPerSample = 20;
constexpr std::size_t kSamples = 10'000;

// To and fro with this peak speed, mm/s; 0: at rest.
std::vector<double> swing(double speed_mm_s) {
  constexpr double kPeriod_s = 0.5;
  constexpr double kRate = 2.0 * std::numbers::pi / kPeriod_s;
  std::vector<double> samples;
  for (std::size_t k = 1; k <= kSamples; ++k) {
    samples.push_back(speed_mm_s / kRate * std::sin(kRate * static_cast<double>(k) * 1e-3));
  }
  return samples;
}

void report(benchmark::State& state, std::size_t steps) {
  state.SetItemsProcessed(static_cast<std::int64_t>(steps));
  state.counters["per_sample"] = benchmark::Counter(
      static_cast<double>(kSamples),
      benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void event_driven(benchmark::State& state) {
  const std::vector<double> samples = swing(static_cast<double>(state.range(0)));
  StepGenerator generator(kStepsPerMm, kTicksPerSample);
  std::vector<StepEvent> events;
  std::size_t steps = 0;
  for (auto _ : state) {
    generator.start(0.0);
    events.clear();
    benchmark::DoNotOptimize(generator.push(samples, events));
    benchmark::DoNotOptimize(events.data());
    steps += events.size();
  }
  report(state, steps);
}
BENCHMARK(event_driven)->Arg(0)->Arg(10)->Arg(75)->Arg(190);

// The definition: interpolate, round half up, emit the difference, 20 times a sample.
void tick_by_tick(benchmark::State& state) {
  const std::vector<double> samples = swing(static_cast<double>(state.range(0)));
  std::vector<StepEvent> events;
  std::size_t steps = 0;
  for (auto _ : state) {
    events.clear();
    double from = 0.0;
    double at = 0.0;
    std::uint32_t tick = 0;
    for (const double sample : samples) {
      const double to = sample * kStepsPerMm;
      for (int i = 1; i <= kTicksPerSample; ++i, ++tick) {
        const double now = std::floor(from + (to - from) * i / kTicksPerSample + 0.5);
        if (now != at) {
          events.push_back({tick, now > at});
          at = now;
        }
      }
      from = to;
    }
    benchmark::DoNotOptimize(events.data());
    steps += events.size();
  }
  report(state, steps);
}
BENCHMARK(tick_by_tick)->Arg(0)->Arg(10)->Arg(75)->Arg(190);

}  // namespace
}  // namespace stepcast::stepgen

BENCHMARK_MAIN();
