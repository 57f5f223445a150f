#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>

namespace stepcast::evaluation {

/// Where a figure would lie, with 95 % probability, had other pictures of the same kind been taken.
struct Interval {
  double low = 0;
  double high = 0;
};

struct Bootstrap {
  std::size_t resamples = 1000;
  std::uint64_t seed = 1;  ///< The same seed gives the same resamples on every machine.
};

/// How often each picture counts; sums to their number.
using Weights = std::span<const std::uint32_t>;
/// A figure of the weighted pictures; nullopt where they cannot say (no truth of a class).
using Statistic = std::function<std::optional<double>(Weights)>;

/// The percentile interval of `statistic` when `count` pictures are drawn with replacement.
/// Resamples that cannot say are left out. @returns nullopt when fewer than half of them can.
/// Cost: `resamples` times that of the statistic.
[[nodiscard]] std::optional<Interval> bootstrap_interval(std::size_t count,
                                                         const Statistic& statistic,
                                                         const Bootstrap& options = {});

/// Of two ways to judge the same pictures: how much better the second is, drawn pair by pair, so
/// that what is hard for both does not blur the difference.
struct Difference {
  double value = 0;           ///< second - first
  Interval interval;          ///< 95 %
  double share_better = 0.5;  ///< Of the resamples; equal ones count half.
};
/// @returns nullopt where one of the two cannot say on all pictures, or on most resamples.
[[nodiscard]] std::optional<Difference> paired_difference(std::size_t count, const Statistic& first,
                                                          const Statistic& second,
                                                          const Bootstrap& options = {});

/// Of `hits` among `trials`, by Wilson's score: honest for none at all, where a bootstrap says 0.
/// @pre hits <= trials, trials > 0
[[nodiscard]] Interval proportion_interval(std::size_t hits, std::size_t trials);

}  // namespace stepcast::evaluation
