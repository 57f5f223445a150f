#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/planner/live_moves.hpp"

namespace stepcast::printer {

/// Where commands leave what is to change of a print, and the stream picks it up.
///
/// Threads: any; take() on that of the stream.
class LiveDesk {
 public:
  /// Keeps a change before any of its motion is sent.
  using Keep = std::function<void(const planner::LiveChange&)>;

  /// A job begins, or is taken up again with the changes that were `made`; then nothing that is
  /// asked for acts before open().
  void begin(Keep keep);
  void begin_again(std::vector<planner::LiveChange> made, Keep keep);
  void open() { open_.store(true); }
  /// The job is over; nothing is asked for any more.
  void end();

  [[nodiscard]] planner::LiveSettings asked() const;
  void ask(const planner::LiveSettings& settings);

  /// The LiveMoves::Feed of the job.
  [[nodiscard]] const planner::LiveSettings* take(std::int64_t move);
  /// All changes of the job so far.
  [[nodiscard]] std::vector<planner::LiveChange> changes() const;

 private:
  void start(std::vector<planner::LiveChange> made, Keep keep, bool open);

  mutable std::mutex mutex_;
  planner::LiveSettings asked_;
  planner::LiveSettings
      taken_;  // the stream reads it without the mutex: only its take() writes it in a job
  std::vector<planner::LiveChange> changes_;
  std::size_t repeated_ = 0;  // of changes_
  Keep keep_;
  std::atomic<bool> news_{false};  // spares the stream the mutex at every move
  std::atomic<bool> open_{false};
};

}  // namespace stepcast::printer
