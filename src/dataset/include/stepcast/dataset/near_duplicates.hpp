#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/dataset/dataset.hpp"

namespace stepcast::dataset {

/// What is left of a picture when size, format and noise are taken away: the signs of its 128
/// lowest frequencies in brightness, and a small grey copy to look closer.
struct Fingerprint {
  static constexpr std::size_t kSide = 32;
  std::array<std::uint64_t, 2> signs{};
  std::array<std::uint8_t, kSide * kSide> grey{};
  double aspect = 1;  ///< Width through height of the picture.
};

/// @pre the picture is not empty
[[nodiscard]] Fingerprint fingerprint(const vision::Picture& picture);

/// Of every picture of a data set. @returns the error of the first that cannot be read
[[nodiscard]] Result<std::vector<Fingerprint>> fingerprints(const Dataset& data,
                                                            const Progress& progress = {});

/// How a picture lies in another: mirrored first, then quarter turns clockwise.
struct Turn {
  bool mirrored = false;
  int quarters = 0;
};

/// Two pictures that show the same thing.
struct NearPair {
  std::size_t first = 0;
  std::size_t second = 0;  ///< Above first.
  int distance = 0;        ///< Of their signs, 0 to 128.
  double likeness = 1;     ///< Correlation of the grey copies, best aligned; -1 to 1.
  Turn turn;               ///< How first lies in second.
};

struct NearOptions {
  int surely = 16;  ///< Signs that differ in so many or fewer: the same without a closer look.
  int maybe = 40;   ///< In so many or fewer: looked at closely.
  double likeness = 0.9;  ///< What the closer look must find.
  bool turned = true;     ///< Finds mirrored and turned copies too (signs below `surely` only).
};

/// All pairs. Cost: compares every two pictures, about 10 ns each (eight times that with `turned`);
/// a closer look takes about a millisecond.
[[nodiscard]] std::vector<NearPair> near_pairs(std::span<const Fingerprint> prints,
                                               const NearOptions& options = {},
                                               const Progress& progress = {});

/// Pictures that are tied by pairs, over any number of steps: for each the lowest index of its
/// cluster. @pre indices of pairs are below count
[[nodiscard]] std::vector<std::size_t> clusters(std::size_t count, std::span<const NearPair> pairs);

}  // namespace stepcast::dataset
