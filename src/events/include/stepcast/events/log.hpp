#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/store/events.hpp"
#include "stepcast/store/store.hpp"

namespace stepcast::events {

using Event = store::EventRow;

/// Numbers what happens, keeps it, and tells those who listen.
///
/// Threads: any. append() never waits for the disk. A thread of the log writes what has queued up
/// as one transaction and then calls the listeners, one event at a time, in order: an event that
/// somebody has heard of survives a crash, and its number is never given twice. When the database
/// cannot take events, they are delivered all the same, and counted.
class Log {
 public:
  /// `store` must outlive it.
  [[nodiscard]] static Result<std::unique_ptr<Log>> open(store::Store& store);
  /// Delivers what was appended.
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  /// `payload`: a JSON object. @returns the number of the event.
  std::int64_t append(std::string type, std::string printer = {}, std::string job = {},
                      std::string payload = "{}");

  using Listener = std::function<void(const Event&)>;
  /// Stops listening when destroyed, and then waits for a call under way.
  class Subscription {
   public:
    Subscription() = default;
    explicit Subscription(std::shared_ptr<void> guard) : guard_(std::move(guard)) {}

   private:
    std::shared_ptr<void> guard_;
  };
  /// Listeners must return soon, and may append but not listen or unsubscribe.
  [[nodiscard]] Subscription listen(Listener listener);

  /// Those after number `after`, oldest first. `printer` empty: of all.
  [[nodiscard]] Result<std::vector<Event>> after(std::int64_t after, std::int64_t limit,
                                                 std::string_view printer = {}) const;
  [[nodiscard]] std::int64_t last() const;  ///< Number of the newest; 0: none
  /// Waits until everything appended so far has been delivered.
  void flush();
  [[nodiscard]] std::uint64_t unsaved() const;  ///< Delivered, but not on disk.

 private:
  class Impl;
  explicit Log(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace stepcast::events
