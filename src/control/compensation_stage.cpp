#include "compensation_stage.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace stepcast::control {
namespace {

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
  filters_[axis] = std::move(filter);
  lanes_[axis] = {};
  lanes_[axis].last_path = lanes_[axis].last_plan = start_mm;
}

std::size_t CompensationStage::reach() const {
  std::size_t most = 0;
  for (const auto& filter : filters_.values) {
    most = std::max(most, filter->block() + filter->look_ahead());
  }
  return most;
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

Result<std::size_t> CompensationStage::advance(planner::Retimer& plan) {
  for (Samples& lane : lanes_.values) {
    for (std::vector<double>* samples : {&lane.path, &lane.plan, &lane.command}) {
      samples->erase(samples->begin(),
                     samples->begin() + static_cast<std::ptrdiff_t>(progress_.given));
    }
  }
  progress_.available -= progress_.given;
  progress_.given = 0;
  for (Axis axis : kAllAxes) {
    Samples& lane = lanes_[axis];
    shaping::AxisFilter& filter = *filters_[axis];
    // A lane that was filtered ahead of the others waits for them.
    while (lane.command.size() < kMostSamples) {
      const std::size_t done = lane.command.size();
      const std::size_t block = filter.block();
      const std::size_t needed = done + block + filter.look_ahead();
      if (needed > progress_.available) {
        if (auto read = read_plan(plan, needed - progress_.available); !read) {
          return tl::unexpected(read.error());
        }
      }
      lane.command.resize(done + block);
      filter.advance(std::span(lane.plan).subspan(done, needed - done),
                     std::span(lane.command).subspan(done, block));
    }
  }
  progress_.given = std::min(kMostSamples, progress_.available - progress_.padding);
  if (progress_.given == 0 && progress_.plan_ended && !progress_.settled &&
      progress_.drained < kMostDrained) {
    progress_.given = std::min(kMostSamples, progress_.padding);
    progress_.padding -= progress_.given;
    progress_.drained += progress_.given;
  }
  progress_.settled = progress_.plan_ended && commands_rest_on_plan();
  return progress_.given;
}

bool CompensationStage::commands_rest_on_plan() const {
  for (const Samples& lane : lanes_.values) {
    for (std::size_t k = 0; k < progress_.given; ++k) {
      if (std::abs(lane.command[k] - lane.plan[k]) > kSettledMm) {
        return false;
      }
    }
  }
  return true;
}

Result<void> CompensationStage::read_plan(planner::Retimer& plan, std::size_t samples) {
  planner::SampleSpans path_spans;
  planner::SampleSpans plan_spans;
  for (Axis axis : kAllAxes) {
    Samples& lane = lanes_[axis];
    lane.path.resize(progress_.available + samples);
    lane.plan.resize(progress_.available + samples);
    path_spans[axis] = std::span(lane.path).subspan(progress_.available, samples);
    plan_spans[axis] = std::span(lane.plan).subspan(progress_.available, samples);
  }
  std::size_t got = 0;
  if (!progress_.plan_ended) {
    auto read = plan.read(path_spans, plan_spans);
    if (!read) {
      return tl::unexpected(read.error());
    }
    got = *read;
    progress_.plan_ended = got < samples;
  }
  const std::size_t end = progress_.available + got;
  for (Samples& lane : lanes_.values) {
    for (auto [positions, last] :
         {std::pair{&lane.path, &lane.last_path}, std::pair{&lane.plan, &lane.last_plan}}) {
      if (got > 0) {
        *last = (*positions)[end - 1];
      }
      std::fill(positions->begin() + static_cast<std::ptrdiff_t>(end), positions->end(), *last);
    }
  }
  progress_.available += samples;
  progress_.padding += samples - got;
  return {};
}

void CompensationStage::save(Checkpoint& checkpoint) {
  checkpoint.samples_ = lanes_;
  checkpoint.progress_ = progress_;
  for (Axis axis : kAllAxes) {
    const auto state = filters_[axis]->state();
    checkpoint.filter_states_[axis].assign(state.begin(), state.end());
  }
}

void CompensationStage::restore(const Checkpoint& checkpoint) {
  lanes_ = checkpoint.samples_;
  progress_ = checkpoint.progress_;
  for (Axis axis : kAllAxes) {
    std::copy(checkpoint.filter_states_[axis].begin(), checkpoint.filter_states_[axis].end(),
              filters_[axis]->state().begin());
  }
}

}  // namespace stepcast::control
