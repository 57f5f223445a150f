#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace stepcast::cli {

/// Deals pictures out to folds for cross-validation: those of a cluster stay together, and every
/// class is spread as evenly as its clusters allow. The same seed gives the same folds.
/// @param classes of each picture @param clusters of each picture, any numbers
/// @returns the fold of each picture, 0 to folds - 1
/// @pre classes.size() == clusters.size(), folds >= 2
[[nodiscard]] std::vector<std::size_t> stratified_folds(std::span<const std::size_t> classes,
                                                        std::span<const std::size_t> clusters,
                                                        std::size_t folds, std::uint64_t seed);

}  // namespace stepcast::cli
