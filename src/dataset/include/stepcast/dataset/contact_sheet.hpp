#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/dataset/dataset.hpp"
#include "stepcast/evaluation/match.hpp"

namespace stepcast::dataset {

/// A picture of a sheet.
struct SheetCell {
  std::size_t item = 0;
  std::string caption;  ///< Empty: the picture's name and what it shows.
  /// Drawn dashed beside the labels, with their confidence: what a detector said.
  std::vector<vision::Detection> said{};
};

struct SheetOptions {
  std::string title;
  std::string subtitle;
  int columns = 6;
  int cell = 200;  ///< Pixels of the longest side of a picture.
};

/// Small pictures in rows, with boxes and captions. As many rows as needed, up to 9000 pixels.
/// @returns the error of a picture that cannot be read
[[nodiscard]] Result<vision::Picture> contact_sheet(const Dataset& data,
                                                    std::span<const SheetCell> cells,
                                                    const SheetOptions& options,
                                                    const Progress& progress = {});

/// `count` items that differ: spread evenly over classes (and pictures with nothing to see), the
/// same for a seed. Only items listed in `wanted`.
[[nodiscard]] std::vector<SheetCell> varied_cells(const Dataset& data,
                                                  std::span<const std::size_t> wanted,
                                                  std::size_t count, std::uint64_t seed);

}  // namespace stepcast::dataset
