#pragma once

#include <cstddef>
#include <cstdint>

namespace stepcast::gcode {

/// The longest line that is not a comment. Slicers write under 200 bytes, object outlines of
/// EXCLUDE_OBJECT_DEFINE some ten thousand; beyond this it is not a job. Of longer comments the
/// first so many bytes are delivered.
inline constexpr std::size_t kMaxLineBytes = std::size_t{256} * 1024;

/// The largest code number and subcode. Vendors go up to M1006 and M9999; five digits leave room.
inline constexpr int kMaxCode = 99'999;
inline constexpr int kMaxSubcode = 999;

/// The longest name of an extended command; Klipper macros stay under 40.
inline constexpr std::size_t kMaxNameBytes = 128;

/// The largest line number `N`: exact in a double, and no job has that many lines. The smallest is
/// -1, which hosts send with M110.
inline constexpr std::int64_t kMaxLineNumber = 1'000'000'000'000'000;

/// Kinds of unknown commands that are counted one by one; a bound on memory for hostile files.
inline constexpr std::size_t kMaxUnknownKinds = 1000;

}  // namespace stepcast::gcode
