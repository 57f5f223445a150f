#pragma once

#include <stop_token>
#include <thread>

namespace stepcast::cli {

/// Turns the first Ctrl-C (or SIGTERM) into a stop request; a second one ends the program at once.
/// Create it before any other thread, so that they inherit the blocked signals.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  [[nodiscard]] std::stop_token token() const { return source_.get_token(); }

 private:
  std::stop_source source_;
  std::jthread waiter_;
};

}  // namespace stepcast::cli
