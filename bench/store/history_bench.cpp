// Telemetry rows a second, and questions about a year of one printer.
//
//   bench_store --benchmark_filter='telemetry|year'
//
// The database is in the temporary folder (TMPDIR chooses the disk); the year takes 700 MB there.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include "stepcast/store/jobs.hpp"
#include "stepcast/store/store.hpp"
#include "stepcast/store/telemetry.hpp"

#include "store_folder.hpp"

namespace {

using stepcast::Result;
using stepcast::store::Session;
using stepcast::store::TelemetryRow;
using stepcast::store::UnixS;
using stepcast::testing::StoreFolder;

constexpr UnixS kYear_s = 365 * 86'400;
constexpr UnixS kEnd = 1'763'000'000 / 21'600 * 21'600;
constexpr std::int64_t kMetrics = 12;  // of one printer
constexpr std::int64_t kJobs = 3000;   // of a busy year

// What a recorder hands over: some seconds of all metrics of all printers.
void telemetry_rows(benchmark::State& state) {
  const StoreFolder folder;
  const auto store = folder.open();
  const auto series = state.range(0) * kMetrics;
  const auto seconds = state.range(1);
  constexpr int kBatches = 20;
  UnixS at = kEnd;
  for (auto _ : state) {
    for (int batch = 0; batch < kBatches; ++batch) {
      std::vector<TelemetryRow> rows;
      rows.reserve(static_cast<std::size_t>(series * seconds));
      for (UnixS second = 0; second < seconds; ++second, ++at) {
        for (std::int64_t i = 0; i < series; ++i) {
          rows.push_back({i, at, static_cast<double>(at % 1000) + 0.25});
        }
      }
      store->write_later([rows = std::move(rows)](Session& session) mutable {
        return stepcast::store::add_telemetry(session, std::move(rows));
      });
    }
    if (!store->flush() || store->counters().dropped + store->counters().failed > 0) {
      state.SkipWithError("rows were lost");
    }
  }
  state.SetItemsProcessed(state.iterations() * kBatches * series * seconds);
}
BENCHMARK(telemetry_rows)
    ->ArgNames({"printers", "seconds"})
    ->Args({1, 10})
    ->Args({16, 10})
    ->Args({16, 60})
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime()
    ->UseRealTime();

// A database as it is after a year: minutes and hours of all of it, seconds of the last week.
class Year {
 public:
  static Year& get() {
    static Year year;
    return year;
  }
  stepcast::store::Store& store() { return *store_; }

 private:
  Year() {
    folder_.open().reset();
    sqlite3* database = nullptr;
    sqlite3_open(folder_.database().c_str(), &database);
    const auto fill = [&](const char* table, UnixS step_s, UnixS span_s, const char* values) {
      const auto sql = fmt::format(
          "WITH RECURSIVE times(at) AS (SELECT {} UNION ALL SELECT at + {} FROM times "
          "WHERE at + {} < {}) INSERT INTO {} SELECT series.id, at, {} "
          "FROM telemetry_series AS series, times ORDER BY series.id, at",
          kEnd - span_s, step_s, step_s, kEnd, table, values);
      sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr);
    };
    sqlite3_exec(database, "BEGIN", nullptr, nullptr, nullptr);
    for (std::int64_t i = 0; i < kMetrics; ++i) {
      const auto sql = fmt::format(
          "INSERT INTO telemetry_series (printer, metric) VALUES ('taz6', 'metric{}')", i);
      sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr);
    }
    fill("telemetry_1s", 1, std::int64_t{7} * 86'400, "at % 997 / 10.0");
    fill("telemetry_1min", 60, kYear_s, "60, 0, at % 997 / 10.0, 100");
    fill("telemetry_1h", 3600, kYear_s, "3600, 0, at % 997 / 10.0, 100");
    fill("telemetry_6h", 21600, kYear_s, "21600, 0, at % 997 / 10.0, 100");
    for (std::int64_t i = 0; i < kJobs; ++i) {
      const auto sql = fmt::format(
          "INSERT INTO jobs VALUES ('job{0}', 'taz6', 'part{1}.gcode', '', 'ada', '{2}', {3}, {3}, "
          "{3} + 5000000, '', 4900, 5000, 3000, '')",
          i, i % 100, i % 10 == 0 ? "failed" : "done",
          (kEnd - kYear_s + i * (kYear_s / kJobs)) * 1000);
      sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr);
    }
    sqlite3_exec(database, "COMMIT", nullptr, nullptr, nullptr);
    sqlite3_close(database);
    store_ = folder_.open();
  }

  StoreFolder folder_;
  std::unique_ptr<stepcast::store::Store> store_;
};

std::size_t chart(Session& session, std::int64_t metric, UnixS span_s) {
  const auto points =
      stepcast::store::telemetry_points(session, {.printer = "taz6",
                                                  .metric = fmt::format("metric{}", metric),
                                                  .from = kEnd - span_s,
                                                  .to = kEnd,
                                                  .points = 1000});
  return points ? points->size() : 0;
}

// One curve of 1000 points over the last `days`.
void year_chart(benchmark::State& state) {
  auto& store = Year::get().store();
  std::size_t points = 0;
  for (auto _ : state) {
    const auto read = store.read([&](Session& session) -> Result<void> {
      points = chart(session, 3, state.range(0) * 86'400);
      return {};
    });
    if (!read || points < 700) {
      state.SkipWithError("no curve");
    }
  }
  state.counters["points"] = static_cast<double>(points);
}
BENCHMARK(year_chart)
    ->ArgName("days")
    ->Arg(365)
    ->Arg(40)
    ->Arg(7)
    ->Arg(1)
    ->Unit(benchmark::kMillisecond);

// The history page: a year of all curves, the newest 50 jobs, and the totals.
void year_page(benchmark::State& state) {
  auto& store = Year::get().store();
  std::size_t jobs = 0;
  std::int64_t done = 0;
  for (auto _ : state) {
    const auto read = store.read([&](Session& session) -> Result<void> {
      for (std::int64_t metric = 0; metric < kMetrics; ++metric) {
        benchmark::DoNotOptimize(chart(session, metric, kYear_s));
      }
      return stepcast::store::jobs_of(session, "taz6", 50, 0)
          .and_then([&](const auto& page) {
            jobs = page.size();
            return stepcast::store::job_totals(session, "taz6", 0, kEnd * 1000);
          })
          .map([&](const auto& totals) { done = totals.done; });
    });
    if (!read || jobs != 50 || done != kJobs * 9 / 10) {
      state.SkipWithError("not the year that was written");
    }
  }
}
BENCHMARK(year_page)->Unit(benchmark::kMillisecond);

}  // namespace
