#pragma once

#include <atomic>
#include <cstdint>
#include <ctime>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/thread_pool.hpp>

#include "stepcast/http/server.hpp"

#include "loop.hpp"

namespace stepcast::http {

class Connection;

/// What all connections of a server share. Threads: the loop, but for the pool and what is const.
struct Core {
  Core(Router the_router, Server::Options the_options);

  /// Of now, for the header of that name; made once a second.
  [[nodiscard]] std::string_view date();

  const Router router;
  const Server::Options options;
  asio::io_context loop{1};
  asio::thread_pool workers;
  std::optional<asio::ssl::context> tls{};
  std::unordered_set<Connection*> connections{};
  bool stopping = false;

  // Written by the loop, read by anybody.
  std::atomic<std::uint64_t> open_connections{0};
  std::atomic<std::uint64_t> open_sockets{0};
  std::atomic<std::uint64_t> open_uploads{0};
  std::atomic<std::uint64_t> upload_bytes{0};

 private:
  std::time_t date_s_ = 0;
  std::string date_{};
};

/// One more for as long as it lives.
class Counted {
 public:
  explicit Counted(std::atomic<std::uint64_t>& count) : count_(count) { ++count_; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  Counted(Counted&&) = delete;
  Counted& operator=(Counted&&) = delete;
  ~Counted() { --count_; }

 private:
  std::atomic<std::uint64_t>& count_;
};

/// Runs one job at a time on a worker for a coroutine of the loop.
///
/// The jobs refer to the coroutine's variables, so wait() must follow each start().
class WorkerSlot {
 public:
  explicit WorkerSlot(Core& core);

  void start(std::function<void()> job);
  [[nodiscard]] Task<> wait();
  [[nodiscard]] Task<> run(std::function<void()> job);

 private:
  Core& core_;
  Timer done_;
  bool running_ = false;
};

}  // namespace stepcast::http
