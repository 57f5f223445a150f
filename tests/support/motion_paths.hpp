#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numbers>
#include <vector>

namespace stepcast::test {

struct Point {
  double x{};
  double y{};
};

/// A path sampled at 1 kHz, mm.
struct SampledPath {
  std::vector<double> x;
  std::vector<double> y;
  double motion_time_s{};
};

/// The settings of the reference figures: 75 mm/s, 10 m/s2, 5000 m/s3, at rest before and after.
struct PathSettings {
  double speed_mm_s = 75.0;
  double acceleration_mm_s2 = 1e4;
  double jerk_mm_s3 = 5e6;
  double dwell_before_s = 0.1;
  double dwell_after_s = 0.4;
};

inline constexpr double kSamplePeriod_s = 1e-3;

/// Distance along a straight of `length` from rest to rest, in closed form: seven phases of
/// constant jerk.
class RestToRest {
 public:
  RestToRest(double length_mm, const PathSettings& s) {
    const auto ramp_time = [&](double v) {
      const double corner = s.acceleration_mm_s2 * s.acceleration_mm_s2 / s.jerk_mm_s3;
      return v >= corner ? v / s.acceleration_mm_s2 + s.acceleration_mm_s2 / s.jerk_mm_s3
                         : 2.0 * std::sqrt(v / s.jerk_mm_s3);
    };
    // Both ramps together cover v * ramp_time(v); bisection when the cruise speed is out of reach.
    double peak = s.speed_mm_s;
    if (peak * ramp_time(peak) > length_mm) {
      double low = 0.0;
      double high = peak;
      for (int i = 0; i < 80; ++i) {
        const double mid = 0.5 * (low + high);
        (mid * ramp_time(mid) <= length_mm ? low : high) = mid;
      }
      peak = low;
    }
    const double ramp = ramp_time(peak);
    const bool full = peak >= s.acceleration_mm_s2 * s.acceleration_mm_s2 / s.jerk_mm_s3;
    const double tj = full ? s.acceleration_mm_s2 / s.jerk_mm_s3 : ramp / 2.0;
    const double ta = full ? ramp - 2.0 * tj : 0.0;
    const double cruise = std::max((length_mm - peak * ramp) / peak, 0.0);
    const double j = s.jerk_mm_s3;
    phases_ = {{{tj, j}, {ta, 0}, {tj, -j}, {cruise, 0}, {tj, -j}, {ta, 0}, {tj, j}}};
    for (const Phase& phase : phases_) {
      duration_s_ += phase.duration_s;
    }
  }

  [[nodiscard]] double duration_s() const { return duration_s_; }

  [[nodiscard]] double at(double t) const {
    double s = 0.0;
    double v = 0.0;
    double a = 0.0;
    for (const Phase& phase : phases_) {
      const double q = std::min(t, phase.duration_s);
      s += v * q + a * q * q / 2.0 + phase.jerk_mm_s3 * q * q * q / 6.0;
      v += a * q + phase.jerk_mm_s3 * q * q / 2.0;
      a += phase.jerk_mm_s3 * q;
      t -= q;
      if (t <= 0.0) {
        break;
      }
    }
    return s;
  }

 private:
  struct Phase {
    double duration_s{};
    double jerk_mm_s3{};
  };
  std::array<Phase, 7> phases_{};
  double duration_s_{};
};

/// Samples `place(segment, distance)` for segments run one after the other from rest to rest.
template <class Place>
SampledPath sample_path(const std::vector<double>& lengths, const PathSettings& s, Place place) {
  std::vector<RestToRest> runs;
  double motion = 0.0;
  for (const double length : lengths) {
    runs.emplace_back(length, s);
    motion += runs.back().duration_s();
  }
  SampledPath out;
  out.motion_time_s = motion;
  const auto count =
      static_cast<std::size_t>((s.dwell_before_s + motion + s.dwell_after_s) / kSamplePeriod_s) + 1;
  std::size_t segment = 0;
  double begin = s.dwell_before_s;
  for (std::size_t k = 0; k < count; ++k) {
    const double t = static_cast<double>(k) * kSamplePeriod_s;
    while (segment < runs.size() && t >= begin + runs[segment].duration_s()) {
      begin += runs[segment++].duration_s();
    }
    const std::size_t last = lengths.size() - 1;
    const Point p = segment > last ? place(last, lengths[last])
                                   : place(segment, runs[segment].at(std::max(0.0, t - begin)));
    out.x.push_back(p.x);
    out.y.push_back(p.y);
  }
  return out;
}

/// Full stop at every corner.
inline SampledPath polyline(const std::vector<Point>& points, const PathSettings& s = {}) {
  std::vector<double> lengths;
  for (std::size_t i = 0; i + 1 < points.size(); ++i) {
    lengths.push_back(std::hypot(points[i + 1].x - points[i].x, points[i + 1].y - points[i].y));
  }
  return sample_path(lengths, s, [&](std::size_t i, double distance) {
    const Point a = points[i];
    const Point b = points[i + 1];
    const double q = distance / lengths[i];
    return Point{a.x + q * (b.x - a.x), a.y + q * (b.y - a.y)};
  });
}

/// Two turns around the origin, starting at (radius, 0).
inline SampledPath circle(double radius_mm, const PathSettings& s = {}) {
  constexpr double kTurns = 2.0;
  return sample_path({2.0 * std::numbers::pi * radius_mm * kTurns}, s,
                     [radius_mm](std::size_t, double distance) {
                       return Point{radius_mm * std::cos(distance / radius_mm),
                                    radius_mm * std::sin(distance / radius_mm)};
                     });
}

inline std::vector<Point> square_20mm() {
  return {{0, 0}, {20, 0}, {20, 20}, {0, 20}, {0, 0}};
}

inline std::vector<Point> square_20mm_at_45_degrees() {
  std::vector<Point> out = square_20mm();
  const double c = std::sqrt(0.5);
  for (Point& p : out) {
    p = {c * (p.x - p.y), c * (p.x + p.y)};
  }
  return out;
}

/// 26 lines of 8 mm, 0.4 mm apart.
inline std::vector<Point> zigzag() {
  std::vector<Point> out;
  for (int i = 0; i < 26; ++i) {
    const double y = 0.4 * i;
    const bool there = i % 2 == 0;
    out.push_back({there ? 0.0 : 8.0, y});
    out.push_back({there ? 8.0 : 0.0, y});
  }
  return out;
}

inline std::vector<Point> letter_x() {
  return {{0, 0}, {2, 3}, {0, 6}, {1, 6},     {2.5, 3.8}, {4, 6}, {5, 6},
          {3, 3}, {5, 0}, {4, 0}, {2.5, 2.2}, {1, 0},     {0, 0}};
}

/// Distance of every sample from the nearest point of the whole polyline, mm.
inline std::vector<double> contour_error(const std::vector<double>& x, const std::vector<double>& y,
                                         const std::vector<Point>& points) {
  std::vector<double> out(x.size(), std::numeric_limits<double>::infinity());
  for (std::size_t i = 0; i + 1 < points.size(); ++i) {
    const double dx = points[i + 1].x - points[i].x;
    const double dy = points[i + 1].y - points[i].y;
    for (std::size_t k = 0; k < x.size(); ++k) {
      const double q = std::clamp(
          ((x[k] - points[i].x) * dx + (y[k] - points[i].y) * dy) / (dx * dx + dy * dy), 0.0, 1.0);
      out[k] =
          std::min(out[k], std::hypot(x[k] - points[i].x - q * dx, y[k] - points[i].y - q * dy));
    }
  }
  return out;
}

/// Root mean square in um of values in mm.
inline double rms_um(const std::vector<double>& values_mm) {
  double sum = 0.0;
  for (const double v : values_mm) {
    sum += v * v;
  }
  return 1e3 * std::sqrt(sum / static_cast<double>(values_mm.size()));
}

inline double max_um(const std::vector<double>& values_mm) {
  return 1e3 * *std::max_element(values_mm.begin(), values_mm.end());
}

}  // namespace stepcast::test
