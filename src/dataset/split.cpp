#include "stepcast/dataset/split.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <numeric>
#include <set>
#include <string_view>
#include <unordered_map>

#include <fmt/format.h>

#include "stepcast/base/contracts.hpp"
#include "stepcast/dataset/near_duplicates.hpp"

namespace stepcast::dataset {
namespace {

constexpr std::array kPlaces = {Split::kTrain, Split::kValidation, Split::kTest};
using Shares = std::array<double, kPlaces.size()>;

std::size_t place_of(Split split) {
  return static_cast<std::size_t>(split) - 1;
}

/// FNV-1a and a final mix: the same on every machine.
std::uint64_t hash_of(std::string_view text, std::uint64_t seed) {
  std::uint64_t hash = 0xcbf29ce484222325U ^ (seed * 0x9E3779B97F4A7C15U);
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  }
  hash = (hash ^ (hash >> 30U)) * 0xbf58476d1ce4e5b9U;
  return hash ^ (hash >> 31U);
}

/// What a picture shows: the classes of its boxes, of itself, or that there is nothing to see.
std::set<std::size_t> kinds_of(const Item& item, std::size_t class_count) {
  std::set<std::size_t> kinds;
  if (item.picture_class) {
    kinds.insert(*item.picture_class);
  }
  if (item.boxes) {
    for (const LabelledBox& marked : *item.boxes) {
      kinds.insert(marked.class_index);
    }
    if (item.boxes->empty()) {
      kinds.insert(class_count);
    }
  }
  if (kinds.empty()) {
    kinds.insert(class_count + 1);  // nobody has looked
  }
  return kinds;
}

struct Group {
  std::vector<std::size_t> items;
  std::map<std::size_t, double> kinds;  ///< Pictures that show it.
  std::array<bool, kPlaces.size()> holds{};
  std::uint64_t hash = 0;
  std::size_t fresh = 0;  ///< Items without a split.
};

std::vector<Group> groups_of(const Dataset& data, std::span<const std::size_t> clusters,
                             const SplitOptions& options) {
  std::vector<NearPair> ties;
  std::unordered_map<std::string_view, std::size_t> first_of_source;
  for (std::size_t i = 0; i < clusters.size(); ++i) {
    ties.push_back({clusters[i], i, 0, 1, {}});
    const std::string& source = data.items[i].source;
    if (options.by_source && !source.empty()) {
      ties.push_back({first_of_source.emplace(source, i).first->second, i, 0, 1, {}});
    }
  }
  const auto roots = dataset::clusters(clusters.size(), ties);
  std::map<std::size_t, Group> groups;
  for (std::size_t i = 0; i < roots.size(); ++i) {
    const Item& item = data.items[i];
    Group& group = groups[roots[i]];
    group.items.push_back(i);
    const auto hash = hash_of(item.path, options.seed);
    group.hash = group.items.size() == 1 ? hash : std::min(group.hash, hash);
    for (const std::size_t kind : kinds_of(item, data.classes.size())) {
      group.kinds[kind] += 1;
    }
    if (item.split == Split::kNone) {
      ++group.fresh;
    } else {
      group.holds[place_of(item.split)] = true;
    }
  }
  std::vector<Group> list;
  for (auto& [root, group] : groups) {
    list.push_back(std::move(group));
  }
  return list;
}

/// How many pictures of each kind, and in all, each split still lacks.
class Needs {
 public:
  Needs(const std::vector<Group>& groups, std::size_t kinds, const Shares& shares)
      : kinds_(kinds), totals_(kinds) {
    for (const Group& group : groups) {
      for (const auto& [kind, count] : group.kinds) {
        totals_[kind] += count;
      }
      all_ += static_cast<double>(group.items.size());
    }
    for (std::size_t p = 0; p < shares.size(); ++p) {
      for (std::size_t k = 0; k < kinds; ++k) {
        kinds_[k][p] = shares[p] * totals_[k];
      }
      whole_[p] = shares[p] * all_;
    }
  }

  void give(std::size_t place, const std::set<std::size_t>& kinds) {
    for (const std::size_t kind : kinds) {
      kinds_[kind][place] -= 1;
    }
    whole_[place] -= 1;
  }

  /// The kind of a group that fewest pictures show.
  [[nodiscard]] std::size_t rarest(const Group& group) const {
    return std::min_element(
               group.kinds.begin(), group.kinds.end(),
               [&](const auto& a, const auto& b) { return totals_[a.first] < totals_[b.first]; })
        ->first;
  }
  [[nodiscard]] double total(std::size_t kind) const { return totals_[kind]; }

  /// Where that kind lacks most, then where pictures lack most.
  [[nodiscard]] std::size_t neediest(std::size_t kind, const Shares& shares) const {
    std::size_t best = 0;
    for (std::size_t p = 1; p < kPlaces.size(); ++p) {
      if (shares[p] > 0 &&
          std::pair(kinds_[kind][p], whole_[p]) > std::pair(kinds_[kind][best], whole_[best])) {
        best = p;
      }
    }
    return best;
  }

 private:
  std::vector<Shares> kinds_;
  std::vector<double> totals_;
  Shares whole_{};
  double all_ = 0;
};

}  // namespace

Result<SplitReport> split(Dataset& data, std::span<const std::size_t> clusters,
                          const SplitOptions& options) {
  STEPCAST_CHECK(clusters.size() == data.items.size());
  const Shares shares = {1 - options.validation - options.test, options.validation, options.test};
  if (!std::all_of(shares.begin(), shares.end(), [](double s) { return s >= 0 && s <= 1; })) {
    return fail(Errc::kInvalidArgument,
                fmt::format("validation {:g} and test {:g} must be shares of the pictures",
                            options.validation, options.test));
  }
  if (options.anew) {
    for (Item& item : data.items) {
      item.split = Split::kNone;
    }
  }
  auto groups = groups_of(data, clusters, options);
  Needs needs(groups, data.classes.size() + 2, shares);
  for (const Item& item : data.items) {
    if (item.split != Split::kNone) {
      needs.give(place_of(item.split), kinds_of(item, data.classes.size()));
    }
  }
  // Rare kinds first, large groups first: what is left can even out; then by chance, but the same
  // chance every time.
  std::sort(groups.begin(), groups.end(), [&](const Group& a, const Group& b) {
    return std::tuple(needs.total(needs.rarest(a)), b.items.size(), a.hash) <
           std::tuple(needs.total(needs.rarest(b)), a.items.size(), b.hash);
  });
  SplitReport report;
  report.groups = groups.size();
  for (const Group& group : groups) {
    const auto held = std::count(group.holds.begin(), group.holds.end(), true);
    if (held > 1) {
      report.torn.push_back(group.items.front());
    }
    if (group.fresh == 0) {
      continue;
    }
    std::size_t place = 0;
    if (held == 1) {
      place = static_cast<std::size_t>(std::find(group.holds.begin(), group.holds.end(), true) -
                                       group.holds.begin());
    } else if (held == 0) {
      place = needs.neediest(needs.rarest(group), shares);
    }
    for (const std::size_t i : group.items) {
      Item& item = data.items[i];
      if (item.split == Split::kNone) {
        item.split = kPlaces[place];
        needs.give(place, kinds_of(item, data.classes.size()));
        ++report.placed;
      }
    }
  }
  return report;
}

}  // namespace stepcast::dataset
