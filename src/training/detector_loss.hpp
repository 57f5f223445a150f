#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include <torch/torch.h>

#include "stepcast/training/labelled_picture.hpp"

#include "shared_gradients.hpp"

namespace stepcast::training {

/// Pixels from one place of a map to the next.
inline constexpr std::array kDetectorStrides = {8, 16, 32};

/// The loss of YOLOX (Ge et al., arXiv:2107.08430): overlap, objectness, classes; in the closing
/// epochs also the numbers of the boxes themselves. To be divided by the places that found a mark.
/// @param maps of each stride: N x (5 + classes) x H x W @param marks of the N pictures, pixels
///
/// Threads: any.
[[nodiscard]] Loss detector_loss(const std::array<torch::Tensor, 3>& maps,
                                 const std::vector<std::vector<Mark>>& marks, int classes,
                                 bool closing);

}  // namespace stepcast::training
