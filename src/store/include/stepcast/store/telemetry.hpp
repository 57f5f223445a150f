#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/store/store.hpp"

namespace stepcast::store {

/// Seconds since 1970, UTC: for display and history.
using UnixS = std::int64_t;

/// What one metric of one printer was in one second.
struct TelemetryRow {
  std::int64_t series{};  ///< series_of() the printer and the metric.
  UnixS at{};
  double value{};
};

/// The number of a series, made when it is asked for first.
[[nodiscard]] Result<std::int64_t> series_of(Session& session, std::string_view printer,
                                             std::string_view metric);
/// Keeps values, in any order, and brings the longer stretches up to date that they fall into. A
/// second value for the same second replaces the first: after the clock was set back, what is newer
/// counts.
[[nodiscard]] Result<void> add_telemetry(Session& session, std::vector<TelemetryRow> rows);

/// How finely values are kept: as they came, or as lowest, mean and highest of a longer stretch.
enum class Resolution : std::uint8_t { kSecond, kMinute, kHour, kQuarterDay };

/// A stretch of time, from `at` on.
struct TelemetryPoint {
  UnixS at{};
  std::int64_t samples{};
  double lowest{};
  double mean{};
  double highest{};
};

struct TelemetryRange {
  std::string printer;
  std::string metric;
  UnixS from{};
  UnixS to{};  ///< Not included.
  std::int64_t points =
      1000;  ///< So many at most, of equal length; stretches without values are left out.
};

/// At most `points` + 1 of them, oldest first, from the coarsest resolution that is fine enough,
/// or the finest that reaches back so far.
/// @returns kInvalidArgument: a range that ends before it begins, or less than one point.
[[nodiscard]] Result<std::vector<TelemetryPoint>> telemetry_points(Session& session,
                                                                   const TelemetryRange& range);
/// In alphabetical order.
[[nodiscard]] Result<std::vector<std::string>> metrics_of(Session& session,
                                                          std::string_view printer);
[[nodiscard]] Result<std::vector<std::int64_t>> all_series(Session& session);

/// Removes values older than `before`: the oldest ones, of 3600 stretches in a row at most. So no
/// call takes long, and a clock that is wrong for a while cannot take all of them.
/// @returns how many.
[[nodiscard]] Result<std::int64_t> remove_old_telemetry(Session& session, Resolution resolution,
                                                        std::int64_t series, UnixS before);

}  // namespace stepcast::store
