#pragma once

#include <cstddef>
#include <span>

#include "stepcast/base/result.hpp"

namespace stepcast::gcode {

/// Where the bytes of a job come from, in order: a file, or an upload that is still under way.
///
/// Threads: one owner.
class ByteSource {
 public:
  virtual ~ByteSource() = default;

  /// Puts the next bytes into the front of `into`, which is not empty; may wait for them.
  /// @returns how many there were, 0 at the end of the job; kIo; kInterrupted when nobody waits for
  /// the rest any more. Not called again after 0 or an error.
  [[nodiscard]] virtual Result<std::size_t> read(std::span<char> into) = 0;
};

}  // namespace stepcast::gcode
