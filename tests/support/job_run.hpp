#pragma once

#include <cmath>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "stepcast/gcode/reader.hpp"
#include "stepcast/machine/profile.hpp"
#include "stepcast/planner/corner_smoother.hpp"
#include "stepcast/planner/planners.hpp"
#include "stepcast/planner/sampler.hpp"
#include "stepcast/planner/toolpath.hpp"

namespace stepcast::test {

inline constexpr Seconds kSamplePeriod{1e-3};

/// Hands a plan on and keeps what passed by.
class RecordingPlanner final : public planner::Planner {
 public:
  explicit RecordingPlanner(planner::Planner& planner) : planner_(planner) {}

  Result<bool> next(planner::PlannedItem& item) override {
    auto more = planner_.next(item);
    if (more && *more) {
      items.push_back(item);
    }
    return more;
  }
  bool wants_rounded_corners() const override { return planner_.wants_rounded_corners(); }

  std::vector<planner::PlannedItem> items;

 private:
  planner::Planner& planner_;
};

/// A whole job, planned and sampled at 1 kHz.
struct JobRun {
  std::vector<planner::PlannedItem> items;
  PerAxis<std::vector<double>> path_mm;  ///< As planned, corners sharp.
  PerAxis<std::vector<double>> plan_mm;  ///< Corners rounded if the planner wants it.
  planner::SmoothingKernel kernel;
  Seconds planned_duration;
  PerAxis<Mm> end;

  [[nodiscard]] std::size_t samples() const { return path_mm[Axis::kX].size(); }
};

inline PerAxis<Mm> home_of(const machine::Profile& profile) {
  PerAxis<Mm> home;
  for (Axis axis : {Axis::kX, Axis::kY, Axis::kZ}) {
    home[axis] = profile.axes[axis].home;
  }
  return home;
}

/// Reads a smoother to its end, in chunks of an odd size.
/// @param most_samples stops a plan that does not end.
inline Result<void> read_all(planner::CornerSmoother& smoother, std::size_t most_samples,
                             JobRun& run) {
  constexpr std::size_t kChunk = 97;
  for (std::size_t size = 0; size < most_samples;) {
    planner::SampleSpans path;
    planner::SampleSpans plan;
    for (Axis axis : kAllAxes) {
      run.path_mm[axis].resize(size + kChunk);
      run.plan_mm[axis].resize(size + kChunk);
      path[axis] = std::span(run.path_mm[axis]).subspan(size);
      plan[axis] = std::span(run.plan_mm[axis]).subspan(size);
    }
    const auto got = smoother.read(path, plan);
    if (!got) {
      return tl::unexpected(got.error());
    }
    size += *got;
    if (*got < kChunk) {
      for (Axis axis : kAllAxes) {
        run.path_mm[axis].resize(size);
        run.plan_mm[axis].resize(size);
      }
      return {};
    }
  }
  return fail(Errc::kOutOfRange, "the plan is longer than the test allows");
}

/// Plans G-code with the planner of that name.
inline Result<JobRun> run_job(std::string_view gcode, const machine::Profile& profile,
                              std::string_view planner_name, std::size_t most_samples = 10'000'000,
                              const planner::Sampler::Options& rests = {}) {
  planner::Toolpath toolpath(gcode::Reader::from_text(gcode, "job"), profile, {});
  auto planner = planner::make_planner(planner_name, profile, toolpath);
  if (!planner) {
    return tl::unexpected(planner.error());
  }
  JobRun run;
  run.kernel = (*planner)->wants_rounded_corners()
                   ? planner::junction_kernel(profile.path, kSamplePeriod)
                   : planner::SmoothingKernel{1.0};
  RecordingPlanner recorder(**planner);
  const PerAxis<Mm> home = home_of(profile);
  planner::Sampler sampler(recorder, home, rests, {});
  planner::CornerSmoother smoother(sampler, home, run.kernel);
  if (auto read = read_all(smoother, most_samples, run); !read) {
    return tl::unexpected(read.error());
  }
  run.items = std::move(recorder.items);
  run.planned_duration = sampler.planned_duration();
  run.end = toolpath.summary().end;
  return run;
}

inline std::vector<planner::PlannedMove> moves_of(const JobRun& run) {
  std::vector<planner::PlannedMove> moves;
  for (const planner::PlannedItem& item : run.items) {
    if (const auto* move = std::get_if<planner::PlannedMove>(&item)) {
      moves.push_back(*move);
    }
  }
  return moves;
}

/// Largest |n-th difference| / period^n of a sampled position: the largest speed, acceleration or
/// jerk, each averaged over n periods.
inline double largest_derivative(const std::vector<double>& samples, int order) {
  std::vector<double> d = samples;
  double scale = 1.0;
  for (int n = 0; n < order && d.size() > 1; ++n) {
    for (std::size_t k = 0; k + 1 < d.size(); ++k) {
      d[k] = d[k + 1] - d[k];
    }
    d.pop_back();
    scale *= kSamplePeriod.v;
  }
  double largest = 0.0;
  for (const double value : d) {
    largest = std::max(largest, std::abs(value));
  }
  return largest / scale;
}

/// The same of the motion in the plane of X and Y.
inline double largest_plane_derivative(const PerAxis<std::vector<double>>& samples, int order) {
  PerAxis<std::vector<double>> d = samples;
  double scale = 1.0;
  std::size_t size = d[Axis::kX].size();
  for (int n = 0; n < order && size > 1; ++n, --size) {
    for (Axis axis : {Axis::kX, Axis::kY}) {
      for (std::size_t k = 0; k + 1 < size; ++k) {
        d[axis][k] = d[axis][k + 1] - d[axis][k];
      }
    }
    scale *= kSamplePeriod.v;
  }
  double largest = 0.0;
  for (std::size_t k = 0; k < size; ++k) {
    largest = std::max(largest, std::hypot(d[Axis::kX][k], d[Axis::kY][k]));
  }
  return largest / scale;
}

}  // namespace stepcast::test
