#include "print_progress.hpp"

#include <algorithm>
#include <cmath>

namespace stepcast::printer {

Progress progress_of(const control::JobPlan& plan, Hertz tick_rate, std::int64_t file_bytes,
                     Ticks executed) {
  const Ticks total = plan.motion.ticks;
  Progress progress;
  progress.share = total > 0 ? static_cast<double>(executed) / static_cast<double>(total) : 0.0;
  progress.elapsed = Seconds(static_cast<double>(executed) / tick_rate.v);
  progress.left = Seconds(static_cast<double>(total - executed) / tick_rate.v);
  progress.file_position = std::llround(static_cast<double>(file_bytes) * progress.share);
  progress.exact = true;
  const auto next = std::upper_bound(
      plan.layers.begin(), plan.layers.end(), progress.elapsed,
      [](Seconds time, const control::LayerStart& layer) { return time < layer.time; });
  if (next != plan.layers.begin()) {
    progress.layer = std::prev(next)->layer;
  }
  return progress;
}

}  // namespace stepcast::printer
