#pragma once

#include <deque>
#include <vector>

#include "stepcast/base/units.hpp"
#include "stepcast/control/heat_event.hpp"
#include "stepcast/control/motion_pipeline.hpp"
#include "stepcast/machine/profile.hpp"
#include "stepcast/planner/sampler.hpp"

namespace stepcast::control {

/// Temperatures and fan speeds between the planner, which knows their planned time, and the stream,
/// which needs their tick: that is certain when nothing can slow down the motion before any more.
///
/// Threads: one owner.
class HeatQueue {
 public:
  explicit HeatQueue(const machine::Profile& profile);

  /// A marker of any kind, in the order of the job.
  void note(const planner::TimedMarker& timed);
  /// Gives a tick to those that are due up to `firm`, which nothing can alter any more.
  void settle(const MotionPipeline& pipeline, Ticks firm);
  /// Gives a tick to all; the motion is over at `end`.
  void settle_all(const MotionPipeline& pipeline, Ticks end);
  /// What was settled since the last call, in the order of the job: the same events, whenever it is
  /// called.
  [[nodiscard]] std::vector<HeatEvent> take();

 private:
  struct Planned {
    HeatEvent event;
    Seconds time;
  };
  [[nodiscard]] Ticks tick_of(Seconds time) const;
  void settle_first(Ticks tick);

  Ticks ticks_per_sample_;
  std::deque<Planned> planned_;
  std::vector<HeatEvent> settled_;
};

}  // namespace stepcast::control
