// Rows a second through the writer, and point reads, beside SQLite without any of it.
//
//   bench_store [--benchmark_filter=...]
//
// The database is in the temporary folder: TMPDIR chooses the disk.
#include <cstdint>
#include <string>

#include <benchmark/benchmark.h>
#include <sqlite3.h>

#include "stepcast/store/files.hpp"
#include "stepcast/store/store.hpp"

#include "store_folder.hpp"

namespace {

using stepcast::store::FileRow;
using stepcast::store::Session;
using stepcast::testing::StoreFolder;

constexpr int kRows = 20'000;  // of one iteration; they fit into the queue
constexpr int kStoredRows = 10'000;

FileRow row_of(int number) {
  return {"row" + std::to_string(number),
          "a row of telemetry",
          "0123456789abcdef",
          1,
          number,
          "printer",
          ""};
}

void write_later(benchmark::State& state) {
  const StoreFolder folder;
  const auto store = folder.open();
  int number = 0;
  for (auto _ : state) {
    for (int i = 0; i < kRows; ++i) {
      store->write_later([row = row_of(number++)](Session& session) {
        return stepcast::store::put_file(session, row);
      });
    }
    if (!store->flush() || store->counters().dropped > 0) {
      state.SkipWithError("rows were lost");
    }
  }
  state.SetItemsProcessed(state.iterations() * kRows);
}
BENCHMARK(write_later)->Unit(benchmark::kMillisecond)->UseRealTime();

// The baseline: one prepared statement, one transaction, no thread, no savepoints.
void plain_sqlite(benchmark::State& state) {
  const StoreFolder folder;
  folder.open().reset();
  sqlite3* database = nullptr;
  sqlite3_open(folder.database().c_str(), &database);
  sqlite3_exec(database, "PRAGMA synchronous = FULL", nullptr, nullptr, nullptr);
  sqlite3_stmt* insert = nullptr;
  sqlite3_prepare_v2(database, "INSERT INTO files VALUES (?, ?, ?, ?, ?, ?, ?)", -1, &insert,
                     nullptr);
  int number = 0;
  for (auto _ : state) {
    sqlite3_exec(database, "BEGIN", nullptr, nullptr, nullptr);
    for (int i = 0; i < kRows; ++i) {
      const auto row = row_of(number++);
      int column = 0;
      for (const auto* text : {&row.path, &row.display, &row.sha256}) {
        sqlite3_bind_text(insert, ++column, text->c_str(), -1, SQLITE_TRANSIENT);
      }
      sqlite3_bind_int64(insert, ++column, row.size);
      sqlite3_bind_int64(insert, ++column, row.uploaded);
      sqlite3_bind_text(insert, ++column, row.user.c_str(), -1, SQLITE_TRANSIENT);
      sqlite3_bind_text(insert, ++column, "", -1, SQLITE_TRANSIENT);
      if (sqlite3_step(insert) != SQLITE_DONE) {
        state.SkipWithError(sqlite3_errmsg(database));
      }
      sqlite3_reset(insert);
    }
    sqlite3_exec(database, "COMMIT", nullptr, nullptr, nullptr);
  }
  sqlite3_finalize(insert);
  sqlite3_close(database);
  state.SetItemsProcessed(state.iterations() * kRows);
}
BENCHMARK(plain_sqlite)->Unit(benchmark::kMillisecond)->UseRealTime();

// What one caller waits for: a commit with its sync.
void write_one(benchmark::State& state) {
  const StoreFolder folder;
  const auto store = folder.open();
  int number = 0;
  for (auto _ : state) {
    if (!store->write([row = row_of(number++)](Session& session) {
          return stepcast::store::put_file(session, row);
        })) {
      state.SkipWithError("not written");
    }
  }
}
BENCHMARK(write_one)->Unit(benchmark::kMicrosecond)->UseRealTime();

void read_one(benchmark::State& state) {
  const StoreFolder folder;
  const auto store = folder.open();
  for (int i = 0; i < kStoredRows; ++i) {
    store->write_later(
        [row = row_of(i)](Session& session) { return stepcast::store::put_file(session, row); });
  }
  static_cast<void>(store->flush().has_value());
  int number = 0;
  for (auto _ : state) {
    const auto path = "row" + std::to_string(number++ % kStoredRows);
    bool found = false;
    static_cast<void>(
        store
            ->read([&](Session& session) {
              return stepcast::store::find_file(session, path).map([&](const auto& row) {
                found = row.has_value();
              });
            })
            .has_value());
    if (!found) {
      state.SkipWithError("not found");
    }
  }
}
BENCHMARK(read_one)->Unit(benchmark::kMicrosecond);

}  // namespace
