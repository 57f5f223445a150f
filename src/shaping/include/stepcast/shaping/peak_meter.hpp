#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "stepcast/base/units.hpp"
#include "stepcast/shaping/compensators.hpp"

namespace stepcast::shaping {

/// The largest modulus of a finite difference, and the last sample that it was computed from
/// (counted from the first sample after start()).
template <class Unit>
struct Peak {
  Unit value;
  std::int64_t sample{};
};

struct AxisPeaks {
  Peak<MmPerS> speed;
  Peak<MmPerS2> acceleration;
  Peak<MmPerS3> jerk;
};

/// Peak speed, acceleration and jerk of one axis by backward differences of its samples, in one
/// pass and constant memory: limits are checked after every stage, and so after compensation.
///
/// Threads: one owner.
class PeakMeter {
 public:
  /// Samples arrive `rate` times a second.
  explicit PeakMeter(Hertz rate = kCommandRate) : rate_(rate) {}

  /// Forgets all, and takes the axis as having rested at `position_mm` for ever, so that a first
  /// sample elsewhere counts as motion.
  void start(double position_mm) noexcept;

  /// Real time: no allocation, lock or throw; a few ns per sample.
  void add(std::span<const double> position_mm) noexcept;

  [[nodiscard]] AxisPeaks peaks() const noexcept;

 private:
  static constexpr std::size_t kOrders = 3;  // speed, acceleration, jerk

  Hertz rate_;
  std::int64_t samples_{};
  double last_mm_{};
  std::array<double, kOrders> last_difference_{};  // of order 1, 2 and 3, mm
  std::array<double, kOrders> largest_{};
  std::array<std::int64_t, kOrders> at_{};
};

}  // namespace stepcast::shaping
