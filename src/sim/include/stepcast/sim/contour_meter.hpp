#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "stepcast/base/units.hpp"
#include "stepcast/shaping/compensators.hpp"

namespace stepcast::sim {

struct ContourOptions {
  Hertz rate = shaping::kCommandRate;
  /// The plan this long before and after a sample is where its nearest point is sought: well above
  /// the lag of an axis (3 ms), well below the time until a print passes the same place again.
  Seconds half_window{0.060};
};

/// What was measured so far.
struct ContourReport {
  std::int64_t samples{};
  Mm contour_rms;    ///< Of the distance between the tool and the planned path.
  Mm contour_max;    ///< Its largest value,
  Seconds max_time;  ///< when (from the first sample),
  Mm max_x;          ///< and where on the tool's way.
  Mm max_y;
  Mm tracking_rms_x;  ///< Of tool minus plan at the same time, hence including pure lag.
  Mm tracking_rms_y;
};

/// Distance of the tool from the planned path, for prints of any length in constant memory.
///
/// The planned samples form a polyline. Each tool sample is compared with the part of it within
/// +- half_window, and therefore half_window later. The search begins at the same time and skips
/// every stretch that is too far away to matter: a point `d` from the tool rules out the path
/// within an arc length of d - (best distance so far) around it. The result is that of a full scan.
///
/// Threads: one owner.
class ContourMeter {
 public:
  /// Called with every measured sample: where the tool was, and how far from the path.
  using Observer = std::function<void(Mm x, Mm y, Mm error)>;

  /// `observer` may be empty.
  explicit ContourMeter(const ContourOptions& options = {}, Observer observer = {});

  /// The next samples. No allocation; about log(window) distances per sample.
  /// @pre all four have the same size
  void add(std::span<const double> plan_x_mm, std::span<const double> plan_y_mm,
           std::span<const double> tool_x_mm, std::span<const double> tool_y_mm) noexcept;

  /// Measures the samples that were still waiting for the plan to go on. Ends the measurement.
  void finish() noexcept;

  [[nodiscard]] ContourReport report() const noexcept;

 private:
  struct Vertex {
    double x;
    double y;
    double arc;  ///< Path length from the first planned sample.
  };
  struct Point {
    double x;
    double y;
  };

  void append(double plan_x, double plan_y, double tool_x, double tool_y) noexcept;
  void measure(std::size_t at) noexcept;
  [[nodiscard]] double distance(std::size_t at) const noexcept;
  [[nodiscard]] std::size_t last_within(std::size_t from, std::size_t last,
                                        double bound) const noexcept;
  [[nodiscard]] std::size_t first_within(std::size_t first, std::size_t from,
                                         double bound) const noexcept;
  void compact() noexcept;

  Observer observer_;
  double period_s_;
  std::size_t half_window_;
  // Parallel queues of the last samples; measured_ is the index of the next one to measure.
  std::vector<Vertex> plan_;
  std::vector<Point> tool_;
  std::size_t measured_{};

  std::int64_t appended_total_{};
  std::int64_t measured_total_{};
  double contour_square_sum_{};
  double tracking_square_sum_x_{};
  double tracking_square_sum_y_{};
  double max_mm_{};
  std::int64_t max_sample_{};
  Point max_place_{};
};

}  // namespace stepcast::sim
