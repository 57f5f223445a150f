#include "folds.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "stepcast/base/contracts.hpp"

#include "random.hpp"

namespace stepcast::acoustic {

std::vector<int> stratified_folds(std::span<const Sample> samples, int folds, std::uint64_t seed) {
  STEPCAST_CHECK(folds >= 2);
  std::map<std::uint32_t, std::vector<std::size_t>> groups;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    groups[samples[i].group].push_back(i);
  }
  // A group of both labels goes with its first row; there are few.
  std::array<std::vector<const std::vector<std::size_t>*>, 2> by_label;
  for (const auto& [group, rows] : groups) {
    by_label.at(static_cast<std::size_t>(samples[rows.front()].label)).push_back(&rows);
  }
  std::vector<int> fold_of(samples.size(), 0);
  Random random(seed);
  for (auto& label_groups : by_label) {
    random.shuffle(label_groups);
    std::vector<std::size_t> filled(static_cast<std::size_t>(folds), 0);
    // The labels begin at different ends, so that folds differ by one row at most.
    for (const auto* rows : label_groups) {
      const auto emptiest =
          &label_groups == by_label.data()
              ? std::ranges::min_element(filled) - filled.begin()
              : filled.rend() - std::min_element(filled.rbegin(), filled.rend()) - 1;
      for (const std::size_t row : *rows) {
        fold_of[row] = static_cast<int>(emptiest);
      }
      filled[static_cast<std::size_t>(emptiest)] += rows->size();
    }
  }
  return fold_of;
}

Split split_at(std::span<const Sample> samples, std::span<const int> folds, int fold) {
  Split split;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    if (folds[i] == fold) {
      split.held_out.push_back(samples[i]);
      split.held_out_rows.push_back(i);
    } else {
      split.train.push_back(samples[i]);
    }
  }
  return split;
}

}  // namespace stepcast::acoustic
