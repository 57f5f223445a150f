#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <variant>

#include "stepcast/printer/printer.hpp"

namespace stepcast::printer {

/// Tells an observer what happened, in order, on a thread of its own: whoever drives a machine
/// never waits for whoever watches it.
///
/// Every change of state arrives; of pictures in between that nobody has taken yet, only the
/// newest.
///
/// Threads: any.
class Notifier {
 public:
  explicit Notifier(Observer observer);
  /// Delivers what is queued first.
  ~Notifier();
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;

  void status(const Status& status);
  void finished(const PrintResult& result);
  void log(std::string line);

 private:
  using Event = std::variant<Status, PrintResult, std::string>;

  void push(Event event);
  void run();
  void deliver(const Event& event) const;

  const Observer observer_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Event> queue_;  // by mutex_
  bool ends_ = false;        // by mutex_
  std::jthread thread_;      // last: it uses the rest
};

}  // namespace stepcast::printer
