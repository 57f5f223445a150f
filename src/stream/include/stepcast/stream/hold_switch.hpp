#pragma once

#include <functional>
#include <mutex>
#include <utility>

namespace stepcast::stream {

/// Asks a running Session to hold the machine and to let it go on: the switch of a pause button.
///
/// Threads: any. Must outlive the run() that it is given to; one run() at a time.
class HoldSwitch {
 public:
  void hold() { set(true); }
  void release() { set(false); }
  [[nodiscard]] bool is_on() const {
    const std::lock_guard lock(mutex_);
    return on_;
  }

  /// For the session: called after every change, on the thread that made it; empty to end that.
  void on_change(std::function<void()> wake) {
    const std::lock_guard lock(mutex_);
    wake_ = std::move(wake);
  }

 private:
  void set(bool on) {
    const std::lock_guard lock(mutex_);
    on_ = on;
    if (wake_) {
      wake_();  // under the lock: a session that has taken its function away is never called
    }
  }

  mutable std::mutex mutex_;
  bool on_ = false;
  std::function<void()> wake_;
};

}  // namespace stepcast::stream
