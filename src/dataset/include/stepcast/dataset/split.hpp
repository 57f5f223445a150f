#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/dataset/dataset.hpp"

namespace stepcast::dataset {

struct SplitOptions {
  double validation = 0.2;  ///< Shares of the pictures; the rest is for training.
  double test = 0;
  std::uint64_t seed = 1;
  bool by_source = false;  ///< All pictures of a source stay together, too.
  bool anew = false;       ///< Forget the splits that there are.
};

struct SplitReport {
  std::size_t placed = 0;  ///< Pictures that had no split before.
  std::size_t groups = 0;
  /// Groups whose pictures were already in two splits when this began: what is learned from one is
  /// asked in the other. First picture of each.
  std::vector<std::size_t> torn;
};

/// Gives every picture without a split one. Pictures of a cluster (clusters()) stay together;
/// groups are dealt out so that every class, and pictures with nothing to see, reach the wanted
/// shares, rare classes first. A picture that has a split keeps it, and a new one joins its group,
/// so adding pictures never moves old ones; of a torn group new ones go to training.
/// @returns kInvalidArgument for shares below 0 or above 1 together
/// @pre one cluster for each item
[[nodiscard]] Result<SplitReport> split(Dataset& data, std::span<const std::size_t> clusters,
                                        const SplitOptions& options = {});

}  // namespace stepcast::dataset
