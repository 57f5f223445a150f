#include "folds.hpp"

#include <algorithm>
#include <map>
#include <random>

namespace stepcast::cli {

std::vector<std::size_t> stratified_folds(std::span<const std::size_t> classes,
                                          std::span<const std::size_t> clusters, std::size_t folds,
                                          std::uint64_t seed) {
  std::map<std::size_t, std::vector<std::size_t>> members;
  for (std::size_t i = 0; i < clusters.size(); ++i) {
    members[clusters[i]].push_back(i);
  }
  std::vector<std::vector<std::size_t>> groups;
  for (auto& [cluster, pictures] : members) {
    groups.push_back(std::move(pictures));
  }
  std::mt19937_64 random(seed);
  std::shuffle(groups.begin(), groups.end(), random);
  // Large ones first: small ones fill what they leave uneven.
  std::stable_sort(groups.begin(), groups.end(),
                   [](const auto& a, const auto& b) { return a.size() > b.size(); });
  const auto class_count =
      classes.empty() ? 0 : 1 + *std::max_element(classes.begin(), classes.end());
  std::vector<std::vector<std::size_t>> filled(folds, std::vector<std::size_t>(class_count, 0));
  std::vector<std::size_t> totals(folds, 0);
  std::vector<std::size_t> fold_of(classes.size(), 0);
  for (const auto& group : groups) {
    const auto main_class = classes[group.front()];
    std::size_t best = 0;
    for (std::size_t fold = 1; fold < folds; ++fold) {
      const auto key = [&](std::size_t f) { return std::pair(filled[f][main_class], totals[f]); };
      if (key(fold) < key(best)) {
        best = fold;
      }
    }
    for (const auto picture : group) {
      fold_of[picture] = best;
      ++filled[best][classes[picture]];
      ++totals[best];
    }
  }
  return fold_of;
}

}  // namespace stepcast::cli
