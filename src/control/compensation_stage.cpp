#include "compensation_stage.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace stepcast::control {
namespace {

// Samples in a block: long enough to amortise the calls, short enough to stay in the first-level
// cache with all lanes (4 axes * 3 arrays * 100 * 8 B = 10 kB).
constexpr std::size_t kMostSamples = 100;
// A command this close to the plan, over a whole block at rest, has settled: a thousandth of a step
// of common machines, so that the last step comes out as the plan's.
constexpr double kSettledMm = 1e-5;
// The slowest axis that ships settles in 1.2 s; an axis that needs longer is given up on and put on
// the plan by its last step.
constexpr std::size_t kMostDrained = 3000;

}  // namespace

void CompensationStage::set(Axis axis, std::unique_ptr<shaping::AxisFilter> filter,
                            double start_mm) {
  filter->start(start_mm);
  lanes_[axis] = Lane{std::move(filter), {}, {}, {}};
}

std::span<const double> CompensationStage::path(Axis axis) const {
  return lanes_[axis].path;
}

std::span<const double> CompensationStage::plan(Axis axis) const {
  return lanes_[axis].plan;
}

std::span<const double> CompensationStage::command(Axis axis) const {
  return lanes_[axis].command;
}

Result<std::size_t> CompensationStage::advance(planner::CornerSmoother& plan) {
  for (Lane& lane : lanes_.values) {
    for (std::vector<double>* samples : {&lane.path, &lane.plan, &lane.command}) {
      samples->erase(samples->begin(), samples->begin() + static_cast<std::ptrdiff_t>(given_));
    }
  }
  available_ -= given_;
  given_ = 0;
  for (Lane& lane : lanes_.values) {
    // A lane that was filtered ahead of the others waits for them.
    while (lane.command.size() < kMostSamples) {
      const std::size_t done = lane.command.size();
      const std::size_t block = lane.filter->block();
      const std::size_t needed = done + block + lane.filter->look_ahead();
      if (needed > available_) {
        if (auto read = read_plan(plan, needed - available_); !read) {
          return tl::unexpected(read.error());
        }
      }
      lane.command.resize(done + block);
      lane.filter->advance(std::span(lane.plan).subspan(done, needed - done),
                           std::span(lane.command).subspan(done, block));
    }
  }
  given_ = std::min(kMostSamples, available_ - padding_);
  if (given_ == 0 && plan_ended_ && !settled_ && drained_ < kMostDrained) {
    given_ = std::min(kMostSamples, padding_);
    padding_ -= given_;
    drained_ += given_;
  }
  settled_ = plan_ended_ && commands_rest_on_plan();
  return given_;
}

bool CompensationStage::commands_rest_on_plan() const {
  for (const Lane& lane : lanes_.values) {
    for (std::size_t k = 0; k < given_; ++k) {
      if (std::abs(lane.command[k] - lane.plan[k]) > kSettledMm) {
        return false;
      }
    }
  }
  return true;
}

Result<void> CompensationStage::read_plan(planner::CornerSmoother& plan, std::size_t samples) {
  planner::SampleSpans path_spans;
  planner::SampleSpans plan_spans;
  for (Axis axis : kAllAxes) {
    Lane& lane = lanes_[axis];
    lane.path.resize(available_ + samples);
    lane.plan.resize(available_ + samples);
    path_spans[axis] = std::span(lane.path).subspan(available_, samples);
    plan_spans[axis] = std::span(lane.plan).subspan(available_, samples);
  }
  std::size_t got = 0;
  if (!plan_ended_) {
    auto read = plan.read(path_spans, plan_spans);
    if (!read) {
      return tl::unexpected(read.error());
    }
    got = *read;
    plan_ended_ = got < samples;
  }
  const std::size_t end = available_ + got;
  for (Lane& lane : lanes_.values) {
    for (std::vector<double>* positions : {&lane.path, &lane.plan}) {
      std::fill(positions->begin() + static_cast<std::ptrdiff_t>(end), positions->end(),
                end > 0 ? (*positions)[end - 1] : 0.0);
    }
  }
  available_ += samples;
  padding_ += samples - got;
  return {};
}

}  // namespace stepcast::control
