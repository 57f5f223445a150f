#include "stepcast/control/motion_source.hpp"

#include <algorithm>
#include <utility>

#include "stepcast/base/contracts.hpp"
#include "stepcast/stepgen/tick_encoder.hpp"

namespace stepcast::control {

Result<std::unique_ptr<MotionSource>> MotionSource::create(const JobPlan& plan,
                                                           const machine::Profile& profile,
                                                           planner::LiveMoves::Feed changes) {
  auto reader = gcode::Reader::open(plan.file);
  if (!reader) {
    return tl::unexpected(reader.error());
  }
  auto pipeline =
      MotionPipeline::create(std::move(*reader), profile, plan.choice, {}, std::move(changes));
  if (!pipeline) {
    return tl::unexpected(pipeline.error());
  }
  return std::unique_ptr<MotionSource>(new MotionSource(std::move(*pipeline), profile.tick_rate));
}

MotionSource::MotionSource(std::unique_ptr<MotionPipeline> pipeline, Hertz tick_rate)
    : pipeline_(std::move(pipeline)), tick_rate_(tick_rate) {}

Ticks MotionSource::planned_to() const {
  return static_cast<Ticks>(pipeline_->planned_to().v * tick_rate_.v);
}

// One more block, in place of what it makes void.
Result<void> MotionSource::plan_on() {
  MotionBlock block;
  auto more = pipeline_->next_fitted(block);
  if (!more) {
    return tl::unexpected(more.error());
  }
  if (!*more) {
    ended_ = true;
    return {};
  }
  STEPCAST_CHECK(block.first_tick >= given_);
  const auto given = static_cast<std::ptrdiff_t>(given_ - first_);
  if (2 * given > static_cast<std::ptrdiff_t>(ticks_.size())) {
    ticks_.erase(ticks_.begin(), ticks_.begin() + given);
    first_ = given_;
  }
  const auto before = static_cast<std::size_t>(block.first_tick - first_);
  ticks_.resize(before + block.ticks);
  stepgen::encode_ticks(*block.steps, std::span(ticks_).subspan(before));
  return {};
}

Result<std::size_t> MotionSource::read(std::span<std::uint8_t> ticks) {
  std::size_t written = 0;
  while (written < ticks.size()) {
    const Ticks end = first_ + static_cast<Ticks>(ticks_.size());
    const Ticks firm = ended_ ? end : std::min(end, pipeline_->firm_ticks());
    if (firm == given_) {
      if (ended_) {
        break;
      }
      if (auto planned = plan_on(); !planned) {
        return tl::unexpected(planned.error());
      }
      continue;
    }
    const auto n = std::min(ticks.size() - written, static_cast<std::size_t>(firm - given_));
    std::copy_n(ticks_.begin() + static_cast<std::ptrdiff_t>(given_ - first_), n,
                ticks.begin() + static_cast<std::ptrdiff_t>(written));
    given_ += static_cast<Ticks>(n);
    written += n;
  }
  return written;
}

}  // namespace stepcast::control
