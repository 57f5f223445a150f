#include "stepcast/printer/notifier.hpp"

#include <utility>

namespace stepcast::printer {

Notifier::Notifier(Observer observer)
    : observer_(std::move(observer)), thread_([this] { run(); }) {}

Notifier::~Notifier() {
  {
    const std::lock_guard lock(mutex_);
    ends_ = true;
  }
  changed_.notify_all();
}

void Notifier::status(const Status& status) {
  {
    const std::lock_guard lock(mutex_);
    Status* newest = queue_.empty() ? nullptr : std::get_if<Status>(&queue_.back());
    if (newest != nullptr && newest->version == status.version) {
      *newest = status;
      return;
    }
  }
  push(status);
}

void Notifier::finished(const PrintResult& result) {
  push(result);
}

void Notifier::log(std::string line) {
  push(std::move(line));
}

void Notifier::push(Event event) {
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(event));
  }
  changed_.notify_all();
}

void Notifier::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return ends_ || !queue_.empty(); });
    if (queue_.empty()) {
      return;
    }
    const Event event = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    deliver(event);
    lock.lock();
  }
}

void Notifier::deliver(const Event& event) const {
  if (const auto* status = std::get_if<Status>(&event)) {
    if (observer_.on_status) {
      observer_.on_status(*status);
    }
  } else if (const auto* result = std::get_if<PrintResult>(&event)) {
    if (observer_.on_finished) {
      observer_.on_finished(*result);
    }
  } else if (observer_.on_log) {
    observer_.on_log(std::get<std::string>(event));
  }
}

}  // namespace stepcast::printer
