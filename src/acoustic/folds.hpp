#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "stepcast/acoustic/training.hpp"

namespace stepcast::acoustic {

/// The fold of each sample, 0 to folds - 1: as many of either label in each as can be, rows of one
/// group in the same. @pre folds is 2 or more
[[nodiscard]] std::vector<int> stratified_folds(std::span<const Sample> samples, int folds,
                                                std::uint64_t seed);

struct Split {
  std::vector<Sample> train;
  std::vector<Sample> held_out;
  std::vector<std::size_t> held_out_rows;
};
[[nodiscard]] Split split_at(std::span<const Sample> samples, std::span<const int> folds, int fold);

}  // namespace stepcast::acoustic
