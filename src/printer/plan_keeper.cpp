#include "plan_keeper.hpp"

#include <utility>

namespace stepcast::printer {

PlanKeeper::PlanKeeper(control::JobPlan plan, const machine::Profile& profile)
    : first_(std::move(plan)),
      profile_(profile),
      newest_(std::make_shared<const control::JobPlan>(first_)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

std::shared_ptr<const control::JobPlan> PlanKeeper::newest(bool& exact) const {
  const std::lock_guard lock(mutex_);
  exact = exact_;
  return newest_;
}

void PlanKeeper::replan(std::vector<planner::LiveChange> changes) {
  {
    const std::lock_guard lock(mutex_);
    asked_ = std::move(changes);
    exact_ = false;
  }
  wake_.notify_all();
}

void PlanKeeper::run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (wake_.wait(lock, stop, [this] { return asked_.has_value(); })) {
    if (stop.stop_requested()) {
      return;
    }
    const auto changes = *std::exchange(asked_, {});
    lock.unlock();
    auto plan = control::plan_job(first_.file, profile_, first_.choice, {}, changes);
    lock.lock();
    // What cannot be planned ends the stream with its error; here the old plan stays, not exact.
    if (plan && !asked_) {
      newest_ = std::make_shared<const control::JobPlan>(std::move(*plan));
      exact_ = true;
    }
  }
}

}  // namespace stepcast::printer
