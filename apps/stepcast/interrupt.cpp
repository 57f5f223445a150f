#include "interrupt.hpp"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "exit_status.hpp"

namespace stepcast::cli {
namespace {

sigset_t stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

}  // namespace

Interrupt::Interrupt() {
  const sigset_t set = stop_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  waiter_ = std::jthread([this](const std::stop_token& done) {
    const sigset_t waited = stop_signals();
    constexpr timespec kPoll{.tv_sec = 0, .tv_nsec = 50'000'000};
    while (!done.stop_requested()) {
      if (sigtimedwait(&waited, nullptr, &kPoll) <= 0) {
        continue;
      }
      if (!source_.request_stop()) {
        std::fputs("\nstopped at once\n", stderr);
        std::_Exit(kStopped);
      }
      std::fputs("\nstopping; once more to leave at once\n", stderr);
    }
  });
}

Interrupt::~Interrupt() {
  waiter_.request_stop();
  waiter_.join();
  const sigset_t set = stop_signals();
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

}  // namespace stepcast::cli
