#include "stepcast/control/motion_source.hpp"

#include <algorithm>
#include <utility>

#include "stepcast/stepgen/tick_encoder.hpp"

namespace stepcast::control {

Result<std::unique_ptr<MotionSource>> MotionSource::create(const JobPlan& plan,
                                                           const machine::Profile& profile) {
  auto reader = gcode::Reader::open(plan.file);
  if (!reader) {
    return tl::unexpected(reader.error());
  }
  auto pipeline = MotionPipeline::create(std::move(*reader), profile, plan.choice);
  if (!pipeline) {
    return tl::unexpected(pipeline.error());
  }
  return std::unique_ptr<MotionSource>(new MotionSource(std::move(*pipeline)));
}

MotionSource::MotionSource(std::unique_ptr<MotionPipeline> pipeline)
    : pipeline_(std::move(pipeline)) {}

Result<std::size_t> MotionSource::read(std::span<std::uint8_t> ticks) {
  std::size_t written = 0;
  while (written < ticks.size()) {
    if (used_ == block_.size()) {
      MotionBlock block;
      auto more = pipeline_->next(block);
      if (!more) {
        return tl::unexpected(more.error());
      }
      if (!*more) {
        break;
      }
      block_.resize(block.ticks);
      stepgen::encode_ticks(*block.steps, block_);
      used_ = 0;
    }
    const std::size_t n = std::min(ticks.size() - written, block_.size() - used_);
    std::copy_n(block_.begin() + static_cast<std::ptrdiff_t>(used_), n,
                ticks.begin() + static_cast<std::ptrdiff_t>(written));
    used_ += n;
    written += n;
  }
  return written;
}

}  // namespace stepcast::control
