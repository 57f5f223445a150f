#pragma once

#include <limits>

#include "stepcast/machine/profile.hpp"

namespace stepcast::test {

/// The paper's machine without axis responses: 10 m/s2, 5000 m/s3, Z and E unlimited.
inline machine::Profile paper_machine() {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  machine::Profile p;
  p.name = "paper";
  p.title = "Paper machine";
  for (Axis axis : {Axis::kX, Axis::kY}) {
    p.axes[axis] = {.steps_per_mm = 101.5,
                    .travel_min = Mm(0),
                    .travel_max = Mm(280),
                    .home = Mm(0),
                    .max_speed = MmPerS(197),
                    .max_acceleration = MmPerS2(1e4),
                    .max_jerk = MmPerS3(5e6),
                    .instant_speed_change = MmPerS(10),
                    .response = {}};
  }
  p.axes[Axis::kZ] = {.steps_per_mm = 1600,
                      .travel_min = Mm(0),
                      .travel_max = Mm(250),
                      .home = Mm(0),
                      .max_speed = MmPerS(5),
                      .max_acceleration = MmPerS2(kInfinity),
                      .max_jerk = MmPerS3(kInfinity),
                      .instant_speed_change = MmPerS(5),
                      .response = {}};
  p.axes[Axis::kE] = p.axes[Axis::kZ];
  p.axes[Axis::kE].steps_per_mm = 760;
  p.axes[Axis::kE].max_speed = MmPerS(25);
  p.axes[Axis::kE].instant_speed_change = MmPerS(10);
  p.path = {.acceleration = MmPerS2(1e4), .jerk = MmPerS3(5e6), .junction_deviation = Mm(0.05)};
  p.overtravel = Mm(1);
  p.compensated_acceleration_ratio = 1.6;
  p.tick_rate = Hertz(20000);
  p.bed = {Mm(0), Mm(280), Mm(0), Mm(280)};
  p.nozzles = {{.diameter = Mm(0.5), .filament_diameter = Mm(2.85)}};
  p.hotend = {.min_temperature = Celsius{5}, .max_temperature = Celsius{300}};
  p.heated_bed = machine::Heater{.min_temperature = Celsius{5}, .max_temperature = Celsius{120}};
  return p;
}

/// The same with finite limits on Z and E.
inline machine::Profile limited_machine() {
  machine::Profile p = paper_machine();
  p.axes[Axis::kZ].max_acceleration = MmPerS2(100);
  p.axes[Axis::kZ].max_jerk = MmPerS3(1e4);
  p.axes[Axis::kZ].instant_speed_change = MmPerS(0.4);
  p.axes[Axis::kE].max_acceleration = MmPerS2(2000);
  p.axes[Axis::kE].max_jerk = MmPerS3(1e6);
  p.axes[Axis::kE].instant_speed_change = MmPerS(2);
  return p;
}

}  // namespace stepcast::test
