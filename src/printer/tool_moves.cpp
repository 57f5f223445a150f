#include "tool_moves.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

namespace stepcast::printer {
namespace {

// By hand there is no hurry: half of what the axis can do.
constexpr double kShareOfTopSpeed = 0.5;

double feed_mm_min(const machine::Profile& profile, std::span<const Axis> axes) {
  double least = kInfinity;
  for (const Axis axis : axes) {
    least = std::min(least, profile.axes[axis].max_speed.v);
  }
  return kShareOfTopSpeed * least * kSecondsPerMinute;
}

}  // namespace

PerAxis<Mm> tool_position(const machine::Profile& profile, const PerAxis<Steps>& from_home) {
  PerAxis<double> motor_mm;
  for (const Axis motor : kAllAxes) {
    motor_mm[motor] = static_cast<double>(from_home[motor]) / profile.axes[motor].steps_per_mm;
  }
  PerAxis<double> tool_mm = motor_mm;
  if (profile.kinematics == machine::Kinematics::kCoreXy) {
    tool_mm[Axis::kX] = (motor_mm[Axis::kX] + motor_mm[Axis::kY]) / 2;
    tool_mm[Axis::kY] = (motor_mm[Axis::kX] - motor_mm[Axis::kY]) / 2;
  }
  PerAxis<Mm> position;
  for (const Axis axis : kAllAxes) {
    position[axis] = Mm(tool_mm[axis]);
    if (axis != Axis::kE) {
      position[axis] += profile.axes[axis].home;
    }
  }
  return position;
}

Steps steps_of_height(const machine::Profile& profile, Mm height) {
  const auto& axis = profile.axes[Axis::kZ];
  return std::llround((height - axis.home).v * axis.steps_per_mm);
}

Result<control::ShortMotion> plan_moves(const machine::Profile& profile,
                                        const PerAxis<Steps>& from_home, std::string_view gcode,
                                        std::string_view name, planner::ToolpathOptions options) {
  options.position_at_start = tool_position(profile, from_home);
  return control::plan_short_motion(gcode, name, profile, options);
}

std::string home_gcode(const machine::Profile& profile, const PerAxis<Steps>& from_home,
                       std::span<const Axis> axes) {
  // Six decimals are a thousandth of a step: the rounding to whole steps hits the same one.
  const auto has = [&](Axis axis) {
    return std::find(axes.begin(), axes.end(), axis) != axes.end();
  };
  const PerAxis<Mm> position = tool_position(profile, from_home);
  const auto away = [&](Axis axis) {
    // One step of one belt of a CoreXY is half a step of x.
    const double quarter_step = 0.25 / profile.axes[axis].steps_per_mm;
    return has(axis) && std::abs((position[axis] - profile.axes[axis].home).v) >= quarter_step;
  };
  std::string plane;
  std::vector<Axis> moving;
  for (const Axis axis : {Axis::kX, Axis::kY}) {
    if (away(axis)) {
      plane += fmt::format(" {}{:.6f}", axis == Axis::kX ? 'X' : 'Y', profile.axes[axis].home.v);
      moving.push_back(axis);
    }
  }
  if (!plane.empty()) {
    plane = fmt::format("G1{} F{:.3f}\n", plane, feed_mm_min(profile, moving));
  }
  if (!away(Axis::kZ)) {
    return plane;
  }
  constexpr std::array kVertical{Axis::kZ};
  const std::string lift = fmt::format("G1 Z{:.6f} F{:.3f}\n", profile.axes[Axis::kZ].home.v,
                                       feed_mm_min(profile, kVertical));
  return profile.axes[Axis::kZ].home > position[Axis::kZ] ? lift + plane : plane + lift;
}

Result<std::size_t> TickList::read(std::span<std::uint8_t> out) {
  const std::size_t count = std::min(out.size(), ticks_.size() - used_);
  std::copy_n(ticks_.begin() + static_cast<std::ptrdiff_t>(used_), count, out.begin());
  used_ += count;
  return count;
}

}  // namespace stepcast::printer
