#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "stepcast/base/result.hpp"

namespace stepcast::stepgen {

/// Where a print's motion comes from, one byte a tick for four motors
/// (wire/tick_byte.hpp: bits 0-3 step, bits 4-7 direction, motor order x, y, z, e).
///
/// Threads: one reader.
class TickSource {
 public:
  virtual ~TickSource() = default;

  /// Fills `ticks` from the front and returns how many were written; fewer than asked only at the
  /// end of the print, 0 from then on. An error is final.
  [[nodiscard]] virtual Result<std::size_t> read(std::span<std::uint8_t> ticks) = 0;
};

}  // namespace stepcast::stepgen
