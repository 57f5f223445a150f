#include "stepcast/shaping/peak_meter.hpp"

#include <cmath>

namespace stepcast::shaping {

void PeakMeter::start(double position_mm) noexcept {
  *this = PeakMeter(rate_);
  last_mm_ = position_mm;
}

void PeakMeter::add(std::span<const double> position_mm) noexcept {
  for (const double position : position_mm) {
    double difference = position - last_mm_;
    last_mm_ = position;
    for (std::size_t order = 0; order < kOrders; ++order) {
      if (std::abs(difference) > largest_[order]) {
        largest_[order] = std::abs(difference);
        at_[order] = samples_;
      }
      const double next = difference - last_difference_[order];
      last_difference_[order] = difference;
      difference = next;
    }
    ++samples_;
  }
}

AxisPeaks PeakMeter::peaks() const noexcept {
  const double r = rate_.v;
  return {.speed = {MmPerS(largest_[0] * r), at_[0]},
          .acceleration = {MmPerS2(largest_[1] * r * r), at_[1]},
          .jerk = {MmPerS3(largest_[2] * r * r * r), at_[2]}};
}

}  // namespace stepcast::shaping
