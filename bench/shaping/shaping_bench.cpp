// Cost of compensation and of judging it, per sample and axis, each beside a plain baseline.
//
//     cmake --build build/release --target shaping_bench &&
//     build/release/bench/shaping/shaping_bench
#include <cmath>
#include <limits>
#include <memory>
#include <span>
#include <vector>

#include <benchmark/benchmark.h>

#include "stepcast/shaping/axis_response.hpp"
#include "stepcast/shaping/compensators.hpp"
#include "stepcast/shaping/lpfbs.hpp"
#include "stepcast/shaping/peak_meter.hpp"
#include "stepcast/sim/axis_plant.hpp"
#include "stepcast/sim/contour_meter.hpp"

#include "motion_paths.hpp"
#include "naive_lpfbs.hpp"
#include "taz6_axes.hpp"

namespace stepcast {
namespace {

constexpr Seconds kPeriod{1e-3};

const test::SampledPath& plan() {
  static const test::SampledPath kPlan = test::polyline(test::zigzag());
  return kPlan;
}

void report_samples(benchmark::State& state, std::size_t samples) {
  state.counters["per_sample"] = benchmark::Counter(
      static_cast<double>(samples),
      benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

template <class Filter>
void run_blocks(benchmark::State& state, Filter& filter, std::size_t block, std::size_t window) {
  const std::vector<double>& x = plan().x;
  std::vector<double> command(block);
  std::size_t at = 0;
  for (auto _ : state) {
    filter.advance(std::span(x).subspan(at, window), command);
    benchmark::DoNotOptimize(command.data());
    benchmark::ClobberMemory();
    at = at + block + window <= x.size() ? at + block : 0;
  }
  report_samples(state, block);
}

void filter(benchmark::State& state, const char* name, Axis axis) {
  const auto made = shaping::make_axis_filter(name, test::taz6_profile(), axis);
  (*made)->start(0.0);
  run_blocks(state, **made, (*made)->block(), (*made)->block() + (*made)->look_ahead());
}

void naive(benchmark::State& state, const shaping::LpfbsConfig& config, Axis axis) {
  const auto response = shaping::sampled_response(test::taz6_response(axis), kPeriod);
  test::NaiveLpfbs made(shaping::design_lpfbs(config, *response).value());
  const auto knot = static_cast<std::size_t>(config.knot_spacing_samples);
  run_blocks(state, made, static_cast<std::size_t>(config.n_up) * knot,
             static_cast<std::size_t>(config.n_c) * knot);
}

constexpr shaping::LpfbsConfig kPaper{.knot_spacing_samples = 25, .n_c = 14, .n_up = 7};
constexpr shaping::LpfbsConfig kSharp{.knot_spacing_samples = 10, .n_c = 20, .n_up = 10};
BENCHMARK_CAPTURE(filter, none, "none", Axis::kX);
BENCHMARK_CAPTURE(filter, paper_x, "lpfbs-paper", Axis::kX);
BENCHMARK_CAPTURE(naive, paper_x, kPaper, Axis::kX);
BENCHMARK_CAPTURE(filter, sharp_x, "lpfbs-sharp", Axis::kX);
BENCHMARK_CAPTURE(naive, sharp_x, kSharp, Axis::kX);
BENCHMARK_CAPTURE(filter, sharp_y, "lpfbs-sharp", Axis::kY);
BENCHMARK_CAPTURE(naive, sharp_y, kSharp, Axis::kY);

void create(benchmark::State& state, const char* name) {
  const machine::Profile profile = test::taz6_profile();
  for (auto _ : state) {
    auto made = shaping::make_axis_filter(name, profile, Axis::kX);
    benchmark::DoNotOptimize(made);
  }
}
BENCHMARK_CAPTURE(create, paper_x, "lpfbs-paper")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(create, sharp_x, "lpfbs-sharp")->Unit(benchmark::kMillisecond);

void peak_meter(benchmark::State& state) {
  shaping::PeakMeter meter;
  meter.start(0.0);
  for (auto _ : state) {
    meter.add(plan().x);
    benchmark::DoNotOptimize(meter.peaks());
  }
  report_samples(state, plan().x.size());
}
BENCHMARK(peak_meter);

void axis_plant(benchmark::State& state, Axis axis) {
  auto plant = sim::AxisPlant::create(test::taz6_response(axis), kPeriod);
  plant->start(0.0);
  std::vector<double> tool(plan().x.size());
  for (auto _ : state) {
    plant->advance(plan().x, tool);
    benchmark::DoNotOptimize(tool.data());
  }
  report_samples(state, tool.size());
}
BENCHMARK_CAPTURE(axis_plant, x, Axis::kX);
BENCHMARK_CAPTURE(axis_plant, y, Axis::kY);

test::SampledPath simulated_tool() {
  test::SampledPath tool = plan();
  for (const Axis axis : {Axis::kX, Axis::kY}) {
    auto plant = sim::AxisPlant::create(test::taz6_response(axis), kPeriod);
    plant->start(0.0);
    std::vector<double>& samples = axis == Axis::kX ? tool.x : tool.y;
    plant->advance(samples, samples);
  }
  return tool;
}

void contour_meter(benchmark::State& state) {
  const test::SampledPath tool = simulated_tool();
  sim::ContourMeter meter;
  for (auto _ : state) {
    meter.add(plan().x, plan().y, tool.x, tool.y);
    benchmark::DoNotOptimize(meter.report());
  }
  report_samples(state, tool.x.size());
}
BENCHMARK(contour_meter);

void contour_full_scan(benchmark::State& state) {
  constexpr std::size_t kHalfWindow = 60;
  const test::SampledPath tool = simulated_tool();
  for (auto _ : state) {
    double sum = 0.0;
    for (std::size_t k = kHalfWindow; k + kHalfWindow < tool.x.size(); ++k) {
      double best = std::numeric_limits<double>::infinity();
      for (std::size_t v = k - kHalfWindow; v < k + kHalfWindow; ++v) {
        const double dx = plan().x[v + 1] - plan().x[v];
        const double dy = plan().y[v + 1] - plan().y[v];
        const double px = tool.x[k] - plan().x[v];
        const double py = tool.y[k] - plan().y[v];
        const double square = dx * dx + dy * dy;
        const double along = px * dx + py * dy;
        const double q = along <= 0.0 ? 0.0 : (along >= square ? 1.0 : along / square);
        const double ex = px - q * dx;
        const double ey = py - q * dy;
        best = std::min(best, ex * ex + ey * ey);
      }
      sum += best;
    }
    benchmark::DoNotOptimize(sum);
  }
  report_samples(state, tool.x.size());
}
BENCHMARK(contour_full_scan);

}  // namespace
}  // namespace stepcast

BENCHMARK_MAIN();
