#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <memory>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "stepcast/shaping/axis_response.hpp"
#include "stepcast/shaping/compensators.hpp"
#include "stepcast/shaping/lpfbs.hpp"
#include "stepcast/shaping/peak_meter.hpp"

#include "motion_golden.hpp"
#include "motion_paths.hpp"
#include "run_filter.hpp"
#include "taz6_axes.hpp"

namespace stepcast::test {
namespace {

using shaping::AxisFilter;
using shaping::Lpfbs;
using shaping::LpfbsConfig;

constexpr Seconds kPeriod{1e-3};
constexpr std::array<Axis, 2> kPlane{Axis::kX, Axis::kY};
/// The reference itself is reproduced to 1e-4 between numpy versions; a compensator that is wrong
/// in any matrix misses by far more than this.
constexpr double kRelative = 1e-3;

struct Method {
  const char* name;        ///< In the registry.
  const char* golden_key;  ///< In the reference.
};
constexpr std::array<Method, 3> kMethods{
    {{"none", "none"}, {"lpfbs-paper", "lpfbs_L25_14_7"}, {"lpfbs-sharp", "lpfbs_L10_20_10"}}};

math::StateSpace sampled(const math::RationalFunction& g) {
  auto out = math::discretise(g, kPeriod, math::Hold::kFirstOrder);
  EXPECT_TRUE(out.has_value());
  return out.value();
}

math::RationalFunction reduced(Axis axis) {
  const machine::TransferFunction g = taz6_response(axis);
  return math::drop_fast_poles({g.num, g.den}, kPeriod).value();
}

SampledPath command_for(const char* compensator, const SampledPath& plan) {
  const machine::Profile profile = taz6_profile();
  SampledPath out;
  for (const Axis axis : kPlane) {
    auto filter = shaping::make_axis_filter(compensator, profile, axis);
    EXPECT_TRUE(filter.has_value()) << filter.error().to_string();
    (axis == Axis::kX ? out.x : out.y) = run_filter(**filter, axis == Axis::kX ? plan.x : plan.y);
  }
  return out;
}

/// Where the tool goes on a machine whose modes are off by these factors.
SampledPath tool_for(const SampledPath& command, double frequency = 1.0, double damping = 1.0) {
  const auto plant = [&](Axis axis) {
    math::RationalFunction g = math::scale_frequency(reduced(axis), frequency);
    return sampled(damping == 1.0 ? g : math::scale_damping(g, damping).value());
  };
  SampledPath out;
  out.x = respond(plant(Axis::kX), command.x);
  out.y = respond(plant(Axis::kY), command.y);
  return out;
}

void expect_close(double value, double golden, const std::string& what) {
  EXPECT_NEAR(value, golden, kRelative * std::abs(golden) + 1e-9) << what;
}

void expect_contour(const SampledPath& tool, const std::vector<Point>& points,
                    const nlohmann::json& golden, const std::string& what) {
  const std::vector<double> error = contour_error(tool.x, tool.y, points);
  expect_close(rms_um(error), golden["contour_rms_um"], what + " rms");
  expect_close(max_um(error), golden["contour_max_um"], what + " max");
}

TEST(LpfbsGolden, PlannedSquareMatchesTheReference) {
  const SampledPath plan = polyline(square_20mm());
  const nlohmann::json& golden = motion_golden()["square"];
  EXPECT_EQ(plan.x.size(), golden["samples"].get<std::size_t>());
  expect_close(plan.motion_time_s, golden["motion_time_s"], "motion time");
  for (const auto& [k, xy] : golden["desired"].items()) {
    EXPECT_NEAR(plan.x[std::stoul(k)], xy[0].get<double>(), 1e-9) << k;
    EXPECT_NEAR(plan.y[std::stoul(k)], xy[1].get<double>(), 1e-9) << k;
  }
}

TEST(LpfbsGolden, SharpCommandMatchesTheReferenceWithin1nm) {
  const SampledPath command = command_for("lpfbs-sharp", polyline(square_20mm()));
  for (const auto& [k, xy] : motion_golden()["square"]["lpfbs_L10_20_10_command"].items()) {
    EXPECT_NEAR(command.x[std::stoul(k)], xy[0].get<double>(), 1e-6) << k;
    EXPECT_NEAR(command.y[std::stoul(k)], xy[1].get<double>(), 1e-6) << k;
  }
}

TEST(LpfbsGolden, SquareErrorsAndPeaksMatchTheReference) {
  const SampledPath plan = polyline(square_20mm());
  for (const Method& method : kMethods) {
    SCOPED_TRACE(method.name);
    const nlohmann::json& golden = motion_golden()["square"]["methods"][method.golden_key];
    const SampledPath command = command_for(method.name, plan);
    const SampledPath tool = tool_for(command);
    expect_contour(tool, square_20mm(), golden, "contour");
    for (const Axis axis : kPlane) {
      const std::size_t i = index(axis);
      const bool x = axis == Axis::kX;
      std::vector<double> difference = x ? tool.x : tool.y;
      for (std::size_t k = 0; k < difference.size(); ++k) {
        difference[k] -= x ? plan.x[k] : plan.y[k];
      }
      expect_close(rms_um(difference), golden["track_rms_um"][i], "tracking");
      shaping::PeakMeter meter;
      meter.start(x ? plan.x[0] : plan.y[0]);
      meter.add(x ? command.x : command.y);
      const shaping::AxisPeaks peaks = meter.peaks();
      expect_close(peaks.speed.value.v, golden["command_peak_vel_mm_s"][i], "speed");
      expect_close(peaks.acceleration.value.v / 1e3, golden["command_peak_acc_m_s2"][i],
                   "acceleration");
    }
  }
}

TEST(LpfbsGolden, OtherShapesMatchTheReference) {
  const std::array<std::pair<const char*, std::vector<Point>>, 3> shapes{
      {{"square_45deg", square_20mm_at_45_degrees()},
       {"zigzag", zigzag()},
       {"letter_x", letter_x()}}};
  for (const auto& [shape, points] : shapes) {
    const SampledPath plan = polyline(points);
    for (const Method& method : kMethods) {
      const nlohmann::json& golden = motion_golden()["geometry"][shape]["methods"];
      expect_contour(tool_for(command_for(method.name, plan)), points, golden[method.golden_key],
                     std::string(shape) + " " + method.name);
    }
  }
}

TEST(LpfbsGolden, CircleRadiiMatchTheReference) {
  constexpr std::ptrdiff_t kTrimFirst = 150;  // as in the reference: the ramps at both ends
  constexpr std::ptrdiff_t kTrimLast = 420;
  for (const int radius : {3, 5, 10}) {
    const SampledPath plan = circle(radius);
    for (const Method& method : kMethods) {
      const SampledPath tool = tool_for(command_for(method.name, plan));
      std::vector<double> error;
      for (std::size_t k = 0; k < tool.x.size(); ++k) {
        error.push_back(std::hypot(tool.x[k], tool.y[k]) - radius);
      }
      error = std::vector<double>(error.begin() + kTrimFirst, error.end() - kTrimLast);
      const std::string key = "circle_r" + std::to_string(radius);
      expect_close(rms_um(error),
                   motion_golden()["geometry"][key]["methods"][method.golden_key]["radius_rms_um"],
                   key + " " + method.name);
    }
  }
}

TEST(LpfbsGolden, WrongFrequencyMatchesTheReference) {
  const SampledPath plan = polyline(square_20mm());
  for (const Method& method : kMethods) {
    const SampledPath command = command_for(method.name, plan);
    const nlohmann::json& golden = motion_golden()["square_frequency_error"][method.golden_key];
    ASSERT_EQ(golden.size(), 4U);
    for (const auto& [percent, figures] : golden.items()) {
      const double factor = 1.0 + std::stod(percent) / 100.0;
      expect_contour(tool_for(command, factor), square_20mm(), figures,
                     std::string(method.name) + " " + percent);
    }
  }
}

TEST(LpfbsGolden, WrongDampingMatchesTheReference) {
  const SampledPath plan = polyline(square_20mm());
  for (const Method& method : kMethods) {
    const nlohmann::json& all = motion_golden()["square_damping_error"];
    if (!all.contains(method.golden_key)) {
      continue;  // the reference has none and sharp only
    }
    const SampledPath command = command_for(method.name, plan);
    for (const auto& [key, figures] : all[method.golden_key].items()) {
      expect_contour(tool_for(command, 1.0, std::stod(key.substr(1))), square_20mm(), figures,
                     std::string(method.name) + " " + key);
    }
  }
}

TEST(LpfbsGolden, AccelerationSweepMatchesTheReference) {
  for (const auto& [acceleration, golden] : motion_golden()["square_acceleration_sweep"].items()) {
    PathSettings settings;
    settings.acceleration_mm_s2 = std::stod(acceleration);
    const SampledPath plan = polyline(square_20mm(), settings);
    for (const Method& method : kMethods) {
      expect_contour(tool_for(command_for(method.name, plan)), square_20mm(),
                     golden["methods"][method.golden_key], acceleration + " mm/s2 " + method.name);
    }
  }
}

/// Reads "L10 nc20 nup10 lambda0.01"; false for the entry of the truncated published form.
bool parse(const std::string& key, LpfbsConfig& config) {
  return std::sscanf(key.c_str(), "L%d nc%d nup%d lambda%lf", &config.knot_spacing_samples,
                     &config.n_c, &config.n_up, &config.ridge) == 4;
}

TEST(LpfbsGolden, SpectralRadiiMatchTheReferenceAndDecideWhatIsRefused) {
  int compared = 0;
  int refused = 0;
  for (const auto& [key, golden] : motion_golden()["stability"].items()) {
    LpfbsConfig config;
    if (!parse(key, config)) {
      continue;
    }
    for (const Axis axis : kPlane) {
      SCOPED_TRACE(key + " " + std::string(axis_name(axis)));
      const char* const name = axis == Axis::kX ? "X" : "Y";
      const math::StateSpace response = sampled(reduced(axis));
      const auto design = shaping::design_lpfbs(config, response);
      ASSERT_TRUE(design.has_value()) << design.error().to_string();
      const double rho = golden["rho"][name];
      EXPECT_NEAR(design->rho, rho, 0.01 * rho);
      EXPECT_NEAR(design->condition, golden["cond_FC"][name].get<double>(),
                  0.01 * golden["cond_FC"][name].get<double>());
      const bool determined = config.n_c - config.n_up > config.degree;
      EXPECT_EQ(Lpfbs::create(config, response).has_value(), determined && rho < 0.9);
      ++compared;
      refused += determined && rho < 0.9 ? 0 : 1;
    }
  }
  EXPECT_EQ(compared, 24);
  EXPECT_EQ(refused, 7);
}

}  // namespace
}  // namespace stepcast::test
