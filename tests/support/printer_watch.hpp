#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "stepcast/printer/printer.hpp"

namespace stepcast::test {

/// Keeps what a printer tells its observer, and waits for it.
class PrinterWatch {
 public:
  [[nodiscard]] printer::Observer observer() {
    return {.on_status =
                [this](const printer::Status& status) {
                  const std::lock_guard lock(mutex_);
                  pictures_.push_back(status);
                  changed_.notify_all();
                },
            .on_finished =
                [this](const printer::PrintResult& result) {
                  const std::lock_guard lock(mutex_);
                  results_.push_back(result);
                  changed_.notify_all();
                },
            .on_log =
                [this](std::string_view line) {
                  const std::lock_guard lock(mutex_);
                  log_ += std::string(line) + '\n';
                  changed_.notify_all();
                }};
  }

  [[nodiscard]] std::vector<printer::Status> pictures() const {
    const std::lock_guard lock(mutex_);
    return pictures_;
  }
  [[nodiscard]] std::vector<printer::PrintResult> results() const {
    const std::lock_guard lock(mutex_);
    return results_;
  }
  [[nodiscard]] std::string log() const {
    const std::lock_guard lock(mutex_);
    return log_;
  }
  /// The states in the order in which they were told, each change once.
  [[nodiscard]] std::vector<printer::State> states() const {
    std::vector<printer::State> states;
    for (const printer::Status& picture : pictures()) {
      if (states.empty() || states.back() != picture.state) {
        states.push_back(picture.state);
      }
    }
    return states;
  }

  /// @returns false if the newest picture has not become like that within half a minute.
  template <class Condition>
  [[nodiscard]] bool wait_for_picture(Condition condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience,
                             [&] { return !pictures_.empty() && condition(pictures_.back()); });
  }
  [[nodiscard]] bool wait_for_state(printer::State state) {
    return wait_for_picture([state](const printer::Status& s) { return s.state == state; });
  }
  [[nodiscard]] bool wait_for_log(std::string_view text) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, [&] { return log_.find(text) != std::string::npos; });
  }
  [[nodiscard]] bool wait_for_results(std::size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, [&] { return results_.size() >= count; });
  }

 private:
  static constexpr std::chrono::seconds kPatience{30};

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<printer::Status> pictures_;
  std::vector<printer::PrintResult> results_;
  std::string log_;
};

}  // namespace stepcast::test
