#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "stepcast/notify/notifier.hpp"

namespace stepcast::notify {

/// Delivers the events of some rules to one channel, in order.
///
/// Threads: its own; state() any.
class Notifier::Courier {
 public:
  struct Common {
    store::Store& store;
    events::Log& log;
    Options options;
  };
  /// @param key under which the place in the log is kept.
  Courier(std::shared_ptr<const Common> common, Channel channel, std::vector<Rule> rules,
          bool urgent, std::string key, std::int64_t delivered);
  Courier(const Courier&) = delete;
  Courier& operator=(const Courier&) = delete;
  Courier(Courier&&) = delete;
  Courier& operator=(Courier&&) = delete;
  ~Courier();

  [[nodiscard]] State state() const;

 private:
  using Duration = std::chrono::milliseconds;
  using Steady = std::chrono::steady_clock;

  void run(const std::stop_token& stop);
  void read_on(const std::stop_token& stop);
  [[nodiscard]] bool is_for_us(const events::Event& event) const;
  void carry(const events::Event& event, const std::stop_token& stop);
  [[nodiscard]] Message prepare(const events::Event& event) const;
  [[nodiscard]] Result<void> try_once(const Message& message);
  [[nodiscard]] Duration wait_for_leave() const;
  [[nodiscard]] bool is_too_old(const events::Event& event) const;
  /// @returns false when asked to stop.
  [[nodiscard]] bool wait(Duration duration, const std::stop_token& stop);
  void note_place(std::int64_t sequence, bool durable);
  void drop(const events::Event& event, const std::string& why);

  const std::shared_ptr<const Common> common_;
  const Channel channel_;
  const std::vector<Rule> rules_;
  const bool urgent_;
  const std::string key_;
  std::int64_t delivered_;               // up to this number; of the thread alone
  std::deque<Steady::time_point> sent_;  // within the last hour; of the thread alone

  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable_any wake_;
  bool news_ = true;
  State state_;

  events::Log::Subscription heard_;
  std::jthread thread_;  // last: uses all of the above
};

}  // namespace stepcast::notify
