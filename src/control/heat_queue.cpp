#include "heat_queue.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "stepcast/shaping/compensators.hpp"

namespace stepcast::control {
namespace {

using What = HeatEvent::What;

std::optional<What> what_of(planner::Marker::Kind kind) {
  using Kind = planner::Marker::Kind;
  switch (kind) {
    case Kind::kHotend:
      return What::kNozzle;
    case Kind::kBed:
      return What::kBed;
    case Kind::kChamber:
      return What::kChamber;
    case Kind::kFan:
      return What::kFan;
    default:
      return std::nullopt;
  }
}

}  // namespace

HeatQueue::HeatQueue(const machine::Profile& profile)
    : ticks_per_sample_(std::llround(profile.tick_rate.v / shaping::kCommandRate.v)) {}

void HeatQueue::note(const planner::TimedMarker& timed) {
  const planner::Marker& marker = timed.marker;
  const auto what = what_of(marker.kind);
  if (!what) {
    return;
  }
  HeatEvent event;
  event.what = *what;
  event.line = marker.line;
  if (*what == What::kFan) {
    event.fan = marker.value;
  } else {
    event.target = Celsius{marker.value};
    event.wait = !marker.waits  ? HeatEvent::Wait::kNone
                 : marker.cools ? HeatEvent::Wait::kSettle
                                : HeatEvent::Wait::kReach;
  }
  planned_.push_back({event, timed.time});
}

/// Sample k of the motion is reached at the end of period k; the first that is not before the event
/// has everything of the job before it behind it.
Ticks HeatQueue::tick_of(Seconds time) const {
  // Sums of many planned durations: a sample that is missed by rounding is meant.
  constexpr double kRounding = 1e-6;
  const double samples = time.v * shaping::kCommandRate.v;
  return (static_cast<Ticks>(std::ceil(samples - kRounding)) + 1) * ticks_per_sample_;
}

void HeatQueue::settle(const MotionPipeline& pipeline, Ticks firm) {
  while (!planned_.empty()) {
    const Ticks tick = tick_of(pipeline.retimed(planned_.front().time));
    if (tick > firm) {
      return;
    }
    settle_first(tick);
  }
}

void HeatQueue::settle_all(const MotionPipeline& pipeline, Ticks end) {
  while (!planned_.empty()) {
    settle_first(std::min(tick_of(pipeline.retimed(planned_.front().time)), end));
  }
}

void HeatQueue::settle_first(Ticks tick) {
  HeatEvent event = planned_.front().event;
  planned_.pop_front();
  event.tick = tick;
  settled_.push_back(event);
}

std::vector<HeatEvent> HeatQueue::take() {
  return std::exchange(settled_, {});
}

}  // namespace stepcast::control
