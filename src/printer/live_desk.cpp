#include "live_desk.hpp"

#include <utility>

namespace stepcast::printer {

void LiveDesk::begin(Keep keep) {
  start({}, std::move(keep), true);
}

void LiveDesk::begin_again(std::vector<planner::LiveChange> made, Keep keep) {
  ask(made.empty() ? planner::LiveSettings{} : made.back().settings);
  start(std::move(made), std::move(keep), false);
}

void LiveDesk::start(std::vector<planner::LiveChange> made, Keep keep, bool open) {
  const std::lock_guard lock(mutex_);
  changes_ = std::move(made);
  repeated_ = 0;
  taken_ = {};
  keep_ = std::move(keep);
  open_.store(open);
  news_.store(true);
}

void LiveDesk::end() {
  const std::lock_guard lock(mutex_);
  asked_ = {};
  keep_ = {};
}

planner::LiveSettings LiveDesk::asked() const {
  const std::lock_guard lock(mutex_);
  return asked_;
}

void LiveDesk::ask(const planner::LiveSettings& settings) {
  const std::lock_guard lock(mutex_);
  asked_ = settings;
  news_.store(true);
}

const planner::LiveSettings* LiveDesk::take(std::int64_t move) {
  if (!news_.load(std::memory_order_relaxed)) {
    return nullptr;
  }
  const std::lock_guard lock(mutex_);
  const planner::LiveSettings* settings = nullptr;
  for (; repeated_ < changes_.size() && changes_[repeated_].from_move <= move; ++repeated_) {
    taken_ = changes_[repeated_].settings;
    settings = &taken_;
  }
  if (repeated_ < changes_.size() || !open_.load()) {
    return settings;
  }
  news_.store(false);
  if (asked_ == taken_) {
    return settings;
  }
  taken_ = asked_;
  changes_.push_back({.from_move = move, .settings = taken_});
  repeated_ = changes_.size();
  if (keep_) {
    keep_(changes_.back());
  }
  return &taken_;
}

std::vector<planner::LiveChange> LiveDesk::changes() const {
  const std::lock_guard lock(mutex_);
  return changes_;
}

}  // namespace stepcast::printer
