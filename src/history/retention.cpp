#include "stepcast/history/retention.hpp"

#include <chrono>
#include <utility>
#include <vector>

#include "stepcast/store/ae_hits.hpp"
#include "stepcast/store/events.hpp"
#include "stepcast/store/telemetry.hpp"

namespace stepcast::history {
namespace {

constexpr store::UnixMs kMsPerUnixS = 1000;
constexpr store::UnixMs kMsPerDay = 86'400 * kMsPerUnixS;
// Pieces of each kind in one call: six hours of seconds.
constexpr int kPieces = 6;
// Rows of a piece of what is no telemetry: milliseconds of work, like an hour of seconds.
constexpr std::int64_t kRowsOfAPiece = 2000;
constexpr std::chrono::hours kEvery{1};
// A server that has just started has better things to do.
constexpr std::chrono::minutes kFirstAfter{5};

// Removes pieces until there is nothing old left; counts rows.
Result<void> remove_pieces(store::Store& store, std::int64_t& removed,
                           const std::function<Result<std::int64_t>(store::Session&)>& piece) {
  for (int i = 0; i < kPieces; ++i) {
    std::int64_t rows = 0;
    auto written = store.write(
        [&](store::Session& session) { return piece(session).map([&](auto n) { rows = n; }); });
    if (!written || rows == 0) {
      return written;
    }
    removed += rows;
  }
  return {};
}

}  // namespace

Result<std::int64_t> remove_old(store::Store& store, const KeptDays& kept, store::UnixMs now) {
  std::vector<std::int64_t> all_series;
  auto done = store.read([&](store::Session& session) {
    return store::all_series(session).map([&](auto found) { all_series = std::move(found); });
  });
  std::int64_t removed = 0;
  const auto remove = [&](std::int64_t days, const auto& piece) {
    if (done && days > 0) {
      done = remove_pieces(store, removed, [&](store::Session& session) {
        return piece(session, now - days * kMsPerDay);
      });
    }
  };
  for (const auto series : all_series) {
    for (const auto& [days, resolution] : {std::pair(kept.seconds, store::Resolution::kSecond),
                                           std::pair(kept.minutes, store::Resolution::kMinute)}) {
      remove(days, [series, resolution = resolution](store::Session& session, auto before) {
        return store::remove_old_telemetry(session, resolution, series, before / kMsPerUnixS);
      });
    }
  }
  remove(kept.events, [](store::Session& session, auto before) {
    return store::remove_old_events(session, before, kRowsOfAPiece);
  });
  remove(kept.ae_hits, [](store::Session& session, auto before) {
    return store::remove_old_ae_hits(session, before, kRowsOfAPiece);
  });
  return done.map([&] { return removed; });
}

Retention::Retention(store::Store& store, KeptDays kept, OnError on_error)
    : store_(store),
      kept_(kept),
      on_error_(std::move(on_error)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

Retention::~Retention() {
  thread_.request_stop();
  thread_.join();
}

void Retention::run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  wake_.wait_for(lock, stop, kFirstAfter, [] { return false; });
  while (!stop.stop_requested()) {
    const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::system_clock::now().time_since_epoch());
    if (const auto removed = remove_old(store_, kept_, now.count()); !removed) {
      on_error_(removed.error());
    }
    wake_.wait_for(lock, stop, kEvery, [] { return false; });
  }
}

}  // namespace stepcast::history
