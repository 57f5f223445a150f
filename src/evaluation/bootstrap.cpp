#include "stepcast/evaluation/bootstrap.hpp"

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "stepcast/base/contracts.hpp"

namespace stepcast::evaluation {
namespace {

/// std::uniform_int_distribution differs between standard libraries; this does not.
class Draws {
 public:
  explicit Draws(std::uint64_t seed) : random_(seed) {}

  void fill(std::vector<std::uint32_t>& weights) {
    std::fill(weights.begin(), weights.end(), 0U);
    for (std::size_t i = 0; i < weights.size(); ++i) {
      ++weights[below(weights.size())];
    }
  }

 private:
  /// The upper 53 bits as a number in [0, 1): its unevenness is below 2^-53 times the count.
  std::size_t below(std::size_t count) {
    constexpr unsigned kDropped = 11;
    constexpr double kUnit = 0x1p-53;
    const auto share = static_cast<double>(random_() >> kDropped) * kUnit;
    return static_cast<std::size_t>(share * static_cast<double>(count));
  }

  std::mt19937_64 random_;
};

constexpr double kTail = 0.025;  // of 95 % on either side

/// Linear between the two nearest. @pre sorted, not empty
double quantile(const std::vector<double>& sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const auto above = std::min(below + 1, sorted.size() - 1);
  return std::lerp(sorted[below], sorted[above], place - static_cast<double>(below));
}

std::optional<Interval> middle(std::vector<double>& values, std::size_t resamples) {
  if (values.empty() || 2 * values.size() < resamples) {
    return std::nullopt;
  }
  std::sort(values.begin(), values.end());
  return Interval{quantile(values, kTail), quantile(values, 1 - kTail)};
}

}  // namespace

std::optional<Interval> bootstrap_interval(std::size_t count, const Statistic& statistic,
                                           const Bootstrap& options) {
  if (count == 0 || options.resamples == 0) {
    return std::nullopt;
  }
  Draws draws(options.seed);
  std::vector<std::uint32_t> weights(count);
  std::vector<double> values;
  values.reserve(options.resamples);
  for (std::size_t i = 0; i < options.resamples; ++i) {
    draws.fill(weights);
    if (const auto value = statistic(weights)) {
      values.push_back(*value);
    }
  }
  return middle(values, options.resamples);
}

std::optional<Difference> paired_difference(std::size_t count, const Statistic& first,
                                            const Statistic& second, const Bootstrap& options) {
  const std::vector<std::uint32_t> all(count, 1);
  const auto first_value = first(all);
  const auto second_value = second(all);
  if (!first_value || !second_value) {
    return std::nullopt;
  }
  double better = 0;
  double said = 0;
  const auto interval = bootstrap_interval(
      count,
      [&](Weights weights) -> std::optional<double> {
        const auto a = first(weights);
        const auto b = second(weights);
        if (!a || !b) {
          return std::nullopt;
        }
        constexpr double kTie = 0.5;
        said += 1;
        better += *b > *a ? 1.0 : *b == *a ? kTie : 0.0;
        return *b - *a;
      },
      options);
  if (!interval) {
    return std::nullopt;
  }
  return Difference{*second_value - *first_value, *interval, better / said};
}

Interval proportion_interval(std::size_t hits, std::size_t trials) {
  STEPCAST_CHECK(trials > 0 && hits <= trials);
  constexpr double kZ = 1.959963984540054;  // of 95 %
  const auto n = static_cast<double>(trials);
  const double p = static_cast<double>(hits) / n;
  const double z2 = kZ * kZ;
  const double centre = (p + z2 / (2 * n)) / (1 + z2 / n);
  const double half = kZ / (1 + z2 / n) * std::sqrt(p * (1 - p) / n + z2 / (4 * n * n));
  return {hits == 0 ? 0.0 : centre - half, hits == trials ? 1.0 : centre + half};
}

}  // namespace stepcast::evaluation
