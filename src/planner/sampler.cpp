#include "stepcast/planner/sampler.hpp"

#include <algorithm>
#include <utility>

namespace stepcast::planner {

Sampler::Sampler(Planner& planner, const PerAxis<Mm>& start, const Options& options,
                 std::function<void(const TimedMarker&)> on_marker)
    : planner_(planner), options_(options), on_marker_(std::move(on_marker)), position_(start) {
  hold(options_.lead_in);
}

void Sampler::hold(Seconds duration) {
  moving_ = false;
  item_start_s_ = item_end_s_;
  item_end_s_ += duration.v;
}

void Sampler::begin(const PlannedMove& planned) {
  current_ = planned;
  profile_ = current_.profile();
  moving_ = true;
  phase_ = 0;
  item_start_s_ = item_end_s_;
  phase_start_s_ = item_start_s_;
  item_end_s_ += profile_.duration().v;
  planned_ += profile_.duration();
  position_ = current_.move.end;
  if (on_move_) {
    on_move_(current_.move, Seconds(item_start_s_));
  }
}

// Makes the next move or rest the current one; false when the trajectory is over.
Result<bool> Sampler::advance_item() {
  if (ended_) {
    return false;
  }
  PlannedItem item;
  for (;;) {
    auto more = planner_.next(item);
    if (!more) {
      return tl::unexpected(more.error());
    }
    if (!*more) {
      ended_ = true;
      hold(options_.lead_out);
      return true;
    }
    if (const auto* move = std::get_if<PlannedMove>(&item)) {
      begin(*move);
      return true;
    }
    if (const auto* dwell = std::get_if<Dwell>(&item)) {
      hold(dwell->duration);
      planned_ += dwell->duration;
      return true;
    }
    if (on_marker_) {
      on_marker_({std::get<Marker>(std::move(item)), Seconds(item_end_s_)});
    }
  }
}

Result<std::size_t> Sampler::read(const SampleSpans& out) {
  const std::size_t wanted = out[Axis::kX].size();
  for (std::size_t n = 0; n < wanted; ++n) {
    const double t = static_cast<double>(next_sample_) * options_.period.v;
    while (t >= item_end_s_) {
      auto more = advance_item();
      if (!more) {
        return tl::unexpected(more.error());
      }
      if (!*more) {
        return n;
      }
    }
    if (moving_) {
      const auto phases = profile_.phases();
      while (phase_ + 1 < phases.size() && t >= phase_start_s_ + phases[phase_].duration.v) {
        phase_start_s_ += phases[phase_].duration.v;
        ++phase_;
      }
      const Phase& phase = phases[phase_];
      const double dt = t - phase_start_s_;
      const Mm distance(phase.distance.v + dt * (phase.speed.v + dt * (phase.acceleration.v / 2.0 +
                                                                       dt * phase.jerk.v / 6.0)));
      const PerAxis<Mm> position = current_.move.at(std::min(distance, current_.move.length));
      for (Axis axis : kAllAxes) {
        out[axis][n] = position[axis].v;
      }
    } else {
      for (Axis axis : kAllAxes) {
        out[axis][n] = position_[axis].v;
      }
    }
    ++next_sample_;
  }
  return wanted;
}

}  // namespace stepcast::planner
