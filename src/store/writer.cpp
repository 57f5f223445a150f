#include "writer.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <exception>
#include <utility>

#include <fmt/format.h>

#include "stepcast/base/contracts.hpp"

namespace stepcast::store {
namespace {

// Bounds the memory for telemetry on a disk that stalls: some 10 MB, half a minute of 64 printers
// with 30 values a second.
constexpr std::size_t kMaxQueued = 65'536;
// Bounds how long a write() waits behind telemetry: about 20 ms on a small board.
constexpr std::size_t kMaxBatch = 4096;
// Telemetry waits this long for company: each commit costs an erase block of an SD card.
constexpr std::chrono::milliseconds kLaterDelay{250};
// What may not be lost is tried again this often while the database cannot take it.
constexpr std::chrono::milliseconds kRetryDelay{1000};

// Whether the same work can succeed later.
bool may_pass(Errc code) {
  return code == Errc::kBusy || code == Errc::kFull || code == Errc::kIo || code == Errc::kNetwork;
}

}  // namespace

Writer::Writer(std::unique_ptr<Connection> connection, DatabaseUrl url)
    : url_(std::move(url)), connection_(std::move(connection)), thread_([this] { run(); }) {}

Writer::~Writer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  arrived_.notify_one();
  thread_.join();
}

Result<void> Writer::write(Work work) {
  STEPCAST_CHECK(std::this_thread::get_id() != thread_.get_id());
  Entry entry{std::move(work), true, std::promise<Result<void>>()};
  auto done = entry.waiting->get_future();
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(entry));
    ++urgent_;
  }
  arrived_.notify_one();
  return done.get();
}

void Writer::write_soon(Work work) {
  STEPCAST_CHECK(std::this_thread::get_id() != thread_.get_id());
  {
    std::unique_lock lock(mutex_);
    taken_.wait(lock, [this] { return queue_.size() < 2 * kMaxQueued; });
    queue_.push_back({std::move(work), true, std::nullopt});
    ++urgent_;
  }
  arrived_.notify_one();
}

void Writer::write_later(Work work) {
  std::size_t queued = 0;
  {
    const std::lock_guard lock(mutex_);
    if (queue_.size() >= kMaxQueued) {
      ++counters_.dropped;
      return;
    }
    queue_.push_back({std::move(work), false, std::nullopt});
    queued = queue_.size();
  }
  if (queued == 1 || queued == kMaxBatch) {
    arrived_.notify_one();
  }
}

Store::Counters Writer::counters() const {
  const std::lock_guard lock(mutex_);
  return counters_;
}

void Writer::run() {
  while (true) {
    auto batch = take();
    if (batch.empty()) {
      return;
    }
    commit(batch);
  }
}

std::vector<Writer::Entry> Writer::take() {
  std::vector<Entry> batch;
  {
    std::unique_lock lock(mutex_);
    arrived_.wait(lock, [this] { return !queue_.empty() || stopping_; });
    if (kept_ > 0) {
      arrived_.wait_for(lock, kRetryDelay, [this] { return urgent_ > kept_ || stopping_; });
      kept_ = 0;
    }
    arrived_.wait_for(lock, kLaterDelay,
                      [this] { return urgent_ > 0 || queue_.size() >= kMaxBatch || stopping_; });
    const auto count = std::min(queue_.size(), kMaxBatch);
    batch.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      urgent_ -= queue_.front().urgent ? 1 : 0;
      batch.push_back(std::move(queue_.front()));
      queue_.pop_front();
    }
  }
  taken_.notify_all();
  return batch;
}

// A database server may have been restarted since the last commit: one new connection is tried.
Result<void> Writer::begin() {
  if (connection_ != nullptr) {
    if (auto begun = connection_->begin(); begun || url_.dialect == Dialect::kSqlite) {
      return begun;
    }
    connection_.reset();  // and with it the lock that the new one takes
  }
  auto fresh = Connection::open(url_, Access::kWrite);
  if (!fresh) {
    return tl::unexpected(fresh.error());
  }
  connection_ = std::move(*fresh);
  return connection_->begin();
}

// An error of `work` goes into `result`; what is returned is whether the transaction still stands.
Result<void> Writer::run_one(Work& work, Result<void>& result) {
  const auto execute = [this](std::string_view sql) {
    return connection_->execute(sql).map([](std::int64_t /*rows*/) {});
  };
  if (auto marked = execute("SAVEPOINT piece"); !marked) {
    return marked;
  }
  try {
    result = work(*connection_);
  } catch (const std::exception& error) {
    result =
        fail(Errc::kFault, fmt::format("writing to the database: {}", error.what()), url_.shown);
  }
  if (result) {
    // Fails on PostgreSQL when `work` kept an error of a statement to itself.
    result = execute("RELEASE SAVEPOINT piece");
  }
  if (result) {
    return {};
  }
  // Fails when the database has given up the whole transaction: a full disk, a lost connection.
  return execute("ROLLBACK TO SAVEPOINT piece").and_then([&] {
    return execute("RELEASE SAVEPOINT piece");
  });
}

void Writer::commit(std::vector<Entry>& batch) {
  std::vector<Result<void>> results(batch.size());
  auto whole = begin();
  for (std::size_t i = 0; whole && i < batch.size(); ++i) {
    if (whole = run_one(batch[i].work, results[i]); !whole && !results[i]) {
      whole = results[i];  // the cause, rather than the savepoint that went with it
    }
  }
  if (whole) {
    whole = connection_->commit();
  }
  if (!whole) {
    if (connection_ != nullptr) {
      connection_->roll_back();
    }
    for (auto& result : results) {
      if (result) {
        result = whole;
      }
    }
  }
  keep(batch, results);
  finish(batch, results);
}

// Puts back, in their order, what may not be lost and did not fail by itself.
void Writer::keep(std::vector<Entry>& batch, std::vector<Result<void>>& results) {
  const std::lock_guard lock(mutex_);
  for (std::size_t i = batch.size(); i > 0 && !stopping_; --i) {
    auto& entry = batch[i - 1];
    const auto& result = results[i - 1];
    if (!entry.urgent || entry.waiting || result || !may_pass(result.error().code)) {
      continue;
    }
    counters_.last_error = result.error().to_string();
    queue_.push_front(std::move(entry));
    ++urgent_;
    ++kept_;
    batch.erase(batch.begin() + static_cast<std::ptrdiff_t>(i - 1));
    results.erase(results.begin() + static_cast<std::ptrdiff_t>(i - 1));
  }
}

void Writer::finish(std::vector<Entry>& batch, std::vector<Result<void>>& results) {
  {
    const std::lock_guard lock(mutex_);
    ++counters_.commits;
    for (std::size_t i = 0; i < batch.size(); ++i) {
      ++(results[i] ? counters_.done : counters_.failed);
      if (!results[i] && !batch[i].waiting) {
        counters_.last_error = results[i].error().to_string();
      }
    }
  }
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (batch[i].waiting) {
      batch[i].waiting->set_value(std::move(results[i]));
    }
  }
}

}  // namespace stepcast::store
