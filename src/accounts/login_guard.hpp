#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace stepcast::accounts {

/// Slows down guessing: five failures of a name or an address within ten minutes lock both out for
/// ten minutes.
///
/// Attempts under way count against the five too, so that many at the same time get no more guesses
/// than one after the other.
///
/// Threads: any.
class LoginGuard {
 public:
  using Time = std::chrono::milliseconds;

  /// @returns how long to wait before trying again; nothing: go ahead, and call one of the others.
  [[nodiscard]] std::optional<Time> begin(std::string_view name, std::string_view address,
                                          Time now);
  void failed(std::string_view name, std::string_view address, Time now);
  void succeeded(std::string_view name, std::string_view address);

  /// How many names and addresses are remembered.
  [[nodiscard]] std::size_t size() const;

 private:
  struct Record {
    std::deque<Time> failures;
    std::size_t under_way = 0;
    Time locked_until = Time::min();
  };
  [[nodiscard]] std::optional<Time> wait_of(const std::string& who, Time now);
  [[nodiscard]] Record& record_of(const std::string& who, Time now);
  void make_room(Time now);

  mutable std::mutex mutex_;
  std::map<std::string, Record, std::less<>> records_;  // guarded by mutex_
};

}  // namespace stepcast::accounts
