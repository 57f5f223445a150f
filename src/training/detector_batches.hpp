#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <torch/torch.h>

#include "stepcast/base/result.hpp"

#include "augmentation.hpp"

namespace stepcast::training {

/// Pictures as a detector takes them, with what it shall find.
struct Batch {
  torch::Tensor images;  ///< N x 3 x size x size
  std::vector<std::vector<Mark>> marks;
};

/// Pictures in memory, large enough to be cut from for a network of `size`. @returns errors of
/// files
[[nodiscard]] Result<std::vector<Sample>> load_samples(const std::vector<LabelledPicture>& pictures,
                                                       int size);

/// The next pictures of an epoch, changed; the same seed changes them in the same way.
/// @param order which sample comes when @param begin place in the order @param most pictures
///
/// Threads: any.
[[nodiscard]] Batch changed_batch(const std::vector<Sample>& samples,
                                  const std::vector<std::size_t>& order, std::size_t begin,
                                  std::size_t most, int size, const Augmentation& how,
                                  std::uint64_t seed);

/// All samples as the product sees them: whole, unchanged.
[[nodiscard]] std::vector<Batch> plain_batches(const std::vector<Sample>& samples, std::size_t most,
                                               int size);

}  // namespace stepcast::training
