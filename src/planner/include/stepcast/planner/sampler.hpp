#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "stepcast/base/axis.hpp"
#include "stepcast/base/result.hpp"
#include "stepcast/base/units.hpp"
#include "stepcast/planner/planners.hpp"

namespace stepcast::planner {

/// Positions of the four axes over time, mm, one span per axis, all of the same size.
using SampleSpans = PerAxis<std::span<double>>;

/// A marker with the time in the plan at which it takes effect.
struct TimedMarker {
  Marker marker;
  Seconds time;  ///< Since the first sample.
};

/// Reads a plan as positions at equal time steps.
///
/// Sample k is the exact position at time k * period. The trajectory starts with a rest of
/// `lead_in` and ends with one of `lead_out`, in which a compensator with preview settles.
///
/// Threads: one owner. Cost: O(1) a sample, no allocation but for markers.
class Sampler {
 public:
  struct Options {
    Seconds period{0.001};
    Seconds lead_in{0.1};
    Seconds lead_out{0.4};
  };

  /// `planner` must outlive the sampler. The listener may be empty; it is called ahead of the
  /// samples that it concerns.
  Sampler(Planner& planner, const PerAxis<Mm>& start, const Options& options,
          std::function<void(const TimedMarker&)> on_marker);

  /// Fills the spans from the front and returns how many samples were written; fewer than asked
  /// only at the end of the trajectory. An error of the planner is final.
  [[nodiscard]] Result<std::size_t> read(const SampleSpans& out);

  /// From now on `on_move` is told of every move and when it begins, since the first sample, as
  /// planned; ahead of its samples.
  void watch(std::function<void(const Move&, Seconds)> on_move) { on_move_ = std::move(on_move); }

  /// Time planned for moves and dwells so far; the print time once the end was read.
  [[nodiscard]] Seconds planned_duration() const { return planned_; }

 private:
  [[nodiscard]] Result<bool> advance_item();
  void begin(const PlannedMove& planned);
  void hold(Seconds duration);

  Planner& planner_;
  Options options_;
  std::function<void(const TimedMarker&)> on_marker_;
  std::function<void(const Move&, Seconds)> on_move_;

  // The item under way, in seconds since the first sample.
  PlannedMove current_;
  SpeedProfile profile_;
  std::size_t phase_ = 0;
  double phase_start_s_ = 0.0;
  double item_start_s_ = 0.0;
  double item_end_s_ = 0.0;
  bool moving_ = false;
  bool ended_ = false;

  PerAxis<Mm> position_;  ///< At the end of the last item.
  Seconds planned_;
  std::size_t next_sample_ = 0;
};

}  // namespace stepcast::planner
