#include "stepcast/control/motion_source.hpp"

#include <algorithm>
#include <utility>

#include "stepcast/base/contracts.hpp"
#include "stepcast/stepgen/tick_encoder.hpp"

#include "heat_queue.hpp"

namespace stepcast::control {

Result<std::unique_ptr<MotionSource>> MotionSource::create(const JobPlan& plan,
                                                           const machine::Profile& profile,
                                                           planner::LiveMoves::Feed changes,
                                                           Ticks heat_ahead) {
  auto reader = gcode::Reader::open(plan.file);
  if (!reader) {
    return tl::unexpected(reader.error());
  }
  std::unique_ptr<MotionSource> source(new MotionSource(profile));
  auto pipeline = MotionPipeline::create(
      std::move(*reader), profile, plan.choice,
      [heat = source->heat_.get()](const planner::TimedMarker& marker) { heat->note(marker); },
      std::move(changes));
  if (!pipeline) {
    return tl::unexpected(pipeline.error());
  }
  source->pipeline_ = std::move(*pipeline);
  source->heat_ahead_ = heat_ahead;
  return source;
}

MotionSource::MotionSource(const machine::Profile& profile)
    : tick_rate_(profile.tick_rate), heat_(std::make_unique<HeatQueue>(profile)) {}

MotionSource::~MotionSource() = default;

std::vector<HeatEvent> MotionSource::take_heat() {
  return heat_->take();
}

Ticks MotionSource::planned_to() const {
  return static_cast<Ticks>(pipeline_->planned_to().v * tick_rate_.v);
}

void MotionSource::watch_moves(std::function<void(const planner::Move&, Seconds)> on_move) {
  pipeline_->watch_moves(std::move(on_move));
}

Ticks MotionSource::tick_of(Seconds planned) const {
  return static_cast<Ticks>(pipeline_->retimed(planned).v * tick_rate_.v);
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
    heat_->settle_all(*pipeline_, pipeline_->totals().ticks);
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
  heat_->settle(*pipeline_, pipeline_->firm_ticks());
  return {};
}

Result<std::size_t> MotionSource::read(std::span<std::uint8_t> ticks) {
  std::size_t written = 0;
  while (written < ticks.size()) {
    const Ticks end = first_ + static_cast<Ticks>(ticks_.size());
    const Ticks certain = std::min(end, pipeline_->firm_ticks()) - heat_ahead_;
    const Ticks firm = ended_ ? end : std::max(given_, certain);
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
