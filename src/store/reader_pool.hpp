#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "stepcast/base/result.hpp"

#include "connection.hpp"
#include "database_url.hpp"

namespace stepcast::store {

/// Connections for reading, lent to one caller at a time.
///
/// Threads: any.
class ReaderPool {
 public:
  [[nodiscard]] static Result<std::unique_ptr<ReaderPool>> open(const DatabaseUrl& url,
                                                                unsigned connections);
  /// Waits for a connection; runs `work` on one consistent state of the database.
  [[nodiscard]] Result<void> run(const std::function<Result<void>(Session&)>& work);

 private:
  explicit ReaderPool(DatabaseUrl url) : url_(std::move(url)) {}
  [[nodiscard]] std::unique_ptr<Connection> borrow();
  void give_back(std::unique_ptr<Connection> connection);

  const DatabaseUrl url_;
  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<Connection>> idle_;  // guarded by mutex_
};

}  // namespace stepcast::store
