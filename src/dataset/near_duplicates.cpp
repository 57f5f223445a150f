#include "stepcast/dataset/near_duplicates.hpp"

#include <algorithm>
#include <bit>
#include <numeric>
#include <optional>

#include "stepcast/base/contracts.hpp"

#include "likeness.hpp"

namespace stepcast::dataset {
namespace {

int differing(const std::array<std::uint64_t, 2>& a, const std::array<std::uint64_t, 2>& b) {
  return std::popcount(a[0] ^ b[0]) + std::popcount(a[1] ^ b[1]);
}

/// The pair, if the two are alike as they lie.
std::optional<NearPair> upright_pair(std::span<const Fingerprint> prints, std::size_t i,
                                     std::size_t j, const NearOptions& options) {
  const int distance = differing(prints[i].signs, prints[j].signs);
  if (distance > options.maybe) {
    return std::nullopt;
  }
  const double like = best_likeness(prints[i], prints[j]);
  if (distance > options.surely && like < options.likeness) {
    return std::nullopt;
  }
  return NearPair{i, j, distance, like, {}};
}

}  // namespace

Result<std::vector<Fingerprint>> fingerprints(const Dataset& data, const Progress& progress) {
  std::vector<Fingerprint> prints;
  prints.reserve(data.items.size());
  for (const Item& item : data.items) {
    const auto picture = vision::read_picture(picture_path(data, item).string());
    if (!picture) {
      return tl::unexpected(picture.error());
    }
    prints.push_back(fingerprint(*picture));
    if (progress) {
      progress(prints.size(), data.items.size());
    }
  }
  return prints;
}

std::vector<NearPair> near_pairs(std::span<const Fingerprint> prints, const NearOptions& options,
                                 const Progress& progress) {
  std::vector<NearPair> pairs;
  for (std::size_t i = 0; i < prints.size(); ++i) {
    const auto turned = options.turned ? turned_signs(prints[i].signs)
                                       : std::vector<std::array<std::uint64_t, 2>>{};
    for (std::size_t j = i + 1; j < prints.size(); ++j) {
      if (auto pair = upright_pair(prints, i, j, options)) {
        pairs.push_back(*pair);
        continue;
      }
      for (std::size_t t = 1; t < turned.size(); ++t) {
        if (std::popcount(turned[t][0] ^ prints[j].signs[0]) > options.surely) {
          continue;  // half of the signs says enough of most
        }
        const int distance = differing(turned[t], prints[j].signs);
        if (distance <= options.surely) {
          pairs.push_back({i, j, distance, 1, turn_of(t)});
          break;
        }
      }
    }
    if (progress) {
      progress(i + 1, prints.size());
    }
  }
  return pairs;
}

std::vector<std::size_t> clusters(std::size_t count, std::span<const NearPair> pairs) {
  std::vector<std::size_t> parent(count);
  std::iota(parent.begin(), parent.end(), std::size_t{0});
  const auto root = [&](std::size_t i) {
    while (parent[i] != i) {
      parent[i] = parent[parent[i]];
      i = parent[i];
    }
    return i;
  };
  for (const NearPair& pair : pairs) {
    STEPCAST_CHECK(pair.first < count && pair.second < count);
    const auto a = root(pair.first);
    const auto b = root(pair.second);
    parent[std::max(a, b)] = std::min(a, b);
  }
  for (std::size_t i = 0; i < count; ++i) {
    parent[i] = root(i);
  }
  return parent;
}

}  // namespace stepcast::dataset
