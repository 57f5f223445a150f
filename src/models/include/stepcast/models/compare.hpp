#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>

#include "stepcast/base/result.hpp"
#include "stepcast/dataset/dataset.hpp"
#include "stepcast/evaluation/bootstrap.hpp"

namespace stepcast::models {

struct CompareOptions {
  dataset::Split split = dataset::Split::kTest;  ///< The pictures that both are asked.
  evaluation::Bootstrap bootstrap;
  dataset::Progress progress;
};

/// Two networks on the same pictures.
struct Comparison {
  std::string figure;  ///< "mAP50" of detectors, "macro F1" of classifiers.
  std::size_t pictures = 0;
  double current = 0;
  double candidate = 0;
  evaluation::Difference difference;  ///< candidate - current

  /// The candidate is better on at least 95 of 100 resamples: not by the luck of these pictures.
  [[nodiscard]] bool clearly_better() const;
  [[nodiscard]] std::string to_string() const;
};

/// Runs both networks on the labelled pictures of a split. Classes are told by name; what only a
/// network knows counts as wrong where it is said.
/// @returns kInvalidArgument for two kinds of network or a split without labelled pictures, and
/// what loading and judging return
[[nodiscard]] Result<Comparison> compare(const std::filesystem::path& current,
                                         const std::filesystem::path& candidate,
                                         const dataset::Dataset& data,
                                         const CompareOptions& options = {});

}  // namespace stepcast::models
