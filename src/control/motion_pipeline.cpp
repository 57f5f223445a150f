#include "stepcast/control/motion_pipeline.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <deque>
#include <utility>

#include <fmt/format.h>

#include "stepcast/base/contracts.hpp"
#include "stepcast/planner/corner_smoother.hpp"
#include "stepcast/planner/planners.hpp"
#include "stepcast/shaping/compensators.hpp"
#include "stepcast/stepgen/motor_map.hpp"

#include "compensation_stage.hpp"

namespace stepcast::control {
namespace {

// A move acts on the compensated command for about this long before and after it: the reach of a
// filter's basis function, and the first swing of what it answers.
constexpr Seconds kInfluence{0.06};
// Slow down a little more than the measured excess asks: what surrounds the place stays as fast.
// Smaller: fewer surveys; larger: faster prints.
constexpr double kExcessMargin = 0.93;
// From this share of the limit on a place is near it: what a shift in time of a few ms can add.
constexpr double kNearLimit = 0.95;
// Rounding to the grid may add this share to a speed.
constexpr double kRateTolerance = 1e-4;
// In one attempt at most this much, so that one bad place is not made slower than it needs.
constexpr double kSmallestShare = 0.5;

// E counts from the start of the job.
PerAxis<Mm> home_position(const machine::Profile& profile) {
  PerAxis<Mm> home;
  for (Axis axis : {Axis::kX, Axis::kY, Axis::kZ}) {
    home[axis] = profile.axes[axis].home;
  }
  return home;
}

}  // namespace

class MotionPipeline::Impl {
 public:
  Impl(gcode::Reader reader, const machine::Profile& profile, const ControllerChoice& choice,
       PipelineMode mode)
      : profile_(profile),
        planning_profile_(profile),
        mode_(mode),
        toolpath_(std::move(reader), profile, choice.toolpath),
        zones_(toolpath_, choice.slow_zones) {
    for (Axis axis : kAllAxes) {
      MmPerS& speed = planning_profile_.axes[axis].max_speed;
      speed = std::min(speed, choice.speed_ceiling[axis]);
    }
  }

  Result<void> build(const ControllerChoice& choice,
                     std::function<void(const planner::TimedMarker&)> on_marker) {
    auto planner = planner::make_planner(choice.planner, planning_profile_, zones_);
    if (!planner) {
      return tl::unexpected(planner.error());
    }
    planner_ = std::move(*planner);
    const PerAxis<Mm> home = home_position(profile_);
    sampler_ = std::make_unique<planner::Sampler>(
        *planner_, home,
        planner::Sampler::Options{.period = Seconds(1.0 / shaping::kCommandRate.v),
                                  .lead_in = kLeadIn,
                                  .lead_out = kLeadOut},
        std::move(on_marker),
        [this](const planner::Move& move, Seconds start) { remember(move.number, start); });
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
    smoother_ = std::make_unique<planner::CornerSmoother>(*sampler_, home, std::move(kernel));
    PerAxis<double> home_mm;
    for (Axis axis : kAllAxes) {
      auto filter = shaping::make_axis_filter(choice.compensator, profile_, axis);
      if (!filter) {
        return tl::unexpected(filter.error());
      }
      home_mm[axis] = home[axis].v;
      stage_.set(axis, std::move(*filter), home_mm[axis]);
    }
    const double ticks_per_sample = profile_.tick_rate.v / shaping::kCommandRate.v;
    if (ticks_per_sample != std::floor(ticks_per_sample)) {
      return fail(Errc::kInvalidArgument,
                  fmt::format("a tick rate of {:g} Hz is no multiple of the command rate, {:g} Hz",
                              profile_.tick_rate.v, shaping::kCommandRate.v));
    }
    ticks_per_sample_ = static_cast<int>(ticks_per_sample);
    for (Axis motor : kAllAxes) {
      auto& generator =
          generators_.emplace_back(profile_.axes[motor].steps_per_mm, ticks_per_sample_);
      generator.start(stepgen::motor_position(profile_.kinematics, home_mm, motor));
      start_steps_[motor] = generator.emitted();
      last_mm_[motor] = stepgen::motor_position(profile_.kinematics, home_mm, motor);
    }
    return {};
  }

  Result<bool> next(MotionBlock& block) {
    if (phase_ == Phase::kDone) {
      return false;
    }
    auto filled = stage_.advance(*smoother_);
    if (!filled) {
      return tl::unexpected(filled.error());
    }
    for (auto& events : steps_.values) {
      events.clear();
    }
    if (*filled == 0) {
      if (!fits_) {
        return false;
      }
      return phase_ == Phase::kMoving ? settle(block) : finish(block);
    }
    if (auto checked = check_travel(*filled); !checked) {
      return tl::unexpected(checked.error());
    }
    for (Axis motor : kAllAxes) {
      const auto positions = motor_positions(motor, *filled);
      if (mode_ == PipelineMode::kFit) {
        survey(motor, positions);
      }
      if (fits_ &&
          generators_[index(motor)].push(positions, steps_[motor]) != stepgen::StepStatus::kOk) {
        return tl::unexpected(too_fast(motor, fastest(positions, positions.front())));
      }
    }
    give(block, *filled, *filled);
    return true;
  }

  MotionTotals totals_;
  std::vector<planner::SlowZone> excess_;
  bool fits_ = true;
  planner::Toolpath& toolpath() { return toolpath_; }
  [[nodiscard]] Seconds planned_duration() const { return sampler_->planned_duration(); }

 private:
  enum class Phase : std::uint8_t { kMoving, kSettled, kDone };

  // `samples` of motion, stepped in as many periods.
  void give(MotionBlock& block, std::size_t samples, std::size_t periods) {
    block.samples = samples;
    block.draining = stage_.draining() || phase_ != Phase::kMoving;
    block.ticks = periods * static_cast<std::size_t>(ticks_per_sample_);
    for (Axis axis : kAllAxes) {
      block.path_mm[axis] = stage_.path(axis).first(samples);
      block.plan_mm[axis] = stage_.plan(axis).first(samples);
      block.command_mm[axis] = stage_.command(axis).first(samples);
      const auto& generator = generators_[index(axis)];
      totals_.steps[axis] = generator.emitted() - start_steps_[axis];
      totals_.target_steps[axis] = generator.target() - start_steps_[axis];
      totals_.step_count[axis] += static_cast<std::int64_t>(steps_[axis].size());
    }
    time_ += Seconds(static_cast<double>(samples) / shaping::kCommandRate.v);
    totals_.ticks += static_cast<Ticks>(block.ticks);
    block.steps = &steps_;
  }

  // The last block: every motor goes to where the plan ends, exactly.
  Result<bool> settle(MotionBlock& block) {
    phase_ = Phase::kSettled;
    PerAxis<double> end;
    for (Axis axis : kAllAxes) {
      end[axis] = toolpath_.summary().end[axis].v;
    }
    for (Axis motor : kAllAxes) {
      auto& generator = generators_[index(motor)];
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
    phase_ = Phase::kDone;
    for (Axis motor : kAllAxes) {
      STEPCAST_CHECK(generators_[index(motor)].finish(steps_[motor]) == stepgen::StepStatus::kOk);
    }
    give(block, 0, 1);
    for (Axis motor : kAllAxes) {
      STEPCAST_CHECK(totals_.steps[motor] == totals_.target_steps[motor]);
    }
    return true;
  }

  [[nodiscard]] Result<void> check_travel(std::size_t samples) const {
    for (Axis axis : {Axis::kX, Axis::kY, Axis::kZ}) {
      const auto command = stage_.command(axis).first(samples);
      const auto [low, high] = std::minmax_element(command.begin(), command.end());
      const auto& spec = profile_.axes[axis];
      const double worst = *low < (spec.travel_min - profile_.overtravel).v    ? *low
                           : *high > (spec.travel_max + profile_.overtravel).v ? *high
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

  [[nodiscard]] MmPerS rate_limit(Axis motor) const {
    return MmPerS(profile_.tick_rate.v / profile_.axes[motor].steps_per_mm);
  }

  [[nodiscard]] Error too_fast(Axis motor, MmPerS speed) const {
    return {
        Errc::kOutOfRange,
        fmt::format("the command drives motor {} at {:.1f} mm/s; one step a tick at {:g} kHz "
                    "allows {:.1f} mm/s",
                    axis_name(motor), speed.v, profile_.tick_rate.v / 1000.0, rate_limit(motor).v),
        {},
        "lower --max-speed or raise --tick-rate"};
  }

  // Keeps the moves that the samples under way may belong to.
  void remember(std::int64_t number, Seconds start) {
    recent_.push_back({number, start});
    while (recent_.size() > 1 && recent_[1].start < time_ - kInfluence) {
      recent_.pop_front();
    }
  }

  // Would the motor have to make two steps in one tick? Then notes which moves are to blame.
  void survey(Axis motor, std::span<const double> positions) {
    const MmPerS speed = fastest(positions, last_mm_[motor]);
    last_mm_[motor] = positions.back();
    const MmPerS limit = rate_limit(motor) * (1.0 - kRateTolerance);
    if (speed <= limit * kNearLimit) {
      return;
    }
    fits_ = fits_ && speed <= limit;
    const Seconds from = time_ - kInfluence;
    const Seconds to = time_ +
                       Seconds(static_cast<double>(positions.size()) / shaping::kCommandRate.v) +
                       kInfluence;
    planner::SlowZone zone;
    zone.share = std::clamp(kExcessMargin * (limit / speed), kSmallestShare, kExcessMargin);
    zone.first = recent_.empty() ? 0 : recent_.front().number;
    zone.last = zone.first;
    for (const Begun& move : recent_) {
      if (move.start <= from) {
        zone.first = move.number;
      }
      if (move.start <= to) {
        zone.last = move.number;
      }
    }
    excess_.push_back(zone);
  }

  const machine::Profile& profile_;
  machine::Profile planning_profile_;  // with the speed ceiling
  PipelineMode mode_;
  planner::Toolpath toolpath_;
  planner::ZoneSource zones_;
  std::unique_ptr<planner::Planner> planner_;
  std::unique_ptr<planner::Sampler> sampler_;
  std::unique_ptr<planner::CornerSmoother> smoother_;
  CompensationStage stage_;
  std::vector<stepgen::StepGenerator> generators_;
  PerAxis<Steps> start_steps_;
  PerAxis<std::vector<stepgen::StepEvent>> steps_;
  std::vector<double> motor_mm_;
  int ticks_per_sample_ = 0;

  struct Begun {
    std::int64_t number;
    Seconds start;
  };
  std::deque<Begun> recent_;  // moves begun since time_ - kInfluence
  Seconds time_;              // of the block's first sample
  PerAxis<double> last_mm_;   // of the motors, before the block
  Phase phase_ = Phase::kMoving;
};

Result<std::unique_ptr<MotionPipeline>> MotionPipeline::create(
    gcode::Reader reader, const machine::Profile& profile, const ControllerChoice& choice,
    std::function<void(const planner::TimedMarker&)> on_marker, PipelineMode mode) {
  auto impl = std::make_unique<Impl>(std::move(reader), profile, choice, mode);
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
bool MotionPipeline::fits_tick_grid() const {
  return impl_->fits_;
}
std::span<const planner::SlowZone> MotionPipeline::excess() const {
  return impl_->excess_;
}
const MotionTotals& MotionPipeline::totals() const {
  return impl_->totals_;
}
const planner::ToolpathSummary& MotionPipeline::summary() const {
  return impl_->toolpath().summary();
}
const gcode::UnknownCommands& MotionPipeline::unknown_commands() const {
  return impl_->toolpath().unknown_commands();
}
Seconds MotionPipeline::planned_duration() const {
  return impl_->planned_duration();
}

}  // namespace stepcast::control
