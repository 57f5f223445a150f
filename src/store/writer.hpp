#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/store/store.hpp"

#include "connection.hpp"
#include "database_url.hpp"

namespace stepcast::store {

/// The one thread that changes the database.
///
/// What has queued up is committed together: each piece of work inside a savepoint, so that an
/// error undoes that piece alone, and all of them with one wait for the disk.
///
/// Threads: any, except that work must not wait for further work.
class Writer {
 public:
  using Work = std::function<Result<void>(Session&)>;

  Writer(std::unique_ptr<Connection> connection, DatabaseUrl url);
  /// Commits what is queued.
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  Writer(Writer&&) = delete;
  Writer& operator=(Writer&&) = delete;

  [[nodiscard]] Result<void> write(Work work);
  void write_soon(Work work);
  void write_later(Work work);
  [[nodiscard]] Store::Counters counters() const;

 private:
  struct Entry {
    Work work;
    bool urgent = false;
    std::optional<std::promise<Result<void>>> waiting;
  };

  void run();
  [[nodiscard]] std::vector<Entry> take();
  void commit(std::vector<Entry>& batch);
  [[nodiscard]] Result<void> begin();
  [[nodiscard]] Result<void> run_one(Work& work, Result<void>& result);
  void keep(std::vector<Entry>& batch, std::vector<Result<void>>& results);
  void finish(std::vector<Entry>& batch, std::vector<Result<void>>& results);

  const DatabaseUrl url_;
  std::unique_ptr<Connection> connection_;  // of the thread

  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  std::condition_variable taken_;
  std::deque<Entry> queue_;  // guarded by mutex_, as is what follows
  std::size_t urgent_ = 0;   // entries of the queue that do not wait for company
  std::size_t kept_ = 0;     // of these, those that are tried again
  bool stopping_ = false;
  Store::Counters counters_;

  std::thread thread_;  // last: it uses the rest
};

}  // namespace stepcast::store
