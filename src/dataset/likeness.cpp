#include "likeness.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>

namespace stepcast::dataset {
namespace {

constexpr std::size_t kSide = Fingerprint::kSide;
using Signs = std::array<std::uint64_t, 2>;

/// How one copy is laid on the other.
struct Pose {
  double degrees = 0;
  double zoom = 1;
  double dx = 0;  ///< Pixels of the copy.
  double dy = 0;
};

double sampled(const Fingerprint& print, double x, double y) {
  const auto column = static_cast<std::size_t>(x);
  const auto row = static_cast<std::size_t>(y);
  const double right = x - static_cast<double>(column);
  const double down = y - static_cast<double>(row);
  const auto at = [&](std::size_t r, std::size_t c) {
    return static_cast<double>(print.grey[r * kSide + c]);
  };
  return (at(row, column) * (1 - right) + at(row, column + 1) * right) * (1 - down) +
         (at(row + 1, column) * (1 - right) + at(row + 1, column + 1) * right) * down;
}

/// Sums for a correlation.
struct Correlation {
  double n = 0, a = 0, b = 0, aa = 0, bb = 0, ab = 0;

  void add(double x, double y) {
    n += 1;
    a += x;
    b += y;
    aa += x * x;
    bb += y * y;
    ab += x * y;
  }
  [[nodiscard]] double value() const {
    constexpr double kLeastSpread = 1;  // grey levels squared: a blank picture is like nothing
    const double spread_a = aa / n - a / n * (a / n);
    const double spread_b = bb / n - b / n * (b / n);
    if (spread_a < kLeastSpread || spread_b < kLeastSpread) {
      return 0;
    }
    return (ab / n - a / n * (b / n)) / std::sqrt(spread_a * spread_b);
  }
};

double likeness_at(const Fingerprint& a, const Fingerprint& b, const Pose& pose) {
  constexpr std::size_t kStep = 2;      // a quarter of the pixels says the same
  constexpr double kLeastShare = 0.55;  // of the copy must be under the other
  const double centre = (static_cast<double>(kSide) - 1) / 2;
  const double angle = pose.degrees * std::numbers::pi / 180;
  const double cosine = std::cos(angle) / pose.zoom;
  const double sine = std::sin(angle) / pose.zoom;
  Correlation sums;
  std::size_t all = 0;
  for (std::size_t row = 0; row < kSide; row += kStep) {
    for (std::size_t column = 0; column < kSide; column += kStep) {
      ++all;
      // The copies are square, the pictures may not be: turn in the picture's own shape.
      const double u = (static_cast<double>(column) - centre) * a.aspect;
      const double v = static_cast<double>(row) - centre;
      const double x = (u * cosine - v * sine) / a.aspect + centre + pose.dx;
      const double y = u * sine + v * cosine + centre + pose.dy;
      if (x >= 0 && y >= 0 && x < static_cast<double>(kSide - 1) &&
          y < static_cast<double>(kSide - 1)) {
        sums.add(sampled(b, x, y), static_cast<double>(a.grey[row * kSide + column]));
      }
    }
  }
  return sums.n < kLeastShare * static_cast<double>(all) ? -1 : sums.value();
}

bool within_reach(const Pose& pose) {
  constexpr double kMostDegrees = 12;
  constexpr double kMostZoom = 1.15;
  constexpr double kMostShift = 4;
  return std::abs(pose.degrees) <= kMostDegrees && pose.zoom <= kMostZoom &&
         pose.zoom >= 1 / kMostZoom && std::abs(pose.dx) <= kMostShift &&
         std::abs(pose.dy) <= kMostShift;
}

}  // namespace

double best_likeness(const Fingerprint& a, const Fingerprint& b) {
  Pose best;
  double value = likeness_at(a, b, best);
  for (const double degrees : {-8.0, -4.0, 0.0, 4.0, 8.0}) {
    for (const double zoom : {1 / 1.08, 1.0, 1.08}) {
      const Pose pose{degrees, zoom, 0, 0};
      if (const double found = likeness_at(a, b, pose); found > value) {
        value = found;
        best = pose;
      }
    }
  }
  constexpr int kMostSteps = 40;
  double step = 1;
  constexpr double kFinest = 0.2;
  for (int i = 0; i < kMostSteps && step > kFinest; ++i) {
    const Pose from = best;
    for (const double by : {-step, step}) {
      for (const Pose& pose : {Pose{from.degrees + 3 * by, from.zoom, from.dx, from.dy},
                               Pose{from.degrees, from.zoom * (1 + 0.04 * by), from.dx, from.dy},
                               Pose{from.degrees, from.zoom, from.dx + by, from.dy},
                               Pose{from.degrees, from.zoom, from.dx, from.dy + by}}) {
        if (!within_reach(pose)) {
          continue;
        }
        if (const double found = likeness_at(a, b, pose); found > value) {
          value = found;
          best = pose;
        }
      }
    }
    const bool moved = best.degrees != from.degrees || best.zoom != from.zoom ||
                       best.dx != from.dx || best.dy != from.dy;
    step = moved ? step : step / 2;
  }
  return value;
}

const std::array<Frequency, kFrequencies>& frequencies() {
  static const std::array<Frequency, kFrequencies> kOrder = [] {
    std::array<Frequency, kFrequencies> order{};
    std::size_t count = 0;
    for (std::size_t sum = 1; count < kFrequencies; ++sum) {  // the mean, at 0, says nothing
      for (std::size_t row = 0; row <= sum && count < kFrequencies; ++row) {
        order[count++] = {row, sum - row};
      }
    }
    return order;
  }();
  return kOrder;
}

std::vector<Signs> turned_signs(const Signs& signs) {
  constexpr std::size_t kWord = 64;
  const auto& order = frequencies();
  // The last diagonal is not whole: of a few frequencies the mirror image about it is not kept.
  static const auto kSwapped = [] {
    std::array<std::optional<std::size_t>, kFrequencies> swapped;
    for (std::size_t i = 0; i < kFrequencies; ++i) {
      for (std::size_t j = 0; j < kFrequencies; ++j) {
        if (frequencies()[i].row == frequencies()[j].column &&
            frequencies()[i].column == frequencies()[j].row) {
          swapped[i] = j;
        }
      }
    }
    return swapped;
  }();
  std::vector<Signs> result(8);
  for (std::size_t t = 0; t < result.size(); ++t) {
    const bool left_right = (t & 1U) != 0;
    const bool up_down = (t & 2U) != 0;
    const bool transposed = (t & 4U) != 0;
    for (std::size_t i = 0; i < kFrequencies; ++i) {
      const std::size_t from = transposed ? kSwapped[i].value_or(i) : i;
      bool sign = (signs[from / kWord] >> (from % kWord) & 1U) != 0;
      sign = sign != (left_right && order[i].column % 2 == 1);
      sign = sign != (up_down && order[i].row % 2 == 1);
      result[t][i / kWord] |= static_cast<std::uint64_t>(sign) << (i % kWord);
    }
  }
  return result;
}

Turn turn_of(std::size_t index) {
  // Transposed first, then mirrored left-right (1) and up-down (2), said as mirror and turns.
  constexpr std::array<Turn, 8> kTurns = {
      {{false, 0}, {true, 0}, {true, 2}, {false, 2}, {true, 3}, {false, 1}, {false, 3}, {true, 1}}};
  return kTurns.at(index);
}

}  // namespace stepcast::dataset
