#pragma once

#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace stepcast::machine {

/// A complete profile, one key a line, from which each test breaks one thing.
inline std::string valid_profile() {
  return R"(title = "Test"
kinematics = "cartesian"
tick_rate_hz = 20000
[path]
acceleration_mm_s2 = 3000
jerk_mm_s3 = 6e5
junction_deviation_mm = 0.05
[compensation]
overtravel_mm = 1.5
acceleration_ratio = 1.6
[axes.x]
steps_per_mm = 80
travel_min_mm = -5
travel_max_mm = 225
home_mm = -5
max_speed_mm_s = 200
max_acceleration_mm_s2 = 2500
max_jerk_mm_s3 = 5e5
instant_speed_change_mm_s = 10
[axes.x.response]
num = [100.0]
den = [1.0, 2.0, 100.0]
[axes.y]
steps_per_mm = 81
travel_min_mm = 0
travel_max_mm = 220
home_mm = 0
max_speed_mm_s = 150
max_acceleration_mm_s2 = 2400
max_jerk_mm_s3 = 4e5
instant_speed_change_mm_s = 9
[axes.z]
steps_per_mm = 400
travel_min_mm = 0
travel_max_mm = 250
home_mm = 2
max_speed_mm_s = 10
max_acceleration_mm_s2 = inf
max_jerk_mm_s3 = inf
instant_speed_change_mm_s = 0.4
[axes.e]
steps_per_mm = 93
max_speed_mm_s = 60
max_acceleration_mm_s2 = 5000
max_jerk_mm_s3 = 1e6
instant_speed_change_mm_s = 5
[bed]
x_min_mm = 1
x_max_mm = 219
y_min_mm = 2
y_max_mm = 218
[[nozzles]]
diameter_mm = 0.4
filament_diameter_mm = 1.75
[hotend]
min_temperature_c = 5
max_temperature_c = 260
[heated_bed]
min_temperature_c = 6
max_temperature_c = 110
)";
}

/// `text` with the first `from` replaced; the test fails when there is none.
inline std::string with(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << "the test's own text lacks: " << from;
  if (at != std::string::npos) {
    text.replace(at, from.size(), to);
  }
  return text;
}

}  // namespace stepcast::machine
