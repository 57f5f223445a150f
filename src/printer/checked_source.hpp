#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "stepcast/base/axis.hpp"
#include "stepcast/base/result.hpp"
#include "stepcast/base/units.hpp"
#include "stepcast/stepgen/tick_source.hpp"
#include "stepcast/wire/crc32c.hpp"
#include "stepcast/wire/tick_byte.hpp"

namespace stepcast::printer {

/// Passes ticks on, and keeps count and sum of them: two streams with the same are the same.
class CheckedSource final : public stepgen::TickSource {
 public:
  /// `inner` must outlive this.
  explicit CheckedSource(stepgen::TickSource& inner) : inner_(inner) {}

  [[nodiscard]] Result<std::size_t> read(std::span<std::uint8_t> ticks) override {
    const std::size_t kept = std::min(ticks.size(), ahead_.size());
    std::copy_n(ahead_.begin(), kept, ticks.begin());
    ahead_.erase(ahead_.begin(), ahead_.begin() + static_cast<std::ptrdiff_t>(kept));
    const auto got = inner_.read(ticks.subspan(kept));
    if (!got) {
      return tl::unexpected(got.error());
    }
    const std::size_t size = kept + *got;
    ticks_ += static_cast<Ticks>(size);
    sum_ = wire::crc32c(ticks.first(size), sum_);
    return size;
  }

  /// Of all that was read.
  [[nodiscard]] Ticks ticks() const { return ticks_; }
  [[nodiscard]] std::uint32_t sum() const { return sum_; }
  /// What the motors do in what was skipped and looked at.
  [[nodiscard]] const PerAxis<Steps>& steps() const { return steps_; }

  /// Reads on to tick `to`, or to the end.
  [[nodiscard]] Result<void> skip(Ticks to) {
    std::array<std::uint8_t, kPart> part{};
    while (ticks_ < to) {
      const auto wanted =
          static_cast<std::size_t>(std::min(static_cast<Ticks>(part.size()), to - ticks_));
      const auto got = read(std::span(part).first(wanted));
      if (!got) {
        return tl::unexpected(got.error());
      }
      count(std::span(part).first(*got));
      if (*got < wanted) {
        break;
      }
    }
    return {};
  }
  /// Looks at the ticks up to `to`; they are still to be read. A batch at most, and once.
  [[nodiscard]] Result<void> look_ahead(Ticks to) {
    ahead_.resize(static_cast<std::size_t>(to - ticks_));
    const auto got = inner_.read(ahead_);
    if (!got) {
      return tl::unexpected(got.error());
    }
    ahead_.resize(*got);
    count(ahead_);
    return {};
  }

 private:
  static constexpr std::size_t kPart = 4096;  // amortises the calls, and fits the stack

  void count(std::span<const std::uint8_t> ticks) {
    for (const std::uint8_t tick : ticks) {
      if (tick == wire::kIdleTick) {
        continue;
      }
      for (const Axis motor : kAllAxes) {
        steps_[motor] += wire::tick_delta(tick, index(motor));
      }
    }
  }

  stepgen::TickSource& inner_;
  std::vector<std::uint8_t> ahead_;
  Ticks ticks_ = 0;
  std::uint32_t sum_ = 0;
  PerAxis<Steps> steps_;
};

}  // namespace stepcast::printer
