#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

#include "stepcast/control/job_plan.hpp"
#include "stepcast/machine/profile.hpp"

namespace stepcast::printer {

/// The plan of the job under way. When the job is changed it is planned again on a thread of its
/// own, so that the time left stays true; the stream does not wait for that.
///
/// Threads: any.
class PlanKeeper {
 public:
  /// `profile` must outlive the keeper.
  PlanKeeper(control::JobPlan plan, const machine::Profile& profile);

  /// As the job was before any change: what its motion is made of.
  [[nodiscard]] const control::JobPlan& first() const { return first_; }
  /// The newest; `exact` says whether it has all changes.
  [[nodiscard]] std::shared_ptr<const control::JobPlan> newest(bool& exact) const;
  void replan(std::vector<planner::LiveChange> changes);

 private:
  void run(const std::stop_token& stop);

  const control::JobPlan first_;
  const machine::Profile& profile_;
  mutable std::mutex mutex_;
  std::condition_variable_any wake_;
  std::shared_ptr<const control::JobPlan> newest_;
  std::optional<std::vector<planner::LiveChange>> asked_;
  bool exact_ = true;
  std::jthread thread_;  // last: it uses the rest
};

}  // namespace stepcast::printer
