#pragma once

#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>

#include "stepcast/workshop/workshop.hpp"

namespace stepcast::workshop {

/// Keeps the books by what the log of events tells. Threads: its own; settle() any.
class Workshop::Books {
 public:
  Books(store::Store& store, events::Log& log, Options options, std::int64_t place);
  Books(const Books&) = delete;
  Books& operator=(const Books&) = delete;
  Books(Books&&) = delete;
  Books& operator=(Books&&) = delete;
  ~Books();

  void settle();
  [[nodiscard]] store::Store& store() const { return store_; }
  [[nodiscard]] store::UnixMs now() const { return options_.wall(); }

  /// The key of the place in the log.
  static constexpr const char* kPlace = "workshop";

 private:
  void run(const std::stop_token& stop);
  /// @returns whether all there is has been taken in.
  bool read_on();
  [[nodiscard]] Result<void> take_in(const events::Event& event);
  [[nodiscard]] Result<void> book_usage(const events::Event& event);
  [[nodiscard]] Result<void> check_supply(const events::Event& event);
  /// `printer` empty: of all.
  [[nodiscard]] Result<void> check_tasks(const std::string& printer);
  void note(const Result<void>& result) const;

  store::Store& store_;
  events::Log& log_;
  Options options_;
  std::int64_t place_;  // up to this number; of the thread alone

  std::mutex mutex_;  // guards what follows
  std::condition_variable_any wake_;
  std::condition_variable settled_;
  bool news_ = true;
  std::int64_t taken_in_ = 0;

  events::Log::Subscription heard_;
  std::jthread thread_;  // last: uses all of the above
};

}  // namespace stepcast::workshop
