#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

#include "stepcast/jobs/runner.hpp"

namespace stepcast::daemon {

/// Connects the printers of a server, and again those that come back after they were switched off;
/// who has disconnected a printer on purpose is left in peace.
///
/// Threads: a few of its own, for any number of printers: one that does not answer holds up few
/// others.
class Connections {
 public:
  /// `printers` must outlive it. Starts at once.
  explicit Connections(std::vector<jobs::Runner*> printers);
  /// Waits for attempts under way.
  ~Connections() = default;

  /// Until each printer has been tried once, or `patience` is over.
  void wait_for_first_round(std::chrono::milliseconds patience);

 private:
  void keep(const std::stop_token& stop, std::size_t first, std::size_t stride);

  std::vector<jobs::Runner*> printers_;
  std::mutex mutex_;  // guards tried_
  std::condition_variable_any changed_;
  std::size_t tried_ = 0;
  std::vector<std::jthread> threads_;  // last: they end before the rest goes
};

}  // namespace stepcast::daemon
