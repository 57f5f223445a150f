#include "stepcast/store/telemetry.hpp"

#include <algorithm>
#include <array>
#include <compare>
#include <cstddef>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "session.hpp"
#include "table.hpp"

namespace stepcast::store {
namespace {

// Of one call of remove_old_telemetry(): an hour of seconds, milliseconds of work.
constexpr UnixS kRemovedStretches = 3600;

constexpr Table kSeconds("telemetry_1s", 2, Field{"series", &TelemetryRow::series},
                         Field{"at_s", &TelemetryRow::at}, Field{"value", &TelemetryRow::value});

// Each is made from the one before. A chart of a thousand points never reads more than 60 thousand
// rows.
struct Level {
  Resolution resolution;
  std::string_view table;
  UnixS step_s;
};
constexpr std::array kLevels{Level{Resolution::kSecond, "telemetry_1s", 1},
                             Level{Resolution::kMinute, "telemetry_1min", 60},
                             Level{Resolution::kHour, "telemetry_1h", 3600},
                             Level{Resolution::kQuarterDay, "telemetry_6h", 21'600}};

const Level& level_of(Resolution resolution) {
  return kLevels.at(static_cast<std::size_t>(resolution));
}

// Lowest, mean and highest of the rows of a level.
std::string_view aggregates(const Level& level) {
  return level.resolution == Resolution::kSecond
             ? "count(*), min(value), avg(value), max(value)"
             : "CAST(sum(samples) AS BIGINT), min(lowest), sum(mean * samples) / sum(samples), "
               "max(highest)";
}

// The stretch of time around `at`, also before 1970.
UnixS start_of(UnixS at, UnixS step_s) {
  const auto rest = at % step_s;
  return at - (rest < 0 ? rest + step_s : rest);
}

// A stretch of one series. Ordered by time, as those of one time are made by one statement.
struct Stretch {
  UnixS at{};
  std::int64_t series{};
  friend auto operator<=>(const Stretch&, const Stretch&) = default;
};

// Into which stretches of `level` the rows fall, in order. @pre sorted by series and time
std::vector<Stretch> stretches_of(std::span<const TelemetryRow> rows, const Level& level) {
  std::vector<Stretch> stretches;
  for (const auto& row : rows) {
    const Stretch stretch{start_of(row.at, level.step_s), row.series};
    if (stretches.empty() || stretches.back() != stretch) {
      stretches.push_back(stretch);
    }
  }
  std::sort(stretches.begin(), stretches.end());
  return stretches;
}

// Makes the stretches of one time of so many series. Parameters: where they begin (twice), where
// they end, the series.
std::string roll_up_text(const Level& from, const Level& level, std::size_t series) {
  auto sql = fmt::format(
      "INSERT INTO {} (series, at_s, samples, lowest, mean, highest) "
      "SELECT series, CAST(:slot AS BIGINT), {} FROM {} "
      "WHERE at_s >= :from_s AND at_s < :to_s AND series IN (",
      level.table, aggregates(from), from.table);
  for (std::size_t i = 0; i < series; ++i) {
    sql += fmt::format("{}:p{}", i == 0 ? "" : ", ", i);
  }
  return sql +
         ") GROUP BY series ON CONFLICT (series, at_s) DO UPDATE SET samples = excluded.samples, "
         "lowest = excluded.lowest, mean = excluded.mean, highest = excluded.highest";
}

// Makes each stretch of `level` anew into which one of `rows` falls. @pre sorted by series and time
Result<void> roll_up(Session& session, std::span<const TelemetryRow> rows, const Level& from,
                     const Level& level) {
  const auto stretches = stretches_of(rows, level);
  std::array<std::string, kRowsOfAStatement.size()> texts;  // made when they are needed
  std::vector<Value> values;
  for (auto first = stretches.begin(); first != stretches.end();) {
    const auto at = first->at;
    const auto end =
        std::find_if(first, stretches.end(), [at](const auto& other) { return other.at != at; });
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const auto chunk = static_cast<std::ptrdiff_t>(kRowsOfAStatement[i]);
      for (; end - first >= chunk; first += chunk) {
        if (texts[i].empty()) {
          texts[i] = roll_up_text(from, level, kRowsOfAStatement[i]);
        }
        values = {to_value(at), to_value(at), to_value(at + level.step_s)};
        std::transform(first, first + chunk, std::back_inserter(values),
                       [](const auto& stretch) { return to_value(stretch.series); });
        if (auto done = session.execute_values(texts[i], values); !done) {
          return tl::unexpected(done.error());
        }
      }
    }
  }
  return {};
}

Result<std::optional<UnixS>> oldest(Session& session, const Level& level, std::int64_t series) {
  return session.value<std::optional<UnixS>>(
      fmt::format("SELECT min(at_s) FROM {} WHERE series = :series", level.table), series);
}

// The coarsest that is no coarser than a point, unless its values have been removed where the range
// begins: then the next that still has them.
Result<const Level*> level_for(Session& session, std::int64_t series, UnixS from, UnixS point_s) {
  const Level* chosen = &kLevels.back();
  auto reach = from;  // a level has to begin by then
  for (auto level = kLevels.rbegin(); level != kLevels.rend(); ++level) {
    const auto start = oldest(session, *level, series);
    if (!start) {
      return tl::unexpected(start.error());
    }
    if (!*start || (level != kLevels.rbegin() && **start > reach)) {
      break;
    }
    chosen = &*level;
    if (level->step_s <= point_s) {
      break;
    }
    reach = std::max(from, **start + level->step_s);
  }
  return chosen;
}

Result<std::optional<std::int64_t>> find_series(Session& session, std::string_view printer,
                                                std::string_view metric) {
  return session.value<std::optional<std::int64_t>>(
      "SELECT id FROM telemetry_series WHERE printer = :printer AND metric = :metric", printer,
      metric);
}

}  // namespace

Result<std::int64_t> series_of(Session& session, std::string_view printer,
                               std::string_view metric) {
  const auto known = find_series(session, printer, metric);
  if (!known) {
    return tl::unexpected(known.error());
  }
  if (*known) {
    return **known;
  }
  return session.value<std::int64_t>(
      "INSERT INTO telemetry_series (printer, metric) VALUES (:printer, :metric) RETURNING id",
      printer, metric);
}

Result<void> add_telemetry(Session& session, std::vector<TelemetryRow> rows) {
  const auto key = [](const TelemetryRow& row) { return std::pair(row.series, row.at); };
  std::stable_sort(rows.begin(), rows.end(),
                   [&](const auto& a, const auto& b) { return key(a) < key(b); });
  // Of several values for one second the last counts.
  const auto first = std::unique(rows.rbegin(), rows.rend(),
                                 [&](const auto& a, const auto& b) { return key(a) == key(b); });
  rows.erase(rows.begin(), first.base());
  auto done = kSeconds.put_all(session, rows);
  for (std::size_t i = 1; done && i < kLevels.size(); ++i) {
    done = roll_up(session, rows, kLevels.at(i - 1), kLevels.at(i));
  }
  return done;
}

Result<std::vector<TelemetryPoint>> telemetry_points(Session& session,
                                                     const TelemetryRange& range) {
  if (range.to < range.from || range.points < 1) {
    return fail(Errc::kInvalidArgument,
                fmt::format("{} points from {} to {} are no range of telemetry", range.points,
                            range.from, range.to),
                range.metric, "end after the beginning, and ask for one point or more");
  }
  std::vector<TelemetryPoint> points;
  const auto series = find_series(session, range.printer, range.metric);
  if (!series) {
    return tl::unexpected(series.error());
  }
  if (!*series) {
    return points;
  }
  auto length_s = std::max<UnixS>(1, (range.to - range.from + range.points - 1) / range.points);
  const auto level = level_for(session, **series, range.from, length_s);
  if (!level) {
    return tl::unexpected(level.error());
  }
  const auto step_s = (*level)->step_s;
  length_s = (length_s + step_s - 1) / step_s * step_s;
  const auto origin = start_of(range.from, step_s);
  return session
      .query<std::int64_t, std::int64_t, double, double, double>(
          fmt::format("SELECT (at_s - :origin) / :length AS slot, {} FROM {} "
                      "WHERE series = :series AND at_s >= :from_s AND at_s < :to_s "
                      "GROUP BY slot ORDER BY slot",
                      aggregates(**level), (*level)->table),
          [&](std::int64_t slot, std::int64_t samples, double lowest, double mean, double highest) {
            points.push_back({origin + slot * length_s, samples, lowest, mean, highest});
          },
          origin, length_s, **series, origin, range.to)
      .map([&] { return std::move(points); });
}

Result<std::vector<std::string>> metrics_of(Session& session, std::string_view printer) {
  std::vector<std::string> metrics;
  return session
      .query<std::string>(
          "SELECT metric FROM telemetry_series WHERE printer = :printer ORDER BY metric",
          [&](std::string metric) { metrics.push_back(std::move(metric)); }, printer)
      .map([&] { return std::move(metrics); });
}

Result<std::vector<std::int64_t>> all_series(Session& session) {
  std::vector<std::int64_t> series;
  return session
      .query<std::int64_t>("SELECT id FROM telemetry_series ORDER BY id",
                           [&](std::int64_t id) { series.push_back(id); })
      .map([&] { return std::move(series); });
}

Result<std::int64_t> remove_old_telemetry(Session& session, Resolution resolution,
                                          std::int64_t series, UnixS before) {
  const Level& level = level_of(resolution);
  return oldest(session, level, series)
      .and_then([&](const std::optional<UnixS>& start) -> Result<std::int64_t> {
        if (!start || *start >= before) {
          return 0;
        }
        const auto end = *start + kRemovedStretches * level.step_s;
        return session.execute(
            fmt::format("DELETE FROM {} WHERE series = :series AND at_s < :before", level.table),
            series, std::min(before, end));
      });
}

}  // namespace stepcast::store
