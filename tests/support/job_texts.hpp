#pragma once

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <numbers>
#include <ostream>
#include <random>
#include <string>
#include <vector>

namespace stepcast::test {

/// Jobs that show what planners find hard, as G-code for the paper's machine.
struct NamedJob {
  const char* name;
  std::string gcode;
};
/// Keeps GoogleTest from printing the bytes.
inline void PrintTo(const NamedJob& job, std::ostream* out) {
  *out << job.name;
}

template <class... Values>
std::string line(const char* format, Values... values) {
  char text[160];
  const int size = std::snprintf(text, sizeof text, format, values...);
  return {text, static_cast<std::size_t>(size)};
}

inline std::string straight_job() {
  return "M83\nG1 X20 Y20 F4500\nG1 X60 Y20 E2\nG1 X61 E0.05 F1200\nG1 X62 E0.05 F6000\n"
         "G1 X120 E2.9\n";
}

inline std::string square_job() {
  std::string job = "M83\nG1 X30 Y30 F9000\nG1 F4500\n";
  for (const double side : {20.0, 3.0, 0.4, 0.05}) {
    job += line("G1 X%.3f E0.1\nG1 Y%.3f E0.1\nG1 X30 E0.1\nG1 Y30 E0.1\n", 30 + side, 30 + side);
  }
  return job;
}

inline std::string zigzag_job() {
  std::string job = "M83\nG1 X20 Y20 F9000\nG1 F4500\n";
  for (int i = 0; i < 20; ++i) {
    job += line("G1 X%d E0.3\nG1 Y%.2f E0.01\n", i % 2 == 0 ? 28 : 20, 20 + 0.4 * (i + 1));
  }
  return job;
}

/// A wavy wall, rising all the time, in segments of 0.05 to 1 mm.
inline std::string fine_vase_job() {
  std::string job = "M83\nG1 Z0.2 F300\nG1 X130 Y100 F9000\nG1 F4500\n";
  double angle = 0.0;
  std::mt19937 random(4);
  std::uniform_real_distribution<double> step(0.002, 0.033);
  for (int i = 0; angle < 4 * std::numbers::pi; ++i) {
    angle += step(random);
    const double r = 30 + 0.6 * std::sin(20 * angle);
    job += line("G1 X%.3f Y%.3f Z%.4f E0.02\n", 100 + r * std::cos(angle),
                100 + r * std::sin(angle), 0.2 + 0.2 * angle / (2 * std::numbers::pi));
  }
  return job;
}

inline std::string retraction_job() {
  std::string job = "M83\nM106 S128\nG1 Z0.3 F300\n";
  for (int i = 0; i < 6; ++i) {
    job += line(
        "G1 E-1 F1500\nG1 Z%.1f F300\nG1 X%d Y%d F9000\nG1 Z%.1f F300\nG1 E1 F1500\n"
        "G1 X%d E0.4 F3000\nM106 S%d\nG1 Y%d E0.4\nG4 P20\n;LAYER:%d\n",
        1.0 + 0.2 * i, 40 + 10 * i, 50 + 7 * i, 0.5 + 0.2 * i, 52 + 10 * i, 100 + i, 62 + 7 * i, i);
    job += "G10\nG11\n";
  }
  return job;
}

inline std::string arc_job() {
  return "M83\nG1 X50 Y50 F6000\nG1 X60 E0.4\nG3 X60 Y70 I0 J10 E1.2\nG1 X50 E0.4\n"
         "G2 X48 Y72 I0 J2 E0.1\nG3 X48 Y72 I-5 J0 E1\nG3 X48.4 Y72 I0.2 J0 E0.02\n"
         "G2 X80 Y72 Z1 R20 E2\nG1 X100 E1\nG18\nG3 X104 Z1 I2 K0\nG17\nG1 X50 Y50 F9000\n";
}

inline std::string random_job(std::uint32_t seed) {
  std::mt19937 random(seed);
  const auto uniform = [&](double low, double high) {
    return std::uniform_real_distribution<double>(low, high)(random);
  };
  std::string job = "M83\nG1 X100 Y100 F6000\n";
  double x = 100;
  double y = 100;
  double z = 0;
  for (int i = 0; i < 400; ++i) {
    const double reach = std::pow(10.0, uniform(-3, 1.3));
    x = std::clamp(x + uniform(-reach, reach), 0.0, 280.0);
    y = std::clamp(y + uniform(-reach, reach), 0.0, 280.0);
    z = std::clamp(z + (i % 9 == 0 ? uniform(-0.3, 0.3) : 0.0), 0.0, 20.0);
    job += line("G1 X%.4f Y%.4f Z%.3f E%.5f F%.0f\n", x, y, z, 0.03 * reach * uniform(0, 1),
                uniform(300, 11000));
  }
  return job;
}

inline std::vector<NamedJob> named_jobs() {
  return {{"Straight", straight_job()},      {"Square", square_job()},
          {"Zigzag", zigzag_job()},          {"FineVase", fine_vase_job()},
          {"Retractions", retraction_job()}, {"Arcs", arc_job()},
          {"Random1", random_job(1)},        {"Random2", random_job(2)}};
}

}  // namespace stepcast::test
