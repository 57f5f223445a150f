#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/control/job_plan.hpp"
#include "stepcast/stepgen/tick_source.hpp"

namespace stepcast::control {

/// Feeds a stream from a planned job: plans it a second time, as fast as it is read.
///
/// The same file, profile and choice give the same ticks as the plan. `profile` must outlive the
/// source.
class MotionSource final : public stepgen::TickSource {
 public:
  [[nodiscard]] static Result<std::unique_ptr<MotionSource>> create(
      const JobPlan& plan, const machine::Profile& profile);

  [[nodiscard]] Result<std::size_t> read(std::span<std::uint8_t> ticks) override;

 private:
  explicit MotionSource(std::unique_ptr<MotionPipeline> pipeline);

  std::unique_ptr<MotionPipeline> pipeline_;
  std::vector<std::uint8_t> block_;
  std::size_t used_ = 0;
};

}  // namespace stepcast::control
