#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <utility>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/stepgen/tick_source.hpp"

namespace stepcast::testing {

/// Tick bytes in which no two packets are alike, so that any swap, loss or repeat shows.
inline std::vector<std::uint8_t> random_ticks(std::size_t count, std::uint64_t seed = 1) {
  std::mt19937_64 random(seed);
  std::vector<std::uint8_t> ticks(count);
  for (std::uint8_t& tick : ticks) {
    tick = static_cast<std::uint8_t>(random());
  }
  return ticks;
}

/// Gives out a vector; fails after `good` ticks if told to.
class VectorSource final : public stepgen::TickSource {
 public:
  explicit VectorSource(std::vector<std::uint8_t> ticks) : ticks_(std::move(ticks)) {}

  void fail_after(std::size_t good) {
    fails_ = true;
    fails_at_ = good;
  }

  Result<std::size_t> read(std::span<std::uint8_t> out) override {
    if (fails_ && position_ + out.size() > fails_at_) {
      return fail(Errc::kOutOfRange, "x would leave the bed", "part.gcode:17");
    }
    const std::size_t count = std::min(out.size(), ticks_.size() - position_);
    std::copy_n(ticks_.begin() + static_cast<std::ptrdiff_t>(position_), count, out.begin());
    position_ += count;
    return count;
  }

 private:
  std::vector<std::uint8_t> ticks_;
  std::size_t position_ = 0;
  bool fails_ = false;
  std::size_t fails_at_ = 0;
};

}  // namespace stepcast::testing
