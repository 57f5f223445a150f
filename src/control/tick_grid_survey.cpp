#include "tick_grid_survey.hpp"

#include <algorithm>
#include <cmath>

#include "stepcast/shaping/compensators.hpp"
#include "stepcast/stepgen/step_generator.hpp"

namespace stepcast::control {
namespace {

// Slow down a little more than the measured excess asks: less time lost on doing a place again, but
// slower prints.
constexpr double kExcessMargin = 0.97;
// In one attempt at most this much, so that one bad place is not made slower than it needs.
constexpr double kSmallestShare = 0.6;
// Rounding to the grid takes up to this much of what a motor may be behind, in steps.
constexpr double kRoundingSteps = 1.0;

}  // namespace

MmPerS rate_limit(const machine::Profile& profile, Axis motor) {
  return MmPerS(profile.tick_rate.v / profile.axes[motor].steps_per_mm);
}

TickGridSurvey::TickGridSurvey(const machine::Profile& profile) {
  constexpr double kAllowedSteps =
      static_cast<double>(stepgen::StepGenerator::kMostLateSteps) - kRoundingSteps;
  for (Axis motor : kAllAxes) {
    followers_[motor].most_mm = rate_limit(profile, motor).v / shaping::kCommandRate.v;
    followers_[motor].allowed_mm = kAllowedSteps / profile.axes[motor].steps_per_mm;
  }
}

void TickGridSurvey::start(Axis motor, double position_mm) {
  followers_[motor].command_mm = followers_[motor].motor_mm = position_mm;
}

std::optional<TickGridExcess> TickGridSurvey::see(Axis motor, std::span<const double> position_mm) {
  Follower& follower = followers_[motor];
  double fastest_mm = 0.0;  // a sample
  double lag_mm = 0.0;
  std::size_t first = position_mm.size();  // late from here on
  std::size_t last = 0;
  for (std::size_t k = 0; k < position_mm.size(); ++k) {
    const double position = position_mm[k];
    fastest_mm = std::max(fastest_mm, std::abs(position - follower.command_mm));
    follower.command_mm = position;
    const double behind = position - follower.motor_mm;
    if (std::abs(behind) <= follower.most_mm) {
      follower.motor_mm = position;
      continue;
    }
    follower.motor_mm += std::copysign(follower.most_mm, behind);
    lag_mm = std::max(lag_mm, std::abs(position - follower.motor_mm));
    first = std::min(first, k);
    last = k;
  }
  if (lag_mm <= follower.allowed_mm) {
    return std::nullopt;
  }
  return TickGridExcess{
      first, last,
      std::clamp(kExcessMargin * follower.most_mm / fastest_mm, kSmallestShare, kExcessMargin)};
}

}  // namespace stepcast::control
