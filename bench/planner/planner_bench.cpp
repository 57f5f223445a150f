// Moves planned and samples read a second, beside a plain two-pass planner.
//
//     cmake --build build/release --target planner_bench &&
//     build/release/bench/planner/planner_bench
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>

#include "stepcast/planner/corner_smoother.hpp"
#include "stepcast/planner/planners.hpp"
#include "stepcast/planner/sampler.hpp"
#include "stepcast/planner/toolpath.hpp"

#include "test_profile.hpp"

namespace stepcast {
namespace {

using planner::Move;
using planner::PlannedItem;
using planner::PlannedMove;
using planner::RampLimits;
using planner::ToolpathItem;

machine::Profile profile() {
  machine::Profile p = test::paper_machine();
  p.axes[Axis::kX].travel_min = Mm(-50);  // the vase stands around the origin
  p.axes[Axis::kY].travel_min = Mm(-50);
  return p;
}

// tower: a square of 20 mm with infill, long moves. vase: 0.67 mm segments.
const std::vector<ToolpathItem>& job(const std::string& name) {
  static std::map<std::string, std::vector<ToolpathItem>> jobs;
  if (const auto known = jobs.find(name); known != jobs.end()) {
    return known->second;
  }
  const auto file =
      std::filesystem::path(STEPCAST_SOURCE_DIR) / "tests/golden/data" / (name + ".gcode");
  const machine::Profile p = profile();
  planner::Toolpath toolpath(gcode::Reader::open(file).value(), p, {});
  std::vector<ToolpathItem> items;
  ToolpathItem item;
  while (toolpath.next(item).value()) {
    items.push_back(item);
  }
  return jobs.emplace(name, std::move(items)).first->second;
}

class ListSource final : public planner::MoveSource {
 public:
  explicit ListSource(const std::vector<ToolpathItem>& items) : items_(items) {}
  Result<bool> next(ToolpathItem& item) override {
    if (at_ == items_.size()) {
      return false;
    }
    item = items_[at_++];
    return true;
  }

 private:
  const std::vector<ToolpathItem>& items_;
  std::size_t at_ = 0;
};

void plan(benchmark::State& state, const char* planner_name, const char* job_name) {
  const auto& items = job(job_name);
  const machine::Profile p = profile();
  for (auto _ : state) {
    ListSource source(items);
    const auto planner = planner::make_planner(planner_name, p, source).value();
    PlannedItem item;
    while (planner->next(item).value()) {
      benchmark::DoNotOptimize(item);
    }
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(items.size() * state.iterations()));
}

// The textbook planner: the whole job in memory, a pass back and one forth, every speed by 60
// bisections of the ramp length. Same junctions as `lookahead`, nothing but X, Y and Z.
double bisect(double low, double high, const auto& fits) {
  if (fits(high)) {
    return high;
  }
  constexpr int kRounds = 60;
  for (int round = 0; round < kRounds; ++round) {
    const double middle = 0.5 * (low + high);
    (fits(middle) ? low : high) = middle;
  }
  return low;
}

double ramp_length(double from, double to, const RampLimits& limits) {
  return planner::speed_change(MmPerS(from), MmPerS(to), limits).distance.v;
}

void plan_naively(benchmark::State& state, const char* job_name) {
  const auto& items = job(job_name);
  const machine::Profile p = profile();
  const RampLimits limits{p.path.acceleration, p.path.jerk};
  const auto reach = [&](double from, double length, double ceiling) {
    return bisect(from, ceiling, [&](double v) { return ramp_length(from, v, limits) <= length; });
  };
  for (auto _ : state) {
    std::vector<Move> moves;
    for (const ToolpathItem& item : items) {
      if (const auto* move = std::get_if<Move>(&item)) {
        moves.push_back(*move);
      }
    }
    std::vector<double> v(moves.size() + 1, 0.0);
    for (std::size_t i = 1; i < moves.size(); ++i) {
      if (!moves[i].in_plane() || !moves[i - 1].in_plane()) {
        continue;
      }
      const auto in = moves[i - 1].end_direction();
      const auto out = moves[i].start_direction();
      double cosine = 0.0;
      for (Axis axis : {Axis::kX, Axis::kY, Axis::kZ}) {
        cosine -= in[axis] * out[axis];
      }
      const double s = std::sqrt(0.5 * (1 - std::clamp(cosine, -1.0, 1.0)));
      const double corner = std::sqrt(p.path.acceleration.v * p.path.junction_deviation.v * s /
                                      std::max(1e-12, 1 - s));
      v[i] = std::min({corner, moves[i].speed.v, moves[i - 1].speed.v});
    }
    for (std::size_t i = moves.size(); i-- > 0;) {
      if (v[i] > v[i + 1]) {
        v[i] = std::min(v[i], reach(v[i + 1], moves[i].length.v, moves[i].speed.v));
      }
    }
    double time = 0.0;
    for (std::size_t i = 0; i < moves.size(); ++i) {
      const double length = moves[i].length.v;
      const double ceiling = std::max({moves[i].speed.v, v[i], v[i + 1]});
      if (v[i + 1] > v[i]) {
        v[i + 1] = std::min(v[i + 1], reach(v[i], length, ceiling));
      }
      const double peak = bisect(std::max(v[i], v[i + 1]), ceiling, [&](double top) {
        return ramp_length(v[i], top, limits) + ramp_length(top, v[i + 1], limits) <= length;
      });
      const planner::SpeedProfile made(moves[i].length, MmPerS(v[i]), MmPerS(peak),
                                       MmPerS(v[i + 1]), limits);
      time += made.duration().v;
    }
    benchmark::DoNotOptimize(time);
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(items.size() * state.iterations()));
}

BENCHMARK_CAPTURE(plan, lookahead_tower, "lookahead", "tower");
BENCHMARK_CAPTURE(plan, jlmcg_tower, "jlmcg", "tower");
BENCHMARK_CAPTURE(plan, marlin_tower, "marlin", "tower");
BENCHMARK_CAPTURE(plan_naively, tower, "tower");
BENCHMARK_CAPTURE(plan, lookahead_vase, "lookahead", "vase");
BENCHMARK_CAPTURE(plan, jlmcg_vase, "jlmcg", "vase");
BENCHMARK_CAPTURE(plan, marlin_vase, "marlin", "vase");
BENCHMARK_CAPTURE(plan_naively, vase, "vase");

/// Plays a plan that is ready, so that only reading it is measured.
class ReadyPlan final : public planner::Planner {
 public:
  explicit ReadyPlan(const char* job_name) {
    const machine::Profile p = profile();
    ListSource source(job(job_name));
    const auto planner = planner::make_planner("lookahead", p, source).value();
    PlannedItem item;
    while (planner->next(item).value()) {
      items_.push_back(item);
    }
  }
  Result<bool> next(PlannedItem& item) override {
    if (at_ == items_.size()) {
      return false;
    }
    item = items_[at_++];
    return true;
  }
  bool wants_rounded_corners() const override { return true; }
  void rewind() { at_ = 0; }

 private:
  std::vector<PlannedItem> items_;
  std::size_t at_ = 0;
};

constexpr std::size_t kBlock = 100;

struct Block {
  Block() {
    for (Axis axis : kAllAxes) {
      values[axis].resize(kBlock);
      spans[axis] = values[axis];
    }
  }
  PerAxis<std::vector<double>> values;
  planner::SampleSpans spans;
};

void sample(benchmark::State& state, const char* job_name) {
  ReadyPlan plan(job_name);
  Block out;
  std::size_t samples = 0;
  for (auto _ : state) {
    plan.rewind();
    planner::Sampler sampler(plan, {}, {}, {});
    for (std::size_t got = kBlock; got == kBlock; samples += got) {
      got = sampler.read(out.spans).value();
      benchmark::DoNotOptimize(out.values[Axis::kX].data());
    }
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(samples));
}
BENCHMARK_CAPTURE(sample, tower, "tower");
BENCHMARK_CAPTURE(sample, vase, "vase");

void sample_and_round(benchmark::State& state, const char* job_name, double acceleration) {
  ReadyPlan plan(job_name);
  machine::PathLimits limits = profile().path;
  limits.acceleration = MmPerS2(acceleration);
  const auto kernel = planner::junction_kernel(limits, Seconds(1e-3));
  Block path;
  Block rounded;
  std::size_t samples = 0;
  for (auto _ : state) {
    plan.rewind();
    planner::Sampler sampler(plan, {}, {}, {});
    planner::CornerSmoother smoother(sampler, {}, kernel);
    for (std::size_t got = kBlock; got == kBlock; samples += got) {
      got = smoother.read(path.spans, rounded.spans).value();
      benchmark::DoNotOptimize(rounded.values[Axis::kX].data());
    }
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(samples));
  state.counters["kernel"] = static_cast<double>(kernel.size());
}
BENCHMARK_CAPTURE(sample_and_round, tower_10_m_s2, "tower", 1e4);
BENCHMARK_CAPTURE(sample_and_round, tower_0_5_m_s2, "tower", 500.0);

}  // namespace
}  // namespace stepcast

BENCHMARK_MAIN();
