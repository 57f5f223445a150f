#include "outbox.hpp"

#include <algorithm>
#include <utility>

namespace stepcast::http {
namespace {

// Empty messages take room too.
std::size_t outbox_cost(const Outbox::Item& item) {
  return item.bytes.size() + sizeof(item);
}

}  // namespace

Outbox::Outbox(std::size_t max_bytes, std::function<void()> wake)
    : max_bytes_(max_bytes), wake_(std::move(wake)) {}

void Outbox::wake_locked() {
  if (!awake_ && !shut_) {
    awake_ = true;
    wake_();
  }
}

bool Outbox::push(Item item) {
  const std::lock_guard lock(mutex_);
  if (!takes_) {
    return false;
  }
  // One message alone always fits, or a large one could never be sent at all.
  if (!events_.empty() && event_bytes_ + outbox_cost(item) > max_bytes_) {
    takes_ = false;
    overflowed_ = true;
    wake_locked();
    return false;
  }
  event_bytes_ += outbox_cost(item);
  events_.push_back(std::move(item));
  wake_locked();
  return true;
}

bool Outbox::replace(std::uint32_t topic, Item item) {
  const std::lock_guard lock(mutex_);
  if (!takes_) {
    return false;
  }
  const auto waiting = std::find_if(latest_.begin(), latest_.end(),
                                    [&](const auto& entry) { return entry.first == topic; });
  if (waiting != latest_.end()) {
    waiting->second = std::move(item);
  } else {
    latest_.emplace_back(topic, std::move(item));
  }
  wake_locked();
  return true;
}

std::size_t Outbox::waiting() const {
  const std::lock_guard lock(mutex_);
  return event_bytes_;
}

void Outbox::finish() {
  const std::lock_guard lock(mutex_);
  takes_ = false;
  wake_locked();
}

void Outbox::shut() {
  const std::lock_guard lock(mutex_);
  takes_ = false;
  shut_ = true;
  events_.clear();
  latest_.clear();
  event_bytes_ = 0;
}

Outbox::Next Outbox::pop() {
  const std::lock_guard lock(mutex_);
  Next next{.item = std::nullopt, .over = false, .overflowed = overflowed_};
  if (overflowed_ || shut_) {
    next.over = true;
  } else if (!events_.empty()) {
    event_bytes_ -= outbox_cost(events_.front());
    next.item = std::move(events_.front());
    events_.pop_front();
  } else if (!latest_.empty()) {
    next.item = std::move(latest_.front().second);
    latest_.pop_front();
  } else {
    next.over = !takes_;
    awake_ = false;
  }
  return next;
}

}  // namespace stepcast::http
