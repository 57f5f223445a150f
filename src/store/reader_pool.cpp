#include "reader_pool.hpp"

#include <exception>
#include <utility>

#include <fmt/format.h>

namespace stepcast::store {

Result<std::unique_ptr<ReaderPool>> ReaderPool::open(const DatabaseUrl& url, unsigned connections) {
  std::unique_ptr<ReaderPool> pool(new ReaderPool(url));
  for (unsigned i = 0; i < connections; ++i) {
    auto connection = Connection::open(url, Access::kRead);
    if (!connection) {
      return tl::unexpected(connection.error());
    }
    pool->idle_.push_back(std::move(*connection));
  }
  return pool;
}

std::unique_ptr<Connection> ReaderPool::borrow() {
  std::unique_lock lock(mutex_);
  returned_.wait(lock, [this] { return !idle_.empty(); });
  auto connection = std::move(idle_.back());
  idle_.pop_back();
  return connection;
}

void ReaderPool::give_back(std::unique_ptr<Connection> connection) {
  {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(connection));
  }
  returned_.notify_one();
}

Result<void> ReaderPool::run(const std::function<Result<void>(Session&)>& work) {
  auto connection = borrow();
  auto result = connection->begin();
  if (!result) {
    // A database server may have been restarted meanwhile; a new connection tells.
    if (auto fresh = Connection::open(url_, Access::kRead)) {
      connection = std::move(*fresh);
      result = connection->begin();
    }
  }
  if (result) {
    try {
      result = work(*connection);
    } catch (const std::exception& error) {
      result =
          fail(Errc::kFault, fmt::format("reading the database: {}", error.what()), url_.shown);
    }
    connection->roll_back();
  }
  give_back(std::move(connection));
  return result;
}

}  // namespace stepcast::store
