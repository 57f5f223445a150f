// The streaming pipeline of a simulated print against the offline reference.
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "stepcast/shaping/compensators.hpp"
#include "stepcast/sim/axis_plant.hpp"
#include "stepcast/sim/contour_meter.hpp"

#include "motion_golden.hpp"
#include "motion_paths.hpp"
#include "run_filter.hpp"
#include "taz6_axes.hpp"

namespace stepcast::test {
namespace {

constexpr Seconds kPeriod{1e-3};
constexpr double kRelative = 1e-3;
/// The reference looks for the nearest point on the whole square. At the end, where its last side
/// meets the first, that forgives what rings along the first side; a window in time does not.
constexpr double kRelativeInWindow = 0.02;
/// Longer than the whole motion.
constexpr Seconds kWholePath{10.0};

std::vector<double> command_for(const char* compensator, Axis axis,
                                const std::vector<double>& plan) {
  const auto filter = shaping::make_axis_filter(compensator, taz6_profile(), axis);
  return run_filter(**filter, plan);
}

std::vector<double> tool_for(Axis axis, const std::vector<double>& motor, Seconds period) {
  auto plant = sim::AxisPlant::create(taz6_response(axis), period);
  plant->start(motor.front());
  std::vector<double> tool(motor.size());
  plant->advance(motor, tool);
  return tool;
}

void expect_square(const std::vector<double>& x, const std::vector<double>& y,
                   const nlohmann::json& golden, const std::string& what) {
  const SampledPath plan = polyline(square_20mm());
  for (const auto& [options, tolerance] :
       {std::pair{sim::ContourOptions{}, kRelativeInWindow},
        {sim::ContourOptions{.half_window = kWholePath}, kRelative}}) {
    sim::ContourMeter meter(options);
    meter.add(plan.x, plan.y, x, y);
    meter.finish();
    const sim::ContourReport report = meter.report();
    const auto close = [&](Mm value, double golden_um, double relative) {
      EXPECT_NEAR(1e3 * value.v, golden_um, relative * golden_um) << what;
    };
    close(report.contour_rms, golden["contour_rms_um"], tolerance);
    close(report.contour_max, golden["contour_max_um"], kRelative);
    close(report.tracking_rms_x, golden["track_rms_um"][0], kRelative);
    close(report.tracking_rms_y, golden["track_rms_um"][1], kRelative);
  }
}

TEST(ContourGolden, SquareThroughPlantAndMeterMatchesTheReference) {
  const SampledPath plan = polyline(square_20mm());
  for (const auto& [compensator, key] : {std::pair{"none", "none"},
                                         {"lpfbs-paper", "lpfbs_L25_14_7"},
                                         {"lpfbs-sharp", "lpfbs_L10_20_10"}}) {
    expect_square(tool_for(Axis::kX, command_for(compensator, Axis::kX, plan.x), kPeriod),
                  tool_for(Axis::kY, command_for(compensator, Axis::kY, plan.y), kPeriod),
                  motion_golden()["square"]["methods"][key], compensator);
  }
}

TEST(ContourGolden, StepsOnThe20kHzGridMatchTheReference) {
  constexpr std::size_t kTicks = 20;
  constexpr double kStepsPerMm = 101.5;
  const SampledPath plan = polyline(square_20mm());
  const auto stepped = [&](Axis axis, const std::vector<double>& positions) {
    const std::vector<double> command = command_for("lpfbs-sharp", axis, positions);
    std::vector<double> motor;
    for (std::size_t tick = 0; tick <= (command.size() - 1) * kTicks; ++tick) {
      const std::size_t k = std::min(tick / kTicks, command.size() - 2);
      const double q = static_cast<double>(tick - k * kTicks) / kTicks;
      const double position = command[k] + q * (command[k + 1] - command[k]);
      motor.push_back(std::nearbyint(position * kStepsPerMm) / kStepsPerMm);
    }
    const std::vector<double> fine = tool_for(axis, motor, Seconds(kPeriod.v / kTicks));
    std::vector<double> tool;
    for (std::size_t k = 0; k < command.size(); ++k) {
      tool.push_back(fine[k * kTicks]);
    }
    return tool;
  };
  expect_square(stepped(Axis::kX, plan.x), stepped(Axis::kY, plan.y),
                motion_golden()["square"]["lpfbs_L10_20_10_with_20kHz_101.5_steps_mm"], "steps");
}

}  // namespace
}  // namespace stepcast::test
