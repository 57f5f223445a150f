#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "stepcast/dataset/near_duplicates.hpp"

namespace stepcast::dataset {

/// The correlation of two grey copies where they overlap, after turning one by up to 12 degrees,
/// zooming by up to 15 % and shifting by up to 4 of 32 pixels so that it is largest.
[[nodiscard]] double best_likeness(const Fingerprint& a, const Fingerprint& b);

/// The frequencies whose signs are kept, as (row, column) of the cosine transform.
struct Frequency {
  std::size_t row = 0;
  std::size_t column = 0;
};
inline constexpr std::size_t kFrequencies = 128;
[[nodiscard]] const std::array<Frequency, kFrequencies>& frequencies();

/// The signs of a picture as it lies, and in its seven other ways to lie: mirroring changes the
/// sign of odd frequencies, a quarter turn swaps rows and columns as well.
[[nodiscard]] std::vector<std::array<std::uint64_t, 2>> turned_signs(
    const std::array<std::uint64_t, 2>& signs);
/// What the entry of turned_signs() at `index` is.
[[nodiscard]] Turn turn_of(std::size_t index);

}  // namespace stepcast::dataset
