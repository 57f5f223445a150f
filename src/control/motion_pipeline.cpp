#include "stepcast/control/motion_pipeline.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "stepcast/base/contracts.hpp"
#include "stepcast/planner/corner_smoother.hpp"
#include "stepcast/planner/planners.hpp"
#include "stepcast/shaping/compensators.hpp"
#include "stepcast/stepgen/motor_map.hpp"

#include "compensation_stage.hpp"
#include "tick_grid_survey.hpp"

namespace stepcast::control {
namespace {

// A place acts on the compensated command for about this many samples before and after it: the
// reach of a filter's basis function, and the first swing of what it answers.
constexpr std::int64_t kInfluence = 60;
// A plan that has to be this much slower somewhere is not for this machine.
constexpr double kLeastRate = 0.3;
// A checkpoint costs about as much as a tenth of a block.
constexpr std::int64_t kBlocksPerCheckpoint = 2;
// A stretch with its ramp begins this many samples before a place, or a little more; the
// compensator has read the plan further by its own reach.
constexpr std::int64_t kWayBack = kInfluence + planner::Retimer::kRamp + 100;

}  // namespace

class MotionPipeline::Impl {
 public:
  Impl(gcode::Reader reader, const machine::Profile& profile, const ControllerChoice& choice,
       planner::LiveMoves::Feed changes)
      : profile_(profile),
        planning_profile_(profile),
        toolpath_(std::move(reader), profile, choice.toolpath),
        moves_(toolpath_, planner::start_position(profile, choice.toolpath), std::move(changes)),
        start_(choice.restart ? choice.restart->start
                              : planner::start_position(profile, choice.toolpath)),
        run_(profile) {
    if (choice.restart) {
      resumed_.emplace(moves_, profile_, *choice.restart);
    }
    for (Axis axis : kAllAxes) {
      MmPerS& speed = planning_profile_.axes[axis].max_speed;
      speed = std::min(speed, choice.speed_ceiling[axis]);
    }
  }

  Result<void> build(const ControllerChoice& choice,
                     std::function<void(const planner::TimedMarker&)> on_marker) {
    planner::MoveSource& moves = resumed_ ? static_cast<planner::MoveSource&>(*resumed_) : moves_;
    auto planner = planner::make_planner(choice.planner, planning_profile_, moves);
    if (!planner) {
      return tl::unexpected(planner.error());
    }
    planner_ = std::move(*planner);
    sampler_ = std::make_unique<planner::Sampler>(
        *planner_, start_,
        planner::Sampler::Options{.period = Seconds(1.0 / shaping::kCommandRate.v),
                                  .lead_in = kLeadIn,
                                  .lead_out = kLeadOut},
        std::move(on_marker));
    auto kernel =
        planner_->wants_rounded_corners()
            ? planner::junction_kernel(profile_.path, Seconds(1.0 / shaping::kCommandRate.v))
            : planner::SmoothingKernel{1.0};
    const Seconds reach(static_cast<double>(kernel.size()) / 2.0 / shaping::kCommandRate.v);
    if (reach > kLeadIn) {
      return fail(Errc::kOutOfRange,
                  fmt::format("rounding corners by {:g} mm at {:g} mm/s2 takes {:.3f} s to either "
                              "side; at most {:g} s is possible",
                              profile_.path.junction_deviation.v, profile_.path.acceleration.v,
                              reach.v, kLeadIn.v),
                  {}, "lower the junction deviation or raise the acceleration");
    }
    smoother_ = std::make_unique<planner::CornerSmoother>(*sampler_, start_, std::move(kernel));
    retimer_ = std::make_unique<planner::Retimer>(*smoother_, choice.stretches);
    PerAxis<double> start_mm;
    for (Axis axis : kAllAxes) {
      auto filter = shaping::make_axis_filter(choice.compensator, profile_, axis);
      if (!filter) {
        return tl::unexpected(filter.error());
      }
      start_mm[axis] = start_[axis].v;
      stage_.set(axis, std::move(*filter), start_mm[axis]);
    }
    // The oldest is just about to go when it is needed.
    most_checkpoints_ = 2 + (stage_.reach() + static_cast<std::size_t>(kWayBack)) /
                                (CompensationStage::kMostSamples * kBlocksPerCheckpoint);
    const double ticks_per_sample = profile_.tick_rate.v / shaping::kCommandRate.v;
    if (ticks_per_sample != std::floor(ticks_per_sample)) {
      return fail(Errc::kInvalidArgument,
                  fmt::format("a tick rate of {:g} Hz is no multiple of the command rate, {:g} Hz",
                              profile_.tick_rate.v, shaping::kCommandRate.v));
    }
    ticks_per_sample_ = static_cast<int>(ticks_per_sample);
    for (Axis motor : kAllAxes) {
      const double at = stepgen::motor_position(profile_.kinematics, start_mm, motor);
      auto& generator =
          run_.generators.emplace_back(profile_.axes[motor].steps_per_mm, ticks_per_sample_);
      generator.start(at);
      start_steps_[motor] = generator.emitted();
      run_.survey.start(motor, at);
      run_.plan_meters[index(motor)].start(start_mm[motor]);
      run_.command_meters[index(motor)].start(start_mm[motor]);
    }
    return {};
  }

  Result<bool> next(MotionBlock& block) {
    auto filled = command_of_next();
    if (!filled) {
      return tl::unexpected(filled.error());
    }
    if (*filled == 0) {
      return come_to_rest(block);
    }
    if (auto made = make_steps(*filled); !made) {
      return tl::unexpected(made.error());
    }
    give(block, *filled, *filled);
    return true;
  }

  Result<bool> next_fitted(MotionBlock& block) {
    if (checkpoints_.empty()) {
      retimer_->keep_from(retimer_->mark());
    }
    for (;; since_checkpoint_ = 1) {  // goes back to a checkpoint
      if (since_checkpoint_++ % kBlocksPerCheckpoint == 0) {
        save();
      }
      const std::int64_t changes = moves_.changes();
      auto filled = command_of_next();
      if (!filled) {
        return tl::unexpected(filled.error());
      }
      if (moves_.changes() != changes) {
        retimer_->drop_ahead();
      }
      if (*filled == 0) {
        return come_to_rest(block);
      }
      if (const auto excess = survey(*filled)) {
        if (auto slowed = slow_down(*excess, *filled); !slowed) {
          return tl::unexpected(slowed.error());
        }
        continue;
      }
      if (auto made = make_steps(*filled); !made) {
        return tl::unexpected(made.error());
      }
      for (Axis axis : kAllAxes) {
        run_.plan_meters[index(axis)].add(stage_.plan(axis).first(*filled));
        run_.command_meters[index(axis)].add(stage_.command(axis).first(*filled));
      }
      give(block, *filled, *filled);
      return true;
    }
  }

  Result<void> fit(const std::stop_token& stop) {
    MotionBlock block;
    for (;;) {
      if (stop.stop_requested()) {
        return fail(Errc::kInterrupted, "the planning was stopped");
      }
      auto more = next_fitted(block);
      if (!more) {
        return tl::unexpected(more.error());
      }
      if (!*more) {
        return {};
      }
    }
  }

  [[nodiscard]] Ticks firm_ticks() const {
    return checkpoints_.empty() || run_.phase != Phase::kMoving
               ? run_.totals.ticks
               : checkpoints_.front().run.totals.ticks;
  }
  [[nodiscard]] const MotionTotals& totals() const { return run_.totals; }
  [[nodiscard]] MotionPeaks peaks() const {
    MotionPeaks peaks;
    for (Axis axis : kAllAxes) {
      peaks.plan[axis] = run_.plan_meters[index(axis)].peaks();
      peaks.command[axis] = run_.command_meters[index(axis)].peaks();
    }
    return peaks;
  }
  [[nodiscard]] planner::Sampler& sampler() { return *sampler_; }
  [[nodiscard]] planner::Toolpath& toolpath() { return toolpath_; }
  [[nodiscard]] const planner::Retimer& retimer() const { return *retimer_; }
  [[nodiscard]] Seconds planned_duration() const { return sampler_->planned_duration(); }

 private:
  enum class Phase : std::uint8_t { kMoving, kSettled, kDone };

  // All that happened so far behind the compensation; a copy is a checkpoint.
  struct Run {
    explicit Run(const machine::Profile& profile) : survey(profile) {}

    std::vector<stepgen::StepGenerator> generators;
    TickGridSurvey survey;
    std::array<shaping::PeakMeter, kAxisCount> plan_meters;
    std::array<shaping::PeakMeter, kAxisCount> command_meters;
    MotionTotals totals;
    std::int64_t samples = 0;
    Phase phase = Phase::kMoving;
  };

  struct Checkpoint {
    planner::Retimer::Mark plan;
    CompensationStage::Checkpoint stage;
    Run run;
  };

  // The compensated command of the next samples; 0 of them at the end.
  Result<std::size_t> command_of_next() {
    for (auto& events : steps_.values) {
      events.clear();
    }
    return stage_.advance(*retimer_);
  }

  Result<void> make_steps(std::size_t samples) {
    if (auto checked = check_travel(samples); !checked) {
      return tl::unexpected(checked.error());
    }
    for (Axis motor : kAllAxes) {
      const auto positions = motor_positions(motor, samples);
      if (run_.generators[index(motor)].push(positions, steps_[motor]) !=
          stepgen::StepStatus::kOk) {
        return tl::unexpected(too_fast(motor, fastest(positions, positions.front())));
      }
    }
    return {};
  }

  Result<bool> come_to_rest(MotionBlock& block) {
    switch (run_.phase) {
      case Phase::kMoving:
        return settle(block);
      case Phase::kSettled:
        return finish(block);
      case Phase::kDone:
        break;
    }
    return false;
  }

  // The worst of all motors.
  std::optional<TickGridExcess> survey(std::size_t samples) {
    std::optional<TickGridExcess> worst;
    for (Axis motor : kAllAxes) {
      const auto excess = run_.survey.see(motor, motor_positions(motor, samples));
      if (excess && (!worst || excess->share < worst->share)) {
        worst = excess;
        worst_motor_ = motor;
      }
    }
    return worst;
  }

  void save() {
    if (checkpoints_.size() == most_checkpoints_) {
      std::rotate(checkpoints_.begin(), checkpoints_.begin() + 1, checkpoints_.end());
      retimer_->keep_from(checkpoints_.front().plan);
    } else {
      checkpoints_.push_back({{}, {}, run_});
    }
    Checkpoint& checkpoint = checkpoints_.back();
    checkpoint.plan = retimer_->mark();
    stage_.save(checkpoint.stage);
    checkpoint.run = run_;
  }

  // Adds a stretch around a place of this block and goes back to before it.
  Result<void> slow_down(const TickGridExcess& excess, std::size_t samples) {
    const auto planned = [&](std::size_t sample) {
      return retimer_->planned_at(static_cast<double>(run_.samples) + static_cast<double>(sample));
    };
    planner::SlowStretch stretch;
    stretch.first = static_cast<std::int64_t>(planned(excess.first)) - kInfluence;
    stretch.last = static_cast<std::int64_t>(planned(excess.last)) + kInfluence;
    double rate = 0.0;  // at which the place ran this time
    for (std::size_t sample = excess.first; sample <= excess.last; ++sample) {
      rate = std::max(rate, planned(sample + 1) - planned(sample));
    }
    stretch.rate = rate * excess.share;
    for (const planner::SlowStretch& earlier : retimer_->stretches()) {
      if (earlier.first <= stretch.first && stretch.last <= earlier.last) {
        stretch.rate = std::min(stretch.rate, earlier.rate * excess.share);  // it did not help
      }
    }
    if (stretch.rate < kLeastRate) {
      const auto positions = motor_positions(worst_motor_, samples);
      return tl::unexpected(too_fast(worst_motor_, fastest(positions, positions.front())));
    }
    const std::int64_t begin = stretch.first - planner::Retimer::kRamp;
    while (checkpoints_.size() > 1 && checkpoints_.back().plan.whole >= begin) {
      checkpoints_.pop_back();
    }
    const Checkpoint& checkpoint = checkpoints_.back();
    // At the start of a job a place may come sooner than its ramp; there is the lead-in.
    STEPCAST_CHECK(checkpoint.plan.whole < begin || checkpoint.plan.whole == 0);
    stretch.first = std::max(stretch.first, checkpoint.plan.whole + planner::Retimer::kRamp);
    retimer_->rewind(checkpoint.plan);
    stage_.restore(checkpoint.stage);
    run_ = checkpoint.run;
    retimer_->add(stretch);
    return {};
  }

  // `samples` of motion, stepped in as many periods.
  void give(MotionBlock& block, std::size_t samples, std::size_t periods) {
    block.first_tick = run_.totals.ticks;
    block.samples = samples;
    block.draining = stage_.draining() || run_.phase != Phase::kMoving;
    block.ticks = periods * static_cast<std::size_t>(ticks_per_sample_);
    for (Axis axis : kAllAxes) {
      block.path_mm[axis] = stage_.path(axis).first(samples);
      block.plan_mm[axis] = stage_.plan(axis).first(samples);
      block.command_mm[axis] = stage_.command(axis).first(samples);
      const auto& generator = run_.generators[index(axis)];
      run_.totals.steps[axis] = generator.emitted() - start_steps_[axis];
      run_.totals.target_steps[axis] = generator.target() - start_steps_[axis];
      run_.totals.step_count[axis] += static_cast<std::int64_t>(steps_[axis].size());
      run_.totals.largest_lag_steps[axis] = generator.largest_lag_steps();
    }
    run_.samples += static_cast<std::int64_t>(samples);
    run_.totals.ticks += static_cast<Ticks>(block.ticks);
    block.steps = &steps_;
  }

  // The last block: every motor goes to where the plan ends, exactly.
  Result<bool> settle(MotionBlock& block) {
    run_.phase = Phase::kSettled;
    PerAxis<double> end;
    for (Axis axis : kAllAxes) {
      end[axis] = moves_.end()[axis].v;
    }
    for (Axis motor : kAllAxes) {
      auto& generator = run_.generators[index(motor)];
      const double at = stepgen::motor_position(profile_.kinematics, end, motor);
      if (generator.push(std::span(&at, 1), steps_[motor]) != stepgen::StepStatus::kOk) {
        return fail(Errc::kOutOfRange,
                    fmt::format("the command of motor {} does not come to rest on the plan",
                                axis_name(motor)),
                    {}, "choose another compensator");
      }
    }
    give(block, 0, 1);
    return true;
  }

  // One more millisecond, in which a motor takes the step that its hysteresis may have held back.
  Result<bool> finish(MotionBlock& block) {
    run_.phase = Phase::kDone;
    for (Axis motor : kAllAxes) {
      STEPCAST_CHECK(run_.generators[index(motor)].finish(steps_[motor]) ==
                     stepgen::StepStatus::kOk);
    }
    give(block, 0, 1);
    for (Axis motor : kAllAxes) {
      STEPCAST_CHECK(run_.totals.steps[motor] == run_.totals.target_steps[motor]);
    }
    return true;
  }

  [[nodiscard]] Result<void> check_travel(std::size_t samples) const {
    for (Axis axis : {Axis::kX, Axis::kY, Axis::kZ}) {
      const auto command = stage_.command(axis).first(samples);
      const auto [low, high] = std::minmax_element(command.begin(), command.end());
      const auto& spec = profile_.axes[axis];
      // An offset says where the bed is, so the nozzle may go down with it.
      const Mm deeper = axis == Axis::kZ ? moves_.deepest_offset() : Mm(0);
      const double worst = *low < (spec.travel_min - profile_.overtravel + deeper).v ? *low
                           : *high > (spec.travel_max + profile_.overtravel).v       ? *high
                                                                                     : NAN;
      if (!std::isnan(worst)) {
        return fail(Errc::kOutOfRange,
                    fmt::format("the compensated command takes {} to {:.3f} mm; it may leave its "
                                "travel, {:g} to {:g} mm, by {:g} mm",
                                axis_name(axis), worst, spec.travel_min.v, spec.travel_max.v,
                                profile_.overtravel.v),
                    {}, "move the part away from the edge, or choose a softer compensator");
      }
    }
    return {};
  }

  // Commanded positions of a motor over the block.
  std::span<const double> motor_positions(Axis motor, std::size_t samples) {
    const bool straight = profile_.kinematics == machine::Kinematics::kCartesian ||
                          motor == Axis::kZ || motor == Axis::kE;
    if (straight) {
      return stage_.command(motor).first(samples);
    }
    motor_mm_.resize(samples);
    for (std::size_t k = 0; k < samples; ++k) {
      PerAxis<double> tool;
      for (Axis axis : kAllAxes) {
        tool[axis] = stage_.command(axis)[k];
      }
      motor_mm_[k] = stepgen::motor_position(profile_.kinematics, tool, motor);
    }
    return motor_mm_;
  }

  // Highest speed on the way from `before` through all positions.
  static MmPerS fastest(std::span<const double> positions, double before) {
    double step = 0.0;
    for (const double position : positions) {
      step = std::max(step, std::abs(position - before));
      before = position;
    }
    return MmPerS(step * shaping::kCommandRate.v);
  }

  [[nodiscard]] Error too_fast(Axis motor, MmPerS speed) const {
    return {Errc::kOutOfRange,
            fmt::format("the command drives motor {} at {:.1f} mm/s; one step a tick at {:g} kHz "
                        "allows {:.1f} mm/s",
                        axis_name(motor), speed.v, profile_.tick_rate.v / 1000.0,
                        rate_limit(profile_, motor).v),
            {},
            "lower --max-speed or raise --tick-rate"};
  }

  const machine::Profile& profile_;
  machine::Profile planning_profile_;  // with the speed ceiling
  planner::Toolpath toolpath_;
  planner::LiveMoves moves_;
  std::optional<planner::ResumedMoves> resumed_;  // of a job that was broken off
  PerAxis<Mm> start_;                             // of the tool
  std::unique_ptr<planner::Planner> planner_;
  std::unique_ptr<planner::Sampler> sampler_;
  std::unique_ptr<planner::CornerSmoother> smoother_;
  std::unique_ptr<planner::Retimer> retimer_;
  CompensationStage stage_;
  Run run_;
  std::vector<Checkpoint> checkpoints_;  // oldest first
  std::size_t most_checkpoints_ = 0;
  std::int64_t since_checkpoint_ = 0;  // blocks
  PerAxis<Steps> start_steps_;
  PerAxis<std::vector<stepgen::StepEvent>> steps_;
  std::vector<double> motor_mm_;
  Axis worst_motor_ = Axis::kX;
  int ticks_per_sample_ = 0;
};

Result<std::unique_ptr<MotionPipeline>> MotionPipeline::create(
    gcode::Reader reader, const machine::Profile& profile, const ControllerChoice& choice,
    std::function<void(const planner::TimedMarker&)> on_marker, planner::LiveMoves::Feed changes) {
  auto impl = std::make_unique<Impl>(std::move(reader), profile, choice, std::move(changes));
  if (auto built = impl->build(choice, std::move(on_marker)); !built) {
    return tl::unexpected(built.error());
  }
  return std::unique_ptr<MotionPipeline>(new MotionPipeline(std::move(impl)));
}

MotionPipeline::MotionPipeline(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
MotionPipeline::~MotionPipeline() = default;

Result<bool> MotionPipeline::next(MotionBlock& block) {
  return impl_->next(block);
}
Result<bool> MotionPipeline::next_fitted(MotionBlock& block) {
  return impl_->next_fitted(block);
}
Ticks MotionPipeline::firm_ticks() const {
  return impl_->firm_ticks();
}
Seconds MotionPipeline::planned_to() const {
  return retimed(kLeadIn + impl_->planned_duration());
}
Result<void> MotionPipeline::fit(const std::stop_token& stop) {
  return impl_->fit(stop);
}
void MotionPipeline::watch_moves(std::function<void(const planner::Move&, Seconds)> on_move) {
  impl_->sampler().watch(std::move(on_move));
}
const std::vector<planner::SlowStretch>& MotionPipeline::stretches() const {
  return impl_->retimer().stretches();
}
const MotionTotals& MotionPipeline::totals() const {
  return impl_->totals();
}
MotionPeaks MotionPipeline::peaks() const {
  return impl_->peaks();
}
const planner::ToolpathSummary& MotionPipeline::summary() const {
  return impl_->toolpath().summary();
}
const gcode::UnknownCommands& MotionPipeline::unknown_commands() const {
  return impl_->toolpath().unknown_commands();
}
Seconds MotionPipeline::print_time() const {
  return impl_->planned_duration() + slowed_by();
}
Seconds MotionPipeline::slowed_by() const {
  return Seconds(impl_->retimer().delay() / shaping::kCommandRate.v);
}
Seconds MotionPipeline::retimed(Seconds planned) const {
  return Seconds(impl_->retimer().given_at(planned.v * shaping::kCommandRate.v) /
                 shaping::kCommandRate.v);
}

}  // namespace stepcast::control
